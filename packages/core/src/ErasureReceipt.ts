// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item, MalformedError } from './codec.js';
import { equal } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import { domainHash, sha256 } from './crypto/hash.js';
import * as Secp256k1 from './crypto/secp256k1.js';
import * as Days from './Day.js';

/** Who keeps something of a person, and so has something to erase. */
export const roles = ['custodian', 'hub', 'gateway'] as const;
export type Role = (typeof roles)[number];

/** What was destroyed, counted. `secrets`: a custodian's trees that were cut back, or ended. */
export const things = [
  'secrets',
  'segments',
  'epochs',
  'shares',
  'heads',
  'grants',
  'readings',
  'keys',
] as const;
export type Thing = (typeof things)[number];

/**
 * A keeper's signed word that its part of an erasure is done, durably: a custodian's secrets, a hub's bytes and blinds,
 * a gateway's window and journal. It says how much and never what.
 */
export type Receipt = {
  role: Role;
  /** A custodian's or gateway's Ed25519 key, 32 bytes; a hub's address, 20 bytes. */
  keeper: Uint8Array;
  /** A custodian's place in the set, from 1; 0 for the others. */
  custodian: number;
  erasureId: Uint8Array;
  account: Uint8Array;
  scopeHash: Uint8Array;
  firstDay: Days.Day;
  lastDay: Days.Day;
  /** UTC ms, when it was done. */
  at: number;
  /** In the order of `things`. */
  dropped: [Thing, number][];
};

const name = 'islet/erasure-receipt';

const fields = (r: Receipt): Item[] => [
  r.role,
  r.keeper,
  r.custodian,
  r.erasureId,
  r.account,
  r.scopeHash,
  r.firstDay,
  r.lastDay,
  r.at,
  r.dropped,
];

const digest = (r: Receipt): Uint8Array =>
  domainHash('islet/erasure-receipt-signature/v1', encode(name, 1, fields(r)));

/** Signed by a custodian or a gateway. */
export async function sign(receipt: Receipt, signer: Ed25519.SigningKey): Promise<Uint8Array> {
  return encode(name, 1, [...fields(receipt), await signer.sign(digest(receipt))]);
}

/** Signed by a hub with its relay key. */
export const signAsHub = (receipt: Receipt, key: Uint8Array): Uint8Array =>
  encode(name, 1, [...fields(receipt), Secp256k1.sign(digest(receipt), key)]);

/** The receipt, or `undefined` where the keeper that it names did not sign it. Throws `FORMAT_MALFORMED`. */
export async function parse(bytes: Uint8Array): Promise<Receipt | undefined> {
  const f = decode(name, 1, bytes);
  const role = oneOf(roles, f.text(16));
  const receipt: Receipt = {
    role,
    keeper: f.bytes(role === 'hub' ? 20 : 32),
    custodian: role === 'custodian' ? f.int(1, 32) : f.int(0, 0),
    erasureId: f.bytes(32),
    account: f.bytes(32),
    scopeHash: f.bytes(32),
    firstDay: f.int(Days.first, Days.last),
    lastDay: f.int(Days.first, Days.last),
    at: f.int(),
    dropped: f.list(
      (g) => g.tuple((t): [Thing, number] => [oneOf(things, t.text(16)), t.int(1)]),
      things.length,
    ),
  };
  const signature = f.bytes(role === 'hub' ? 65 : 64);
  f.end();
  const order = receipt.dropped.map(([thing]) => things.indexOf(thing));
  if (order.some((place, i) => i > 0 && place <= order[i - 1]!))
    throw new MalformedError(name, 'counts something twice or out of order');
  return (await isSigned(receipt, signature)) ? receipt : undefined;
}

async function isSigned(receipt: Receipt, signature: Uint8Array): Promise<boolean> {
  if (receipt.role !== 'hub') return Ed25519.verify(signature, digest(receipt), receipt.keeper);
  const signer = Secp256k1.recover(digest(receipt), signature);
  return signer !== undefined && equal(signer, receipt.keeper);
}

function oneOf<T extends string>(list: readonly T[], text: string): T {
  if (!(list as readonly string[]).includes(text)) throw new MalformedError(name, 'has an unknown word');
  return text as T;
}

/** Counts as a receipt holds them: what there was none of is left out. */
export const counted = (counts: Partial<Record<Thing, number>>): Receipt['dropped'] =>
  things.flatMap((thing): Receipt['dropped'] => (counts[thing] ? [[thing, counts[thing]]] : []));

/** What a custodian's Confirm commits to. */
export const hashOf = (receipt: Uint8Array): Uint8Array => sha256(receipt);
