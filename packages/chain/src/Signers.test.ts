// Copyright the Islet authors. AGPL-3.0-or-later.
// What OpenZeppelin's verifier contracts take and refuse, we do too: with the precompile of EIP-7951 and without.

import { concat, uint256 } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as P256 from '@islet/core/crypto/p256';
import * as WebAuthn from '@islet/core/crypto/webAuthn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Passkey, passkey, twin } from '../../core/src/passkey.testkit.js';
import { type Anvil, start } from './anvil.testkit.js';
import { deployVerifiers } from './verifiers.testkit.js';

let state = 12_345;
/** The same on every run. */
const below = (n: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));
const flip = (bytes: Uint8Array, bit = below(bytes.length * 8)): Uint8Array =>
  bytes.with(bit >> 3, bytes[bit >> 3]! ^ (1 << (bit & 7)));

type Case = [string, key: Uint8Array, hash: Uint8Array, signature: Uint8Array];

function* spoilt(key: Uint8Array, hash: Uint8Array, signature: Uint8Array, times: number): Generator<Case> {
  yield ['as it stands', key, hash, signature];
  yield ['of high s', key, hash, concat(twin(signature), signature.slice(64))];
  yield ['with a byte more', key, hash, concat(signature, new Uint8Array([1]))];
  yield ['of no bytes', key, hash, new Uint8Array()];
  yield ['of zeros', key, hash, new Uint8Array(signature.length)];
  yield ['with a key of zeros', new Uint8Array(64), hash, signature];
  yield ['with a longer key', concat(key, new Uint8Array(1)), hash, signature];
  for (let i = 0; i < times; i++) {
    yield ['cut', key, hash, signature.slice(0, below(signature.length))];
    yield ['with a bit turned', key, hash, flip(signature)];
    yield [
      'with a bit of its numbers turned',
      key,
      hash,
      flip(signature, below(Math.min(signature.length, 192) * 8)),
    ];
    yield ['of another hash', key, flip(hash), signature];
    yield ['of another key', flip(key), hash, signature];
  }
}

/** Where an offset, an index or a length says something else. */
function* pointed(bytes: Uint8Array, times: number): Generator<Uint8Array> {
  const values = [
    0n,
    1n,
    31n,
    32n,
    192n,
    224n,
    BigInt(bytes.length - 32),
    BigInt(bytes.length),
    2n ** 64n,
    2n ** 255n,
  ];
  const words = [2, 3, 4, 5, 6, 9];
  for (const at of words)
    for (const value of values)
      yield concat(bytes.slice(0, at * 32), uint256(value), bytes.slice(at * 32 + 32));
  for (let i = 0; i < times; i++) {
    const at = words[below(words.length)]! * 32;
    yield concat(bytes.slice(0, at), uint256(below(bytes.length + 40)), bytes.slice(at + 32));
  }
}

describe.each(['osaka', 'prague'])('on a chain of %s', (hardfork) => {
  let anvil: Anvil;
  let contracts: Awaited<ReturnType<typeof deployVerifiers>>;
  let key: Passkey;

  beforeAll(async () => {
    anvil = await start(hardfork);
    contracts = await deployVerifiers(anvil);
    key = await passkey();
  });
  afterAll(() => anvil?.close());

  test('a raw P-256 signature is taken here exactly where the contract takes it', async () => {
    const secret = P256.secretKeyFrom(random);
    const publicKey = P256.publicKeyOf(secret);
    let taken = 0;
    for (let round = 0; round < 4; round++) {
      const hash = round === 0 ? new Uint8Array(32).fill(255) : random(32);
      for (const [how, k, h, s] of spoilt(publicKey, hash, P256.sign(hash, secret), 6)) {
        const here = P256.verify(h, s.slice(0, 64), k);
        expect([how, here]).toEqual([how, await contracts.p256(k, h, s)]);
        if (here) taken++;
      }
    }
    expect(taken).toBeGreaterThan(0);
  });

  test('a passkey’s signature is taken here exactly where the contract takes it', async () => {
    let taken = 0;
    const compare = async (how: string, k: Uint8Array, h: Uint8Array, s: Uint8Array) => {
      const here = WebAuthn.verify(h, s, k);
      expect([how, here]).toEqual([how, await contracts.webAuthn(k, h, s)]);
      if (here) taken++;
    };
    for (let flags = 0; flags < 32; flags++) {
      const hash = random(32);
      const signature = WebAuthn.encode(await key.assert(hash, { flags }), hash)!;
      await compare(`flags ${flags}`, key.publicKey, hash, signature);
    }
    const hash = sha256(random(9));
    const signature = WebAuthn.encode(await key.assert(hash), hash)!;
    for (const [how, k, h, s] of spoilt(key.publicKey, hash, signature, 40)) await compare(how, k, h, s);
    for (const other of pointed(signature, 60))
      await compare('pointed elsewhere', key.publicKey, hash, other);
    expect(taken).toBeGreaterThan(0);
  });
});
