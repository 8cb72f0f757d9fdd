// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Fields, type Item, MalformedError } from './codec.js';
import { concat } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import { domainHash, sha256 } from './crypto/hash.js';
import * as Hpke from './crypto/hpke.js';
import * as Xwing from './crypto/xwing.js';
import * as Days from './Day.js';
import { UnknownStreamError } from './Epoch.js';
import * as KeyTree from './KeyTree.js';
import { isStream, type Stream } from './Stream.js';

// Public keys of a run of days, so that a gateway can seal to them and open none. Two kinds, one shape:
// the patient's X-Wing keys (lock P), signed by the wallet as a Statement, and a custodian's X25519
// keys (lock C), signed with the key that `Members` lists for it.

export type Run = { firstDay: Days.Day; keys: Uint8Array[] };

/** Lock P. */
export type StreamKeys = {
  account: Uint8Array;
  stream: Stream;
  generation: number;
  /** Where this stream's days start: minutes east of UTC, fixed for the stream's life. */
  dayOffsetMinutes: number;
  late: Uint8Array;
  run: Run;
};

/** Lock C. */
export type CustodianKeys = {
  custodian: number;
  account: Uint8Array;
  stream: Stream;
  late: Uint8Array;
  run: Run;
};

export const maxDays = 800;
export const streamKeysName = 'islet/stream-keys';
const custodianKeysName = 'islet/custodian-keys';

/** The wallet's bundle for a run of days, from the root seed. About 0.7 ms a day. */
export function streamKeys(
  root: KeyTree.Node,
  about: Pick<StreamKeys, 'account' | 'stream' | 'generation' | 'dayOffsetMinutes'>,
  firstDay: Days.Day,
  days: number,
): StreamKeys {
  const nodes = KeyTree.cover(root, firstDay, firstDay + days - 1);
  const keys = Array.from({ length: days }, (_, i) =>
    Xwing.publicKeyOf(KeyTree.keySeed(KeyTree.leaf(nodes, firstDay + i)!, 'xwing')),
  );
  return { ...about, late: Xwing.publicKeyOf(KeyTree.lateSeed(root, 'xwing')), run: { firstDay, keys } };
}

/** A custodian's bundle for a run of days. */
export const custodianKeys = (
  root: KeyTree.Node,
  about: Pick<CustodianKeys, 'custodian' | 'account' | 'stream'>,
  firstDay: Days.Day,
  days: number,
): Promise<CustodianKeys> => custodianKeysOf([root], KeyTree.lateSeed(root, 'hpke'), about, firstDay, days);

/** The same of a tree that days were erased from: of days that its nodes still give, and with a late seed of its own. */
export async function custodianKeysOf(
  nodes: KeyTree.Node[],
  lateSeed: Uint8Array,
  about: Pick<CustodianKeys, 'custodian' | 'account' | 'stream'>,
  firstDay: Days.Day,
  days: number,
): Promise<CustodianKeys> {
  const within = nodes.flatMap((node) => KeyTree.cover(node, firstDay, firstDay + days - 1));
  const keys = await Promise.all(
    Array.from({ length: days }, (_, i) => {
      const leaf = KeyTree.leaf(within, firstDay + i);
      if (!leaf) throw new RangeError('a day that the nodes do not give');
      return Hpke.publicKeyOf(KeyTree.keySeed(leaf, 'hpke'));
    }),
  );
  return { ...about, late: await Hpke.publicKeyOf(lateSeed), run: { firstDay, keys } };
}

/** The public key for a day, or the late key for null; `undefined` where the bundle does not hold the day. */
export const keyOf = (
  bundle: { late: Uint8Array; run: Run },
  day: Days.Day | null,
): Uint8Array | undefined => (day === null ? bundle.late : bundle.run.keys[day - bundle.run.firstDay]);

const packed = (run: Run): Item[] => [run.firstDay, run.keys.length, concat(...run.keys)];

function takeRun(f: Fields, name: string, size: number): Run {
  const firstDay = f.int(Days.first, Days.last);
  const count = f.int(0, Math.min(maxDays, Days.last - firstDay + 1));
  const bytes = f.bytes();
  if (bytes.length !== count * size) throw new MalformedError(name, 'has keys of a wrong length');
  return { firstDay, keys: Array.from({ length: count }, (_, i) => bytes.slice(i * size, (i + 1) * size)) };
}

export const encodeStreamKeys = (b: StreamKeys): Uint8Array =>
  encode(streamKeysName, 1, [
    b.account,
    b.stream,
    b.generation,
    b.dayOffsetMinutes,
    b.late,
    ...packed(b.run),
  ]);

export function parseStreamKeys(bytes: Uint8Array): StreamKeys {
  const f = decode(streamKeysName, 1, bytes);
  const account = f.bytes(32);
  const stream = f.text(64);
  if (!isStream(stream)) throw new UnknownStreamError();
  const generation = f.int(0, KeyTree.lastGeneration);
  const dayOffsetMinutes = f.int(-1440, 1440);
  const late = f.bytes(Xwing.sizes.publicKey);
  const run = takeRun(f, streamKeysName, Xwing.sizes.publicKey);
  f.end();
  return { account, stream, generation, dayOffsetMinutes, late, run };
}

/** What the wallet's Statement about a bundle signs. */
export const hashOf = (bytes: Uint8Array): Uint8Array => sha256(bytes);

const custodianFields = (b: CustodianKeys): Item[] => [
  b.custodian,
  b.account,
  b.stream,
  b.late,
  ...packed(b.run),
];

const custodianSignedBytes = (b: CustodianKeys): Uint8Array =>
  domainHash('islet/custodian-keys-signature/v1', encode(custodianKeysName, 1, custodianFields(b)));

export async function signCustodianKeys(b: CustodianKeys, signer: Ed25519.SigningKey): Promise<Uint8Array> {
  return encode(custodianKeysName, 1, [...custodianFields(b), await signer.sign(custodianSignedBytes(b))]);
}

/** Parses a custodian's bundle and checks it against the signing key that `Members` lists; `undefined` where another key signed. */
export async function parseCustodianKeys(
  bytes: Uint8Array,
  signingKey: Uint8Array,
): Promise<CustodianKeys | undefined> {
  const f = decode(custodianKeysName, 1, bytes);
  const custodian = f.int(1, 32);
  const account = f.bytes(32);
  const stream = f.text(64);
  if (!isStream(stream)) throw new UnknownStreamError();
  const late = f.bytes(32);
  const run = takeRun(f, custodianKeysName, 32);
  const signature = f.bytes(64);
  f.end();
  const bundle: CustodianKeys = { custodian, account, stream, late, run };
  return (await Ed25519.verify(signature, custodianSignedBytes(bundle), signingKey)) ? bundle : undefined;
}
