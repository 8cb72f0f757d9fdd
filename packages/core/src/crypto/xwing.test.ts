// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, drawn, flipped, spoilt } from '../core.testkit.js';
import { concat, fromHex, toHex, utf8 } from './bytes.js';
import * as Xwing from './xwing.js';

const random = drawn('xwing');
const seed = random(32);
const publicKey = Xwing.publicKeyOf(seed);

describe('X-Wing', () => {
  test('gives what the draft publishes (draft-connolly-cfrg-xwing-kem, appendix C)', () => {
    const sk = fromHex('7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26');
    const eseed = fromHex(
      '3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2',
    );
    const pk = Xwing.publicKeyOf(sk);
    expect(toHex(pk.slice(0, 16))).toBe('e2236b35a8c24b39b10aa1323a96a919');
    const { ciphertext, sharedSecret } = Xwing.encapsulate(pk, () => eseed);
    expect(toHex(sharedSecret)).toBe('d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384');
    expect(toHex(Xwing.decapsulate(ciphertext, sk)!)).toBe(toHex(sharedSecret));
  });

  test('has the sizes it says', () => {
    const { ciphertext, sharedSecret } = Xwing.encapsulate(publicKey, random);
    expect(publicKey.length).toBe(Xwing.sizes.publicKey);
    expect(ciphertext.length).toBe(Xwing.sizes.ciphertext);
    expect(sharedSecret.length).toBe(32);
  });

  test('gives another secret, not an error, for a ciphertext with a bit turned or another seed', () => {
    const { ciphertext, sharedSecret } = Xwing.encapsulate(publicKey, random);
    for (let bit = 0; bit < ciphertext.length * 8; bit += 149)
      expect(toHex(Xwing.decapsulate(flipped(ciphertext, bit), seed)!)).not.toBe(toHex(sharedSecret));
    expect(toHex(Xwing.decapsulate(ciphertext, random(32))!)).not.toBe(toHex(sharedSecret));
  });

  test('gives nothing, and throws nothing, for what no sender can have made', () => {
    const { ciphertext } = Xwing.encapsulate(publicKey, random);
    // u = 0, 1, and p - 1: X25519 points of small order, whose shared secret is zero.
    for (const u of ['00'.repeat(32), `01${'00'.repeat(31)}`, `ec${'ff'.repeat(30)}7f`]) {
      const small = concat(ciphertext.slice(0, 1088), fromHex(u));
      expect(Xwing.decapsulate(small, seed)).toBeUndefined();
      expect(Xwing.open(seed, new Uint8Array(), concat(small, new Uint8Array(40)))).toBeUndefined();
    }
    for (const length of [0, 1, 32, 1088, 1119, 1121])
      expect(Xwing.decapsulate(new Uint8Array(length).fill(7), seed)).toBeUndefined();
  });
});

describe('a box sealed with X-Wing', () => {
  const context = utf8('context');

  test('opens to its plaintext', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 40 }), (plaintext, about) => {
        const sealed = Xwing.seal(publicKey, about, plaintext, random);
        expect(sealed.length).toBe(Xwing.sizes.ciphertext + plaintext.length + 16);
        expect(toHex(Xwing.open(seed, about, sealed)!)).toBe(toHex(plaintext));
      }),
      { numRuns: 25 },
    );
  });

  test('stays closed to another key, for another context, and when spoilt anywhere', () => {
    const sealed = Xwing.seal(publicKey, context, utf8('twelve nodes'), random);
    expect(Xwing.open(random(32), context, sealed)).toBeUndefined();
    expect(Xwing.open(seed, utf8('contexts'), sealed)).toBeUndefined();
    expect(Xwing.open(seed, new Uint8Array(), sealed)).toBeUndefined();
    for (const bytes of spoilt(sealed, 97)) expect(Xwing.open(seed, context, bytes)).toBeUndefined();
    for (let bit = Xwing.sizes.ciphertext * 8; bit < sealed.length * 8; bit += 5)
      expect(Xwing.open(seed, context, flipped(sealed, bit))).toBeUndefined();
  });

  test('shows nothing of two equal plaintexts', () => {
    const boxes = [1, 2].map(() => toHex(Xwing.seal(publicKey, context, new Uint8Array(64), random)));
    expect(new Set(boxes).size).toBe(2);
  });

  test('of a key of a wrong length is refused before anything is sealed', () => {
    fc.assert(
      fc.property(bytesOf(1215), (key) => {
        expect(() => Xwing.seal(key, context, key, random)).toThrow();
      }),
      { numRuns: 5 },
    );
  });
});
