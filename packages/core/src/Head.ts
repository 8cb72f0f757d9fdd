// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item } from './codec.js';
import { utf8 } from './crypto/bytes.js';
import { type SigningKey, verify as verifySignature } from './crypto/ed25519.js';
import { domainHash } from './crypto/hash.js';
import { UnknownStreamError } from './Epoch.js';
import { type Tip, takeTip } from './Segment.js';
import { isStream, type Stream } from './Stream.js';

/**
 * What a writer states about a stream, data or not, at least every five minutes: the calendar so far and
 * the tip of its chain. It enters the batch's map, so a reader can say "complete until `at`" and never
 * takes silence for completeness.
 */
export type Statement = {
  account: Uint8Array;
  stream: Stream;
  gateway: Uint8Array;
  blind: Uint8Array;
  at: number;
  /** The calendar's root; 32 zero bytes while it is empty. */
  calendar: Uint8Array;
  /** Segments sealed to the late key, waiting for the wallet. */
  late: Uint8Array[];
  tip: Tip | null;
};

export type Head = { statement: Statement; signature: Uint8Array; bytes: Uint8Array; hash: Uint8Array };

const name = 'islet/head';

export async function create(statement: Statement, signer: SigningKey): Promise<Head> {
  return assemble(statement, await signer.sign(signedBytes(statement)));
}

export function parse(bytes: Uint8Array): Head {
  const f = decode(name, 1, bytes);
  const account = f.bytes(32);
  const stream = f.text(64);
  if (!isStream(stream)) throw new UnknownStreamError();
  const statement: Statement = {
    account,
    stream,
    gateway: f.bytes(32),
    blind: f.bytes(32),
    at: f.int(),
    calendar: f.bytes(32),
    late: f.list((g) => g.bytes(32)),
    tip: f.nullable(takeTip),
  };
  const signature = f.bytes(64);
  f.end();
  return assemble(statement, signature);
}

export const verify = (head: Head): Promise<boolean> =>
  verifySignature(head.signature, signedBytes(head.statement), head.statement.gateway);

/** Where in a batch's map this stream of this writer stands. */
export const mapKey = (account: Uint8Array, stream: Stream, gateway: Uint8Array): Uint8Array =>
  domainHash('islet/map-key/v1', account, utf8(stream), gateway);

const fields = (s: Statement): Item[] => [
  s.account,
  s.stream,
  s.gateway,
  s.blind,
  s.at,
  s.calendar,
  s.late,
  s.tip && [s.tip.chain, s.tip.number, s.tip.hash],
];

const signedBytes = (s: Statement): Uint8Array =>
  domainHash('islet/head-signature/v1', encode(name, 1, fields(s)));

function assemble(statement: Statement, signature: Uint8Array): Head {
  const bytes = encode(name, 1, [...fields(statement), signature]);
  return { statement, signature, bytes, hash: domainHash('islet/head/v1', bytes) };
}
