// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item, MalformedError } from './codec.js';
import { concat, equalSecret } from './crypto/bytes.js';
import { domainHash, hkdf, hmac } from './crypto/hash.js';
import * as Shamir from './crypto/shamir.js';
import * as Xwing from './crypto/xwing.js';
import { lastGeneration } from './KeyTree.js';

/** What a person cannot do without to read what was sealed to them. The signer is not in it: a recovery gives a new one. */
export type Secret = {
  rootSeed: Uint8Array;
  encryptionSeed: Uint8Array;
  generation: number;
  dayOffsetMinutes: number;
  /** A patient has data and custodians; a clinician only reads. */
  role: Role;
};
type Role = 'patient' | 'clinician';

/** In the byte before the generation. */
const roles: readonly Role[] = ['patient', 'clinician'];

/** Which share: of whose seeds, of which dealing, and its x coordinate from 1. */
export type Place = { account: Uint8Array; dealing: Uint8Array; index: number };

/** `keeping`: to a guardian, for as long as it takes. `recovery`: by the guardian to the person's one-time key. */
export type Purpose = 'keeping' | 'recovery';

const name = 'islet/sealed-share';
/** The seeds, role, generation and offset, and a check: who hands in a false share changes the secret, but cannot change the check to fit. */
const [saidBytes, checkBytes] = [68, 16];
const secretBytes = saidBytes + checkBytes;

const checkOf = (said: Uint8Array): Uint8Array =>
  domainHash('islet/seed-check/v1', said).slice(0, checkBytes);

function bytesOf({ rootSeed, encryptionSeed, generation, dayOffsetMinutes, role }: Secret): Uint8Array {
  const tail = new DataView(new ArrayBuffer(4));
  tail.setUint8(0, roles.indexOf(role));
  tail.setUint8(1, generation);
  tail.setInt16(2, dayOffsetMinutes);
  const said = concat(rootSeed, encryptionSeed, new Uint8Array(tail.buffer));
  return concat(said, checkOf(said));
}

/**
 * Deals the seeds among `n` guardians, `threshold` of whom can give them back: 2 <= threshold <= n. Who still has the
 * seeds can deal the same shares again, and so tell whether a guardian's is whole. `dealing` is 16 random bytes, new
 * each time: shares of two dealings never fit together, so guardians of last year need not be trusted this year.
 */
export function deal(secret: Secret, account: Uint8Array, dealing: Uint8Array, threshold: number, n: number) {
  const bytes = bytesOf(secret);
  const seed = hkdf(bytes, concat(account, dealing), new TextEncoder().encode('islet/seed-dealing/v1'), 32);
  return Shamir.deal(bytes, seed, threshold, n);
}

/** What everyone may know of a share, so that a false one shows. A share has hundreds of bits of its own: it cannot be guessed. */
export const commitment = ({ account, dealing }: Place, share: Uint8Array): Uint8Array =>
  domainHash('islet/seed-share/v1', account, dealing, share);

/** The seeds; `undefined` where the shares are too few, of several dealings, or one of them is false. */
export async function combine(shares: Uint8Array[]): Promise<Secret | undefined> {
  if (shares.length < 2) return undefined;
  const bytes = await Shamir.combine(shares);
  const said = bytes.slice(0, saidBytes);
  if (bytes.length !== secretBytes || !equalSecret(checkOf(said), bytes.slice(saidBytes))) return undefined;
  const tail = new DataView(bytes.buffer, bytes.byteOffset + 64, 4);
  const role = roles[tail.getUint8(0)];
  const generation = tail.getUint8(1);
  const dayOffsetMinutes = tail.getInt16(2);
  if (role === undefined || generation > lastGeneration || Math.abs(dayOffsetMinutes) > 1440)
    return undefined;
  const [rootSeed, encryptionSeed] = [bytes.slice(0, 32), bytes.slice(32, 64)];
  return { rootSeed, encryptionSeed, generation, dayOffsetMinutes, role };
}

const clear = ({ account, dealing, index }: Place, purpose: Purpose): Item[] => [
  account,
  dealing,
  index,
  purpose,
];
const contextOf = (place: Place, purpose: Purpose): Uint8Array => encode(name, 1, clear(place, purpose));

/** Seals a share to an X-Wing key. Whose and which it is stays open, and is bound. */
export const seal = (
  place: Place,
  purpose: Purpose,
  share: Uint8Array,
  publicKey: Uint8Array,
  random: (length: number) => Uint8Array,
): Uint8Array =>
  encode(name, 1, [
    ...clear(place, purpose),
    Xwing.seal(publicKey, contextOf(place, purpose), share, random),
  ]);

export type Sealed = { place: Place; purpose: Purpose; sealed: Uint8Array };

/** Throws `FORMAT_MALFORMED`. */
export function parse(bytes: Uint8Array): Sealed {
  const f = decode(name, 1, bytes);
  const place = { account: f.bytes(32), dealing: f.bytes(16), index: f.int(1, 32) };
  const purpose = f.text(16);
  if (purpose !== 'keeping' && purpose !== 'recovery')
    throw new MalformedError(name, 'is for something else');
  const parsed: Sealed = { place, purpose, sealed: f.bytes() };
  f.end();
  return parsed;
}

/** The share, or `undefined` where it was sealed to another key, for another purpose, or altered. */
export function open({ place, purpose, sealed }: Sealed, seed: Uint8Array): Uint8Array | undefined {
  const share = Xwing.open(seed, contextOf(place, purpose), sealed);
  return share?.length === secretBytes + 1 && share[secretBytes] === place.index ? share : undefined;
}

/** A guardian's answer to a drill: that its share opens, and nothing of it. `question` is 32 random bytes. */
export const drillAnswer = (share: Uint8Array, question: Uint8Array): Uint8Array =>
  hmac(domainHash('islet/seed-drill/v1', share), question);

export const isDrillAnswer = (share: Uint8Array, question: Uint8Array, answer: Uint8Array): boolean =>
  equalSecret(drillAnswer(share, question), answer);
