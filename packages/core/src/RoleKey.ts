// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode } from './codec.js';
import { concat, equal, utf8 } from './crypto/bytes.js';
import { domainHash, sha256 } from './crypto/hash.js';
import * as Xwing from './crypto/xwing.js';

/**
 * A role's X-Wing seed on its way to one person who holds the role: what patients sealed to the role opens with it. The
 * organisation's admin signs a Statement about the document, and the hub keeps it for that person to fetch.
 */
export type RoleKey = { role: Uint8Array; reader: Uint8Array; keyHash: Uint8Array; sealed: Uint8Array };

const name = 'islet/role-key';

/** The hash of a role's public key, as `Members` keeps it. */
export const hashOf = (publicKey: Uint8Array): Uint8Array => sha256(publicKey);

/** Seals a role's seed to the public key of someone appointed. */
export const seal = (
  place: { role: Uint8Array; reader: Uint8Array },
  seed: Uint8Array,
  readerKey: Uint8Array,
  random: (length: number) => Uint8Array,
): RoleKey => ({
  ...place,
  keyHash: hashOf(Xwing.publicKeyOf(seed)),
  sealed: Xwing.seal(readerKey, context(place), seed, random),
});

/** The role's seed, or `undefined` where it was sealed to another or is not of the key it says. */
export function open(key: RoleKey, readerSeed: Uint8Array): Uint8Array | undefined {
  const seed = Xwing.open(readerSeed, context(key), key.sealed);
  if (seed?.length !== Xwing.sizes.seed) return undefined;
  return equal(hashOf(Xwing.publicKeyOf(seed)), key.keyHash) ? seed : undefined;
}

export const encodeRoleKey = (k: RoleKey): Uint8Array =>
  encode(name, 1, [k.role, k.reader, k.keyHash, k.sealed]);

/** Throws `FORMAT_MALFORMED`. */
export function parseRoleKey(bytes: Uint8Array): RoleKey {
  const f = decode(name, 1, bytes);
  const key = { role: f.bytes(32), reader: f.bytes(32), keyHash: f.bytes(32), sealed: f.bytes() };
  f.end();
  return key;
}

/** Under what a hub keeps the keys of one role for one person. */
export const placeOf = (role: Uint8Array, reader: Uint8Array): Uint8Array =>
  domainHash('islet/role-key-place/v1', role, reader);

const context = ({ role, reader }: { role: Uint8Array; reader: Uint8Array }): Uint8Array =>
  concat(utf8('islet/role-key/v1'), role, reader);
