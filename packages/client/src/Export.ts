// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import * as View from '@islet/chain/View';
import { base64, unbase64 } from '@islet/core/base64';
import type * as Content from '@islet/core/Content';
import { fromHex, to0x, toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import { IsletError } from '@islet/core/IsletError';
import * as Receipt from '@islet/core/Receipt';
import type { Stream } from '@islet/core/Stream';
import type { Part } from '@islet/core/wire/Fetch';
import { type Opened, type OpenedSegment, open as openSegment } from './Access.js';
import { checkSummaries } from './Agreement.js';
import * as ChainOnce from './ChainOnce.js';
import * as Dealers from './Dealers.js';
import * as ExportFile from './ExportFile.js';
import type { Network } from './Network.js';
import { said, TamperedError } from './Tampered.js';
import { check, NothingServedError, type Proven } from './Verification.js';

const notice = 'Whoever has this file can read the data in it. Check it with: islet verify FILE --chain URL';

/** What was opened of one sealed segment. */
export type OpenedPart = { stream: Stream; day: Day | null; content: Content.Content };

/** What a file of another format was written from an export, so that it can be written again and compared. */
export type Written = { format: string; person: string; at: number };

/**
 * The export of what was opened and verified. Where the readings are in a file of another format, this one lies beside it,
 * says which in `written`, and does not repeat them.
 */
export function build(
  network: Network,
  validators: Uint8Array[],
  { segments, served, verified }: Opened,
  written?: Written,
): { text: string; readings: number; segments: number; anchors: number } {
  const { view, patient, streams, firstDay, lastDay, late } = served.asked;
  const account = toHex(patient);
  const anchors = anchorsOf(served.parts, view);
  const text = ExportFile.write({
    islet: 'export',
    version: 2,
    notice,
    account,
    asked: { streams, firstDay, lastDay, late },
    gateways: Object.fromEntries(view.accounts.get(account)?.gateways ?? []),
    chain: {
      deployment: network.deployment,
      validators: validators.map(to0x),
      block: verified.chainHead,
    },
    ...(written && { written }),
    anchors,
    parts: served.parts.map((p) => ({
      head: base64(p.head),
      headProof: base64(p.headProof),
      nodes: p.nodes.map(base64),
      segments: p.segments.map((s) => ({ segment: base64(s.segment), receipt: base64(s.receipt) })),
      epochs: p.epochs.map(base64),
      shares: p.shares.map(base64),
    })),
    keys: Object.fromEntries(
      segments.map(({ proven, contentKey }) => [toHex(proven.epoch.hash), toHex(contentKey)]),
    ),
    segments: written ? [] : segments.map(({ stream, day, content }) => ({ stream, day, content })),
  });
  return {
    text,
    readings: readingsIn(segments),
    segments: segments.length,
    anchors: Object.keys(anchors).length,
  };
}

function anchorsOf(parts: Part[], view: View.View): ExportFile.ExportFile['anchors'] {
  const places = parts.flatMap((p) => [
    Receipt.parseHeadProof(p.headProof),
    ...p.segments.map((s) => Receipt.parseReceipt(s.receipt)),
  ]);
  return Object.fromEntries(
    places.map(({ hub, number }) => [
      `${toHex(hub)}/${number}`,
      { root: View.rootOf(view, hub, number)!, at: View.anchoredAt(view, hub, number)! },
    ]),
  );
}

export type Against = { chainUrl?: string; anchors?: string; now: () => number };
export type Verified = {
  readings: number;
  segments: number;
  receipts: number;
  against: string;
  chainHead: number | null;
  /** Nothing of what was asked for that was sealed before this moment is missing; UTC ms, null where nobody could write. */
  completeUntil: number | null;
};

export type Reopened = {
  verified: Verified;
  account: string;
  deployment: Deployment;
  written: Written | undefined;
  parts: OpenedPart[];
};

/** As `open`, for whoever needs only what was checked. */
export const verify = async (text: string, against: Against): Promise<Verified> =>
  (await open(text, against)).verified;

/**
 * Recomputes everything an export says from its bytes: what was served is checked as a reader does, opened with the
 * keys in the file, and compared with what is written. The first thing that does not hold is thrown with its place.
 */
export async function open(text: string, against: Against): Promise<Reopened> {
  const file = ExportFile.parse(text);
  const trusted = await trust(file, against);
  const asked = {
    patient: fromHex(file.account),
    ...file.asked,
    view: trusted.view,
    // An export is of a moment; how new it is, `completeUntil` says.
    batchesBefore: new Map<string, number>(),
    dealers: dealersOf(file, trusted),
  };
  try {
    const checked = await check(partsOf(file), asked);
    const opened = [];
    for (const proven of checked.proven) opened.push(await openSegment(proven, keyOf(file, proven)));
    if (!file.written) compare(file, opened);
    checkSummaries(opened);
    // Stops: a change in what nothing else vouches for, such as the notice or the order of lines.
    if (ExportFile.write(file) !== text)
      throw new ExportTamperedError('the file as a whole', 'it is not as Islet wrote it');
    const parts = opened.map(({ stream, day, content }) => ({ stream, day, content }));
    const verified = {
      readings: readingsIn(parts),
      segments: opened.length,
      receipts: checked.receipts,
      against: trusted.name,
      chainHead: trusted.head,
      completeUntil: Number.isFinite(checked.completeUntil) ? checked.completeUntil : null,
    };
    const { account, chain, written } = file;
    return { verified, account, deployment: chain.deployment, written, parts };
  } catch (cause) {
    if (cause instanceof TamperedError)
      throw new ExportTamperedError(said(cause.place), cause.what, { cause });
    if (cause instanceof NothingServedError)
      throw new ExportTamperedError('the file as a whole', 'a stream that was asked for is missing', {
        cause,
      });
    throw cause;
  }
}

/** Throws where a digit that people read is not the one that was sealed. */
function compare(file: ExportFile.ExportFile, opened: readonly OpenedSegment[]): void {
  for (const [i, { content, proven }] of opened.entries()) {
    const where = differenceOf(content, file.segments[i], proven);
    if (where)
      throw new ExportTamperedError(
        `${said(proven.place)}, ${where}`,
        'what is written differs from what was sealed',
      );
  }
  if (file.segments.length > opened.length)
    throw new ExportTamperedError('its end', 'something was added that was never sealed');
}

export const readingsIn = (parts: readonly Pick<OpenedPart, 'content'>[]): number =>
  parts.reduce((n, { content }) => n + (content.kind === 'readings' ? content.readings.length : 0), 0);

const partsOf = (file: ExportFile.ExportFile): Part[] =>
  file.parts.map((p) => ({
    head: unbase64(p.head),
    headProof: unbase64(p.headProof),
    nodes: p.nodes.map(unbase64),
    segments: p.segments.map((s) => ({ segment: unbase64(s.segment), receipt: unbase64(s.receipt) })),
    epochs: p.epochs.map(unbase64),
    shares: p.shares.map(unbase64),
  }));

function keyOf(file: ExportFile.ExportFile, { epoch, place }: Proven): Uint8Array {
  const key = fromHex(file.keys[toHex(epoch.hash)] ?? '');
  // Stops: another key, under which the same bytes might open to something else.
  if (!Epoch.isContentKey(epoch, key))
    throw new ExportTamperedError(said(place), 'its key is not the one sealed under');
  return key;
}

/** Where sealed and written content first differ, by the time of the reading; `undefined` where they are the same. */
function differenceOf(
  sealed: Content.Content,
  written: ExportFile.ExportFile['segments'][number] | undefined,
  { place }: Proven,
): string | undefined {
  if (!written) return 'which is left out';
  if (written.stream !== place.stream || written.day !== place.day) return 'its stream or day';
  const told = written.content as Content.Content | null;
  if (same(sealed, told)) return undefined;
  if (sealed.kind !== 'readings' || told?.kind !== sealed.kind) return 'the summary or kind of content';
  const listed: unknown[] = Array.isArray(told.readings) ? told.readings : [];
  const differs = sealed.readings.find((reading, i) => !same(reading, listed[i]));
  return differs ? `the reading of ${new Date(differs.at).toISOString()}` : 'readings were added';
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

type Trusted = { view: View.View; name: string; head: number | null };

function dealersOf({ account, chain }: ExportFile.Parsed, { view, head }: Trusted): Dealers.Dealers {
  const { deployment } = chain;
  return head === null ? Dealers.ofFile(deployment) : Dealers.of(deployment, view, fromHex(account));
}

async function trust(file: ExportFile.Parsed, against: Against): Promise<Trusted> {
  if (against.chainUrl !== undefined) return fromChain(file, against.chainUrl, against.now);
  if (against.anchors === undefined)
    return {
      view: viewOf(file, file),
      name: 'the anchors in the file itself (give --chain to compare with the chain)',
      head: null,
    };
  return { view: viewOf(file, ExportFile.parse(against.anchors)), name: 'the given anchors', head: null };
}

/** As much of the chain's state as a trusted file tells. Who might write comes from it too, where it is the same person's. */
function viewOf(file: ExportFile.ExportFile, trusted: ExportFile.ExportFile): View.View {
  const view = View.empty();
  const { gateways } = trusted.account === file.account ? trusted : file;
  view.accounts.set(file.account, {
    signers: new Set(),
    formerSigners: new Set(),
    addedAt: new Map(),
    encryptionKeyHash: '',
    gateways: new Map(Object.entries(gateways)),
  });
  for (const [place, { root, at }] of Object.entries(trusted.anchors)) {
    view.roots.set(place, root);
    view.anchoredAt.set(place, at);
  }
  return view;
}

async function fromChain(file: ExportFile.Parsed, url: string, now: () => number): Promise<Trusted> {
  const { view, head } = await ChainOnce.follow(url, file.chain, now);
  return { view, name: `the chain at block ${head}`, head };
}

export class ExportTamperedError extends IsletError {
  override readonly name = 'ExportTamperedError';
  constructor(place: string, what: string, options?: ErrorOptions) {
    super(
      'EXPORT_TAMPERED',
      `Verification failed at ${place}: ${what}. Do not rely on this file; export anew.`,
      options,
    );
  }
}
