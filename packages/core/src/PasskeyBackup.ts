// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item, MalformedError } from './codec.js';
import * as Aead from './crypto/aead.js';
import { equal, utf8 } from './crypto/bytes.js';
import { domainHash, hkdf, sha256 } from './crypto/hash.js';
import * as Xwing from './crypto/xwing.js';
import { lastGeneration } from './KeyTree.js';
import { pad, unpad } from './Padding.js';

/**
 * What a wallet needs to read, sealed under what one passkey of its person computes (PRF: WebAuthn Level 3, 10.1.4). A
 * hub keeps it for whoever asks: the key behind it has 256 bits that nobody can guess. There is no signer in it.
 */
export type PasskeyBackup = Place & {
  /** SHA-256 of the public encryption key whose seed is inside: of another one than the account's now, it is old. */
  keyHash: Uint8Array;
  nonce: Uint8Array;
  sealed: Uint8Array;
};

/** Whose it is, and for which passkey: its P-256 key, x ‖ y. */
export type Place = { account: Uint8Array; passkey: Uint8Array };

export type Secret = {
  role: 'patient' | 'clinician';
  name: string;
  dayOffsetMinutes: number;
  generation: number;
  rootSeed: Uint8Array;
  encryptionSeed: Uint8Array;
  /** They open what was sealed to the account while they were its own. The newest first. */
  formerEncryptionSeeds: Uint8Array[];
};

const name = 'islet/passkey-backup';
const secretName = 'islet/passkey-backup-secret';
const roles = ['patient', 'clinician'] as const;
/** Characters of a name that come back: two units of UTF-16 each at most. */
const nameCharacters = 64;
/** Hand-overs that are remembered: with more, the oldest of their keys are in the wallet only. */
const mostFormer = 16;

/** What every passkey's PRF is asked with for this, in place of a salt that a new device could not know. */
export const prfInput = (): Uint8Array => domainHash('islet/passkey-backup-input/v1');

/** Under what a hub keeps it. */
export const placeOf = ({ account, passkey }: Place): Uint8Array =>
  domainHash('islet/passkey-backup-place/v1', account, passkey);

/** Seals what a wallet needs. `output` is what the PRF gave for `prfInput`, 32 bytes. */
export function seal(
  place: Place,
  secret: Secret,
  output: Uint8Array,
  random: (length: number) => Uint8Array,
): PasskeyBackup {
  const about = { ...place, keyHash: keyHashOf(secret) };
  const nonce = random(24);
  // Lengths would tell whose name is long.
  const plaintext = pad(encodeSecret(secret));
  return { ...about, nonce, sealed: Aead.encrypt(keyOf(place, output), nonce, context(about), plaintext) };
}

/** What is inside, or `undefined` where another passkey sealed it, or any of it was altered. */
export function open(backup: PasskeyBackup, output: Uint8Array): Secret | undefined {
  const { nonce, sealed } = backup;
  const padded = Aead.decrypt(keyOf(backup, output), nonce, context(backup), sealed);
  const bytes = padded && unpad(padded);
  const secret = bytes && parseSecret(bytes);
  return secret && equal(keyHashOf(secret), backup.keyHash) ? secret : undefined;
}

const keyHashOf = ({ encryptionSeed }: Secret): Uint8Array => sha256(Xwing.publicKeyOf(encryptionSeed));

const keyOf = ({ account }: Place, output: Uint8Array): Uint8Array =>
  hkdf(output, account, utf8('islet/passkey-backup-key/v1'), 32);

// Put in another account's or passkey's place, it does not open.
const context = ({ account, passkey, keyHash }: Omit<PasskeyBackup, 'nonce' | 'sealed'>): Uint8Array =>
  encode(name, 1, [account, passkey, keyHash]);

export const encodePasskeyBackup = (b: PasskeyBackup): Uint8Array =>
  encode(name, 1, [b.account, b.passkey, b.keyHash, b.nonce, b.sealed]);

/** Throws `FORMAT_MALFORMED`. */
export function parsePasskeyBackup(bytes: Uint8Array): PasskeyBackup {
  const f = decode(name, 1, bytes);
  const backup = {
    account: f.bytes(32),
    passkey: f.bytes(64),
    keyHash: f.bytes(32),
    nonce: f.bytes(24),
    sealed: f.bytes(),
  };
  f.end();
  return backup;
}

const encodeSecret = (s: Secret): Uint8Array =>
  encode(secretName, 1, [
    roles.indexOf(s.role),
    [...s.name].slice(0, nameCharacters).join(''),
    s.dayOffsetMinutes,
    s.generation,
    s.rootSeed,
    s.encryptionSeed,
    s.formerEncryptionSeeds.slice(0, mostFormer) as Item,
  ]);

function parseSecret(bytes: Uint8Array): Secret | undefined {
  try {
    const f = decode(secretName, 1, bytes);
    const secret = {
      role: roles[f.int(0, roles.length - 1)]!,
      name: f.text(2 * nameCharacters),
      dayOffsetMinutes: f.int(-1440, 1440),
      generation: f.int(0, lastGeneration),
      rootSeed: f.bytes(32),
      encryptionSeed: f.bytes(32),
      formerEncryptionSeeds: f.list((g) => g.bytes(32), mostFormer),
    };
    f.end();
    return secret;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
