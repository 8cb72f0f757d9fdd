// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item, MalformedError } from './codec.js';
import * as Aead from './crypto/aead.js';
import * as Argon2 from './crypto/argon2.js';
import { equalSecret, utf8 } from './crypto/bytes.js';
import { domainHash, hkdf } from './crypto/hash.js';
import { IsletError } from './IsletError.js';

/**
 * One secret under several locks, any of which opens it: a passphrase, and the PRF of as many passkeys as the person
 * has. Taking a lock off does not reach copies made before; who fears that draws a new secret.
 */
export type Wrapped = { id: Uint8Array; check: Uint8Array; wrappers: Wrapper[] };

export type Wrapper = Lock & { nonce: Uint8Array; sealed: Uint8Array };

type Lock =
  | { kind: 'passphrase'; salt: Uint8Array; cost: Argon2.Cost }
  /** `credential` is the passkey's id; `input` what its PRF is asked with (WebAuthn Level 3, 10.1.4). */
  | { kind: 'passkey'; credential: Uint8Array; input: Uint8Array };

export type Key =
  | { kind: 'passphrase'; passphrase: string }
  /** `output` is the first of the PRF's results: 32 bytes. */
  | { kind: 'passkey'; credential: Uint8Array; output: Uint8Array };

type Random = (length: number) => Uint8Array;

const name = 'islet/wrapped';
export const maxWrappers = 16;
/** Below what a guesser feels, and above what a phone can bear: a file that asks for more is an attack on our memory. */
const leastKiB = 8 * 1024;
const mostKiB = 1024 * 1024;
const mostPasses = 16;

/** A secret without a lock yet: nobody can open it. `secret` has 32 random bytes or more, or the check would betray it. */
export function of(secret: Uint8Array, random: Random): Wrapped {
  if (secret.length < 32) throw new RangeError('a secret is 32 random bytes or more');
  const id = random(16);
  return { id, check: checkOf(id, secret), wrappers: [] };
}

/** With a passphrase more. Takes a second of computing. */
export function withPassphrase(
  wrapped: Wrapped,
  secret: Uint8Array,
  passphrase: string,
  random: Random,
  cost: Argon2.Cost = Argon2.usual,
): Wrapped {
  const lock: Lock = { kind: 'passphrase', salt: random(16), cost };
  return add(wrapped, secret, lock, Argon2.keyFrom(passphrase, lock.salt, cost), random);
}

/** With a passkey more. `output` is what its PRF gave for `input`, 32 random bytes that serve for nothing else. */
export function withPasskey(
  wrapped: Wrapped,
  secret: Uint8Array,
  passkey: { credential: Uint8Array; input: Uint8Array; output: Uint8Array },
  random: Random,
): Wrapped {
  const { credential, input, output } = passkey;
  return add(wrapped, secret, { kind: 'passkey', credential, input }, prfKey(wrapped.id, output), random);
}

/** Without one of its locks. The last cannot go. Throws `WRAPPED_LAST`. */
export function without(wrapped: Wrapped, wrapper: Wrapper): Wrapped {
  const wrappers = wrapped.wrappers.filter((w) => w !== wrapper);
  if (wrappers.length === 0) throw new LastWrapperError();
  return { ...wrapped, wrappers };
}

/** The secret, or `undefined` where this key opens none of the locks. */
export function open(wrapped: Wrapped, key: Key): Uint8Array | undefined {
  for (const wrapper of wrapped.wrappers) {
    const outer = outerOf(wrapped, wrapper, key);
    const secret = outer && Aead.decrypt(outer, wrapper.nonce, context(wrapped, wrapper), wrapper.sealed);
    // Stops: a lock put in by someone else, which opens a secret of theirs.
    if (secret && equalSecret(checkOf(wrapped.id, secret), wrapped.check)) return secret;
  }
  return undefined;
}

function outerOf({ id }: Wrapped, wrapper: Wrapper, key: Key): Uint8Array | undefined {
  if (wrapper.kind === 'passphrase')
    return key.kind === 'passphrase' ? Argon2.keyFrom(key.passphrase, wrapper.salt, wrapper.cost) : undefined;
  if (key.kind !== 'passkey' || !equalSecret(key.credential, wrapper.credential)) return undefined;
  return prfKey(id, key.output);
}

function add(wrapped: Wrapped, secret: Uint8Array, lock: Lock, outer: Uint8Array, random: Random): Wrapped {
  if (!equalSecret(checkOf(wrapped.id, secret), wrapped.check)) throw new RangeError('another secret');
  if (wrapped.wrappers.length >= maxWrappers) throw new RangeError(`at most ${maxWrappers} locks`);
  const nonce = random(24);
  const sealed = Aead.encrypt(outer, nonce, context(wrapped, lock), secret);
  return { ...wrapped, wrappers: [...wrapped.wrappers, { ...lock, nonce, sealed }] };
}

const checkOf = (id: Uint8Array, secret: Uint8Array): Uint8Array =>
  domainHash('islet/wrapped-check/v1', id, secret);

const prfKey = (id: Uint8Array, output: Uint8Array): Uint8Array =>
  hkdf(output, id, utf8('islet/wrapped-passkey/v1'), 32);

const lockItem = (lock: Lock): Item[] =>
  lock.kind === 'passphrase'
    ? [lock.kind, lock.salt, lock.cost.memoryKiB, lock.cost.passes]
    : [lock.kind, lock.credential, lock.input];

// A lock belongs to its secret: put beside another, it opens nothing.
const context = ({ id, check }: Wrapped, lock: Lock): Uint8Array =>
  encode(name, 1, [id, check, lockItem(lock)]);

export const encodeWrapped = ({ id, check, wrappers }: Wrapped): Uint8Array =>
  encode(name, 1, [id, check, wrappers.map((w): Item => [...lockItem(w), w.nonce, w.sealed])]);

/** Throws `FORMAT_MALFORMED`. */
export function parseWrapped(bytes: Uint8Array): Wrapped {
  const f = decode(name, 1, bytes);
  const wrapped = {
    id: f.bytes(16),
    check: f.bytes(32),
    wrappers: f.list((g) => g.tuple(takeWrapper), maxWrappers),
  };
  f.end();
  return wrapped;
}

function takeWrapper(f: ReturnType<typeof decode>): Wrapper {
  const kind = f.text(16);
  if (kind === 'passphrase') {
    const salt = f.bytes(16);
    const cost = { memoryKiB: f.int(leastKiB, mostKiB), passes: f.int(1, mostPasses) };
    return { kind, salt, cost, nonce: f.bytes(24), sealed: f.bytes() };
  }
  if (kind !== 'passkey') throw new MalformedError(name, 'has a lock this program does not know');
  return { kind, credential: f.bytes(), input: f.bytes(32), nonce: f.bytes(24), sealed: f.bytes() };
}

/** The last way to a secret was to be taken away. */
export class LastWrapperError extends IsletError {
  override readonly name = 'Wrapped.LastWrapperError';
  constructor() {
    super(
      'WRAPPED_LAST',
      'This is the last way to open the secret. Add another first, then remove this one.',
    );
  }
}
