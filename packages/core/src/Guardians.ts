// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item, MalformedError } from './codec.js';
import { concat, toHex } from './crypto/bytes.js';
import { keccak256 } from './crypto/hash.js';

/** One who may, with others, give an account back to its person. */
export type Guardian = {
  account: Uint8Array;
  /** 32 random bytes: nobody can tell from the chain whose guardian somebody is. */
  salt: Uint8Array;
  /** Who signed for the guardian when the person chose them, in ERC-7913 form. */
  signers: Uint8Array[];
  /** SHA-256 of the sealed share that they keep, and what it must open to; null where they keep none. */
  share: { hash: Uint8Array; commitment: Uint8Array } | null;
};

/** What a person tells custodians of their guardians, in a signed Statement, so that these need not believe the chain. */
export type Guardians = {
  account: Uint8Array;
  /** So many must agree; 0 where there are none. */
  threshold: number;
  /** Seconds in which the person can object. */
  delay: number;
  guardians: Guardian[];
  /** The dealing of the seeds' shares; null where none were dealt. */
  dealing: Uint8Array | null;
};

export const maxGuardians = 16;
export const minDelay = 24 * 3600;
export const maxDelay = 30 * 24 * 3600;
/** 72 hours, unless the person says otherwise. */
export const usualDelay = 72 * 3600;
const maxSigners = 8;

const name = 'islet/guardians';

/** What stands on chain for a guardian: keccak-256 over the account and the salt. */
export const commitment = ({ account, salt }: Pick<Guardian, 'account' | 'salt'>): Uint8Array =>
  keccak256(concat(account, salt));

export const encodeGuardians = (g: Guardians): Uint8Array =>
  encode(name, 1, [
    g.account,
    g.threshold,
    g.delay,
    g.guardians.map(
      (one): Item => [
        one.account,
        one.salt,
        one.signers,
        one.share && [one.share.hash, one.share.commitment],
      ],
    ),
    g.dealing,
  ]);

/** Throws `FORMAT_MALFORMED`, also where the rules could never be met or are met by one guardian counted twice. */
export function parseGuardians(bytes: Uint8Array): Guardians {
  const f = decode(name, 1, bytes);
  const parsed: Guardians = {
    account: f.bytes(32),
    threshold: f.int(0, maxGuardians),
    delay: f.int(minDelay, maxDelay),
    guardians: f.list(
      (g) =>
        g.tuple((t) => ({
          account: t.bytes(32),
          salt: t.bytes(32),
          signers: t.list((s) => s.bytes(), maxSigners),
          share: t.nullable((s) => s.tuple((u) => ({ hash: u.bytes(32), commitment: u.bytes(32) }))),
        })),
      maxGuardians,
    ),
    dealing: f.nullable((g) => g.bytes(16)),
  };
  f.end();
  const { guardians, threshold } = parsed;
  const accounts = new Set(guardians.map((g) => toHex(g.account)));
  if (accounts.size !== guardians.length) throw new MalformedError(name, 'names a guardian twice');
  if (threshold > guardians.length || (threshold === 0) !== (guardians.length === 0))
    throw new MalformedError(name, 'asks for more guardians than it names, or for none of them');
  return parsed;
}
