// Copyright the Islet authors. AGPL-3.0-or-later.
import * as View from '@islet/chain/View';
import { decode, encode, type Fields, type Item } from '@islet/core/codec';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { domainHash } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import { IsletError } from '@islet/core/IsletError';
import * as Receipt from '@islet/core/Receipt';
import type { Opened } from './Access.js';
import type { Wallet } from './Wallet.js';

/** The figures that a statement is about, in this order. */
export const metrics = [
  'mean',
  'sd',
  'cv',
  'gmi',
  'gri',
  'wear',
  'tight',
  'veryHigh',
  'high',
  'inRange',
  'low',
  'veryLow',
] as const;
export type Metric = (typeof metrics)[number];
/** Hundredths: of mg/dL, percent or points. Null where there is no such figure. */
export type Metrics = { [M in Metric]: number | null };

/**
 * What a reader states of a report that they asked for, opened, verified and computed. It names nobody: accounts are
 * pseudonyms, `dataHash` stands for the report itself.
 */
export type Statement = {
  /** Of the chain's first block: which installation. */
  genesis: Uint8Array;
  patient: Uint8Array;
  reader: Uint8Array;
  requestId: Uint8Array;
  stream: string;
  firstDay: number;
  lastDay: number;
  /** UTC ms. Nothing sealed before the first is missing; the second is when the report was made. */
  completeUntil: number;
  madeAt: number;
  verified: { segments: number; receipts: number; heads: number; chainHead: number };
  metrics: Metrics;
  /** Over the anchored roots that the receipts led to. */
  anchorsHash: Uint8Array;
  dataHash: Uint8Array;
};

/** `signer` in ERC-7913 form: for now an address. */
export type Signed = { statement: Statement; signer: Uint8Array; signature: Uint8Array };

/** Roots in hex by `hub/number`. */
export type Anchors = Record<string, string>;

const name = 'islet/report-statement';

export function encodeSigned({ statement: s, signer, signature }: Signed): Uint8Array {
  return encode(name, 1, [...fieldsOf(s), signer, signature]);
}

/** Throws `FORMAT_MALFORMED`. */
export function parseSigned(bytes: Uint8Array): Signed {
  const f = decode(name, 1, bytes);
  const signed = { statement: takeStatement(f), signer: f.bytes(20), signature: f.bytes(65) };
  f.end();
  return signed;
}

const fieldsOf = (s: Statement): Item[] => [
  s.genesis,
  s.patient,
  s.reader,
  s.requestId,
  s.stream,
  s.firstDay,
  s.lastDay,
  s.completeUntil,
  s.madeAt,
  [s.verified.segments, s.verified.receipts, s.verified.heads, s.verified.chainHead],
  metrics.map((metric) => s.metrics[metric]),
  s.anchorsHash,
  s.dataHash,
];

function takeStatement(f: Fields): Statement {
  const day = (): number => f.int(-1_000_000, 1_000_000);
  return {
    genesis: f.bytes(32),
    patient: f.bytes(32),
    reader: f.bytes(32),
    requestId: f.bytes(32),
    stream: f.text(32),
    firstDay: day(),
    lastDay: day(),
    completeUntil: f.int(),
    madeAt: f.int(),
    verified: f.tuple((g) => ({ segments: g.int(), receipts: g.int(), heads: g.int(), chainHead: g.int() })),
    metrics: f.tuple((g) =>
      Object.fromEntries(metrics.map((metric) => [metric, g.nullable((h) => h.int())])),
    ) as Metrics,
    anchorsHash: f.bytes(32),
    dataHash: f.bytes(32),
  };
}

/** What is signed, and what people compare: SHA-256 with a domain of its own. */
export const digestOf = (statement: Statement): Uint8Array =>
  domainHash('islet/report-statement/v1', encode(name, 1, fieldsOf(statement)));

/** The roots that the receipts of what was served lead to. */
export function anchorsOf({ parts, asked: { view } }: Opened['served']): Anchors {
  const places = parts.flatMap((p) => [
    Receipt.parseHeadProof(p.headProof),
    ...p.segments.map((s) => Receipt.parseReceipt(s.receipt)),
  ]);
  return Object.fromEntries(
    places.map(({ hub, number }) => [`${toHex(hub)}/${number}`, View.rootOf(view, hub, number)!]),
  );
}

export const anchorsHash = (anchors: Anchors): Uint8Array =>
  domainHash(
    'islet/report-anchors/v1',
    ...Object.entries(anchors)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([place, root]) => [new TextEncoder().encode(place), fromHex(root)]),
  );

export const sign = (statement: Statement, { signerKey }: Wallet): Signed => ({
  statement,
  signer: Secp256k1.addressOf(signerKey),
  signature: Secp256k1.sign(digestOf(statement), signerKey),
});

/** Throws `REPORT_TAMPERED` where the signature is of something else, or of someone else. */
export function checkSignature({ statement, signer, signature }: Signed): void {
  const by = Secp256k1.recover(digestOf(statement), signature);
  if (!by || !equal(by, signer))
    throw new ReportTamperedError('the signature', 'it is not of this statement');
}

/** Compares a statement with the chain: who signed, and that the request behind it was granted. */
export function checkOnChain({ statement: s, signer }: Signed, view: View.View): void {
  if (!View.speaksFor(view, s.reader, signer))
    throw new ReportTamperedError('the signature', 'its key does not speak for the reader');
  const fault = faultOf(s, view.decisions.get(toHex(s.requestId)));
  if (fault !== undefined) throw new ReportTamperedError('the request', fault);
}

/** What a request's decision has against a statement; undefined where it bears it out. */
function faultOf(s: Statement, decision: View.Decision | undefined): string | undefined {
  if (!decision) return 'the chain has no such request';
  if (decision.patient !== toHex(s.patient) || decision.reader !== toHex(s.reader))
    return 'it was between others';
  if (decision.reason !== 0) return 'it was refused';
  const { scope } = decision;
  const covered = scope && s.firstDay >= scope.firstDay && s.lastDay <= scope.lastDay;
  return covered ? undefined : 'it was for other days';
}

/** Compares the roots that a report rests on with the chain. */
export function checkAnchors({ statement }: Signed, anchors: Anchors, view: View.View): void {
  if (!equal(anchorsHash(anchors), statement.anchorsHash))
    throw new ReportTamperedError('the anchors', 'they are not those of the statement');
  for (const [place, root] of Object.entries(anchors))
    if (view.roots.get(place) !== root)
      throw new ReportTamperedError(`anchor ${place}`, 'the chain has another root there');
}

export class ReportTamperedError extends IsletError {
  override readonly name = 'ReportTamperedError';
  /** A figure by its name, or what else does not hold. */
  readonly what: string;
  constructor(what: string, why: string) {
    super(
      'REPORT_TAMPERED',
      `Verification failed at ${what}: ${why}. Do not rely on this report; ask whoever made it for another.`,
    );
    this.what = what;
  }
}
