// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Fields, type Item } from './codec.js';
import { concat, equalSecret, utf8 } from './crypto/bytes.js';
import { type SigningKey, verify as verifySignature } from './crypto/ed25519.js';
import { domainHash, hkdf } from './crypto/hash.js';
import { decapsulate, encapsulate, sizes } from './crypto/xwing.js';
import type { Day } from './Day.js';
import { last as lastDay } from './Day.js';
import { IsletError } from './IsletError.js';
import { isStream, type Stream } from './Stream.js';

/**
 * An epoch: one content key, of one stream, within one stream day, behind two locks. Lock P is an X-Wing
 * encapsulation to the patient's key of that day, lock C a secret that only custodians together know.
 * The header commits to lock C's secret and to the key, so that neither can be swapped later.
 */
export type Header = {
  /** 32 random bytes that stand for the patient. */
  account: Uint8Array;
  stream: Stream;
  /** The stream day, or null for data whose day had no key: sealed to the late key. */
  day: Day | null;
  /** 16 random bytes. */
  id: Uint8Array;
  /** The writer's Ed25519 key. */
  gateway: Uint8Array;
  openedAt: number;
  /** Grows when a summary is revised; custodians release only the newest they have seen. */
  revision: number;
  /** X-Wing ciphertext, 1120 bytes. */
  lockP: Uint8Array;
  lockCommitment: Uint8Array;
  keyCommitment: Uint8Array;
};

/** A header with its writer's signature, as it is kept and sent. */
export type Epoch = { header: Header; signature: Uint8Array; bytes: Uint8Array; hash: Uint8Array };

/** What only the writer holds, in memory, while the epoch is open. */
export type Secrets = { contentKey: Uint8Array; lockSecret: Uint8Array };

const name = 'islet/epoch';

const commitLock = (secret: Uint8Array): Uint8Array => domainHash('islet/lock-commitment/v1', secret);
const commitKey = (key: Uint8Array): Uint8Array => domainHash('islet/key-commitment/v1', key);

/** Opens a new epoch: draws lock C, encapsulates to the patient's public key of that day, signs. */
export async function create(
  about: Pick<Header, 'account' | 'stream' | 'day' | 'openedAt' | 'revision'>,
  dayKey: Uint8Array,
  signer: SigningKey,
  random: (length: number) => Uint8Array,
): Promise<{ epoch: Epoch; secrets: Secrets }> {
  const { ciphertext, sharedSecret } = encapsulate(dayKey, random);
  const lockSecret = random(32);
  const partial = {
    ...about,
    id: random(16),
    gateway: signer.publicKey,
    lockP: ciphertext,
    lockCommitment: commitLock(lockSecret),
  };
  const contentKey = deriveKey(sharedSecret, lockSecret, partial);
  const header: Header = { ...partial, keyCommitment: commitKey(contentKey) };
  const signature = await signer.sign(signedBytes(header));
  return { epoch: assemble(header, signature), secrets: { contentKey, lockSecret } };
}

/** Parses an epoch. Its signature is checked by `verify`. */
export function parse(bytes: Uint8Array): Epoch {
  const f = decode(name, 1, bytes);
  const header = takeHeader(f);
  const signature = f.bytes(64);
  f.end();
  return assemble(header, signature);
}

/** Whether the writer named in the header signed it. Stops: a header made by the store or the hub. */
export const verify = (epoch: Epoch): Promise<boolean> =>
  verifySignature(epoch.signature, signedBytes(epoch.header), epoch.header.gateway);

/** The content key from both locks: `daySeed` is the X-Wing seed of the day, `lockSecret` what the shares combine to. */
export function open(epoch: Epoch, daySeed: Uint8Array, lockSecret: Uint8Array): Uint8Array {
  const { header } = epoch;
  if (!opensLock(epoch, lockSecret)) throw new WrongLockError();
  const sharedSecret = decapsulate(header.lockP, daySeed);
  const contentKey = sharedSecret && deriveKey(sharedSecret, lockSecret, header);
  if (!contentKey || !isContentKey(epoch, contentKey)) throw new WrongKeyError();
  return contentKey;
}

/** Whether this is the lock secret the header committed to. */
export const opensLock = (epoch: Epoch, lockSecret: Uint8Array): boolean =>
  equalSecret(commitLock(lockSecret), epoch.header.lockCommitment);

/** Whether this is the content key the header committed to. Stops: one ciphertext that opens to two readings. */
export const isContentKey = (epoch: Epoch, contentKey: Uint8Array): boolean =>
  equalSecret(commitKey(contentKey), epoch.header.keyCommitment);

function deriveKey(lockP: Uint8Array, lockC: Uint8Array, header: Omit<Header, 'keyCommitment'>): Uint8Array {
  const transcript = domainHash('islet/epoch-transcript/v1', encode(name, 1, openFields(header)));
  return hkdf(concat(lockP, lockC), transcript, utf8('islet/content-key/v1'), 32);
}

const openFields = (h: Omit<Header, 'keyCommitment'>): Item[] => [
  h.account,
  h.stream,
  h.day,
  h.id,
  h.gateway,
  h.openedAt,
  h.revision,
  h.lockP,
  h.lockCommitment,
];

const fields = (h: Header): Item[] => [...openFields(h), h.keyCommitment];

const signedBytes = (h: Header): Uint8Array =>
  domainHash('islet/epoch-signature/v1', encode(name, 1, fields(h)));

function assemble(header: Header, signature: Uint8Array): Epoch {
  const bytes = encode(name, 1, [...fields(header), signature]);
  return { header, signature, bytes, hash: domainHash('islet/epoch/v1', bytes) };
}

function takeHeader(f: Fields): Header {
  const account = f.bytes(32);
  const stream = f.text(64);
  if (!isStream(stream)) throw new UnknownStreamError();
  return {
    account,
    stream,
    day: f.nullable((g) => g.int(0, lastDay)),
    id: f.bytes(16),
    gateway: f.bytes(32),
    openedAt: f.int(),
    revision: f.int(0, 2 ** 31),
    lockP: f.bytes(sizes.ciphertext),
    lockCommitment: f.bytes(32),
    keyCommitment: f.bytes(32),
  };
}

export class UnknownStreamError extends IsletError {
  override readonly name = 'Epoch.UnknownStreamError';
  constructor() {
    super(
      'STREAM_UNKNOWN',
      'The data names a stream this program does not know. Update Islet and try again.',
    );
  }
}

export class WrongLockError extends IsletError {
  override readonly name = 'Epoch.WrongLockError';
  constructor() {
    super(
      'EPOCH_WRONG_LOCK',
      'The custodians’ shares do not open this epoch. See which custodian is named, and ask the others.',
    );
  }
}

export class WrongKeyError extends IsletError {
  override readonly name = 'Epoch.WrongKeyError';
  constructor() {
    super(
      'EPOCH_WRONG_KEY',
      'The key does not belong to this epoch: the grant covers other days, or its keeper altered the header.',
    );
  }
}
