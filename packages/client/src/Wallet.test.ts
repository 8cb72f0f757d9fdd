// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Xwing from '@islet/core/crypto/xwing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Wallet from './Wallet.js';
import { random } from './writer.testkit.js';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a wallet', () => {
  test('is the same after it was written and read', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const wallet = fc.record({
      name: fc.string({ unit: 'grapheme' }),
      account: key,
      signerKey: key,
      encryptionSeed: key,
      rootSeed: key,
      generation: fc.nat(255),
    });
    const former = fc.array(key, { maxLength: 3 });
    fc.assert(
      fc.property(wallet, former, (w, formerEncryptionSeeds) => {
        expect(Wallet.parse(Wallet.format(w))).toEqual(w);
        const more = { ...w, formerEncryptionSeeds };
        expect(Wallet.parse(Wallet.format(more))).toEqual(more);
      }),
    );
  });

  test('has keys that no other has, each for one thing', () => {
    const [a, b] = [Wallet.create('a', random), Wallet.create('a', random)];
    const keys = [a, b].flatMap((w) => [w.account, w.signerKey, w.encryptionSeed, w.rootSeed].map(toHex));
    expect(new Set(keys).size).toBe(8);
  });

  test('opens what is sealed to its public key', () => {
    const wallet = Wallet.create('a', random);
    const sealed = Xwing.seal(Wallet.encryptionKey(wallet), bytes('context'), bytes('word'), random);
    expect(Xwing.open(wallet.encryptionSeed, bytes('context'), sealed)).toEqual(bytes('word'));
  });

  test('that was cut anywhere is refused, and no key told', () => {
    const wallet = Wallet.create('a', random);
    const whole = Wallet.format(wallet);
    for (let length = 0; length < whole.length - 1; length++) {
      const parsing = () => Wallet.parse(whole.slice(0, length));
      expect(parsing, `${length} bytes`).toThrow(Wallet.BadWalletError);
    }
    expect(new Wallet.BadWalletError().message).not.toContain(toHex(wallet.rootSeed).slice(0, 8));
  });

  test.each([
    ['of another version', { version: 2 }],
    ['with a short key', { rootSeed: 'ab' }],
    ['with a short key of before', { formerEncryptionSeeds: ['ab'] }],
    ['with one of before that is no list', { formerEncryptionSeeds: 'ab' }],
    ['without a key', { signerKey: undefined }],
    ['with a key that is not hexadecimal', { account: 'z'.repeat(64) }],
    ['with a generation that is no number', { generation: '0' }],
  ])('%s is refused', (_, change) => {
    const kept = JSON.parse(text(Wallet.format(Wallet.create('a', random))));
    expect(() => Wallet.parse(bytes(JSON.stringify({ ...kept, ...change })))).toThrow(Wallet.BadWalletError);
  });
});
