// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Deployment from '@islet/chain/Deployment';
import { base64, unbase64 } from '@islet/core/base64';
import * as Content from '@islet/core/Content';
import { to0x, toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import { IsletError } from '@islet/core/IsletError';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import type { Stream } from '@islet/core/Stream';
import type { Opened } from './Access.js';
import * as ChainOnce from './ChainOnce.js';
import type { Network } from './Network.js';

/** What was opened of one sealed segment. */
export type Part = { stream: Stream; day: Day | null; content: Content.Content };

/** What a file of another format was written from these segments, so that it can be written again and compared. */
export type Written = { format: string; person: string; at: number };

/**
 * An export: readings anyone can read, beside the sealed segments they came from, with keys, receipts and the
 * anchored roots, so that whoever doubts a digit can check it against the chain without Islet. Where the readings are
 * in a file of another format, this one lies beside it, says which in `written`, and has no `content`.
 */
type File = {
  islet: 'export';
  version: 1;
  notice: string;
  account: string;
  gateways: string[];
  chain: { deployment: Deployment.Deployment; validators: string[]; block: number };
  /** What was checked before anything was written. */
  verified?: Opened['verified'];
  written?: Written;
  anchors: Record<string, string>;
  segments: Kept[];
};

type Kept = {
  stream: string;
  day: number | null;
  content?: Content.Content;
  segment: string;
  epoch: string;
  contentKey: string;
  receipt: string;
};

const notice = 'Whoever has this file can read the data in it. Check it with: islet verify FILE --chain URL';

/** The export of what was opened and verified, piece by piece: it may be larger than a string can be. */
export function* pieces(
  network: Network,
  validators: Uint8Array[],
  of: Uint8Array,
  opened: Opened,
  written?: Written,
): Generator<string> {
  const { state: view } = network.chain;
  const account = toHex(of);
  const head: Omit<File, 'segments'> = {
    islet: 'export',
    version: 1,
    notice,
    account,
    gateways: [...(view.accounts.get(account)?.gateways.keys() ?? [])],
    chain: {
      deployment: network.deployment,
      validators: validators.map(to0x),
      block: opened.verified.chainHead,
    },
    verified: opened.verified,
    ...(written && { written }),
    anchors: anchorsOf(network, opened),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"segments":[`;
  for (const [i, { stream, day, content, proven, contentKey }] of opened.segments.entries()) {
    const kept: Kept = {
      stream,
      day,
      ...(!written && { content }),
      segment: base64(proven.segment.bytes),
      epoch: base64(proven.epoch.bytes),
      contentKey: base64(contentKey),
      receipt: base64(proven.receipt),
    };
    yield `${i > 0 ? ',' : ''}\n${JSON.stringify(kept)}`;
  }
  yield '\n]}\n';
}

/** The roots that the receipts lead to, by `hub/number`. */
export function anchorsOf(network: Network, opened: Opened): Record<string, string> {
  const anchors: Record<string, string> = {};
  for (const { proven } of opened.segments) {
    const { hub, number } = Receipt.parseReceipt(proven.receipt);
    const place = `${toHex(hub)}/${number}`;
    anchors[place] = network.chain.state.roots.get(place)!;
  }
  return anchors;
}

export const readingsIn = (parts: readonly Part[]): number =>
  parts.reduce((n, { content }) => n + (content.kind === 'readings' ? content.readings.length : 0), 0);

export type Against = { chainUrl?: string; anchors?: string; now: () => number };
export type Verified = {
  readings: number;
  segments: number;
  receipts: number;
  against: string;
  chainHead: number | null;
};

export type Reopened = {
  verified: Verified;
  account: string;
  deployment: Deployment.Deployment;
  written: Written | undefined;
  parts: Part[];
};

/**
 * Recomputes everything an export says from its bytes, and gives what its sealed segments hold. The first thing that
 * does not hold is thrown with its place.
 */
export async function open(text: string, against: Against): Promise<Reopened> {
  const file = parse(text);
  const trusted = await roots(file, against);
  const parts: Part[] = [];
  for (const [i, s] of file.segments.entries())
    parts.push(await openOne(file, trusted.rootOf, trusted.gateways, s, i));
  const verified = {
    readings: readingsIn(parts),
    segments: parts.length,
    receipts: parts.length,
    against: trusted.name,
    chainHead: trusted.head,
  };
  const { account, chain, written } = file;
  return { verified, account, deployment: chain.deployment, written, parts };
}

async function openOne(
  file: File,
  rootOf: (place: string) => string | undefined,
  gateways: Set<string>,
  s: Kept,
  index: number,
): Promise<Part> {
  const fail = (what: string, where = ''): never => {
    throw new ExportTamperedError(`segment ${index + 1} (${s.stream}${where})`, what);
  };
  const decoded = decodeOne(s) ?? fail('its bytes are damaged');
  const { segment, epoch, contentKey, receipt } = decoded;
  const { header } = segment;
  if (toHex(header.account) !== file.account || header.stream !== s.stream || header.day !== s.day)
    fail('it belongs elsewhere');
  if (!gateways.has(toHex(header.gateway))) fail('the person never authorised the gateway that sealed it');
  if (!(await Segment.verify(segment)) || !(await Epoch.verify(epoch))) fail('its signature does not hold');
  const root = Receipt.rootOfLeaf(receipt, Segment.leaf(segment));
  if (!root || rootOf(`${toHex(receipt.hub)}/${receipt.number}`) !== toHex(root))
    fail('its receipt does not lead to an anchored batch');
  if (!Epoch.isContentKey(epoch, contentKey)) fail('its key is not the one sealed under');
  let content: Content.Content;
  try {
    content = await Content.parse(Segment.open(segment, epoch, contentKey));
  } catch {
    return fail('it does not open');
  }
  const place = file.written === undefined ? firstDifference(content, s.content) : undefined;
  if (place !== undefined) fail('what is written differs from what was sealed', `, ${place}`);
  return { stream: header.stream, day: header.day, content };
}

function decodeOne(s: Kept) {
  try {
    return {
      segment: Segment.parse(unbase64(s.segment)),
      epoch: Epoch.parse(unbase64(s.epoch)),
      contentKey: unbase64(s.contentKey),
      receipt: Receipt.parseReceipt(unbase64(s.receipt)),
    };
  } catch {
    return undefined;
  }
}

/** Where sealed and written content first differ, by the time of the reading; undefined where they are the same. */
function firstDifference(sealed: Content.Content, written: Content.Content | undefined): string | undefined {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  if (!written || sealed.kind !== written.kind) return 'another kind of content';
  if (sealed.kind === 'summary' || written.kind === 'summary')
    return same(sealed, written) ? undefined : 'the summary';
  const listed = Array.isArray(written.readings) ? written.readings : [];
  for (const [i, reading] of sealed.readings.entries())
    if (!same(reading, listed[i])) return `the reading of ${new Date(reading.at).toISOString()}`;
  return listed.length === sealed.readings.length ? undefined : 'readings were added';
}

async function roots(file: File, against: Against) {
  if (against.chainUrl !== undefined) return fromChain(file, against.chainUrl, against.now);
  const listed = against.anchors === undefined ? file.anchors : parse(against.anchors).anchors;
  return {
    rootOf: (place: string) => listed[place],
    gateways: new Set(file.gateways),
    name:
      against.anchors === undefined
        ? 'the anchors in the file itself (give --chain to compare with the chain)'
        : 'the given anchors',
    head: null,
  };
}

async function fromChain(file: File, url: string, now: () => number) {
  const { view, head } = await ChainOnce.follow(url, file.chain, now);
  return {
    rootOf: (place: string) => view.roots.get(place),
    gateways: new Set(view.accounts.get(file.account)?.gateways.keys() ?? []),
    name: `the chain at block ${head}`,
    head,
  };
}

function parse(text: string): File {
  try {
    const file = JSON.parse(text) as File;
    if (file.islet !== 'export' || file.version !== 1 || !Array.isArray(file.segments))
      throw new TypeError('shape');
    Deployment.parse(JSON.stringify(file.chain.deployment));
    return file;
  } catch {
    throw new NotAnExportError();
  }
}

export class ExportTamperedError extends IsletError {
  override readonly name = 'ExportTamperedError';
  constructor(place: string, what: string) {
    super(
      'EXPORT_TAMPERED',
      `Verification failed at ${place}: ${what}. Do not rely on this file; export anew.`,
    );
  }
}

export class NotAnExportError extends IsletError {
  override readonly name = 'NotAnExportError';
  constructor() {
    super(
      'EXPORT_UNREADABLE',
      'The file is not an export of Islet, or it is cut. Export anew with: npx islet export FILE',
    );
  }
}
