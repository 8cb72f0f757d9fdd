// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, drawn, flipped } from '../core.testkit.js';
import { fromHex, toHex, utf8 } from './bytes.js';
import * as Hpke from './hpke.js';

const random = drawn('hpke');
const seed = random(32);
const [info, aad, plaintext] = [utf8('info'), utf8('about'), utf8('a share of thirty-three bytes, or so')];

describe('HPKE', () => {
  // DeriveKeyPair depends on the KEM alone, so the vectors of RFC 9180 A.1 (another AEAD) hold for it.
  test('derives the key pairs of RFC 9180, A.1.1, and encapsulates with the ephemeral one', async () => {
    const ikmE = fromHex('7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234');
    const ikmR = fromHex('6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037');
    const pkE = '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431';
    const pkR = '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d';
    expect(toHex(await Hpke.publicKeyOf(ikmE))).toBe(pkE);
    expect(toHex(await Hpke.publicKeyOf(ikmR))).toBe(pkR);
    const sealed = await Hpke.seal(fromHex(pkR), info, aad, plaintext, ikmE);
    expect(toHex(sealed.encapsulated)).toBe(pkE);
    expect(toHex((await Hpke.open(ikmR, info, aad, sealed))!)).toBe(toHex(plaintext));
  });

  test('opens to the plaintext, and is the same again from the same ephemeral seed', async () => {
    await fc.assert(
      fc.asyncProperty(
        bytesOf(32),
        bytesOf(32),
        fc.uint8Array({ maxLength: 100 }),
        fc.uint8Array({ maxLength: 50 }),
        async (secret, ephemeral, content, about) => {
          const key = await Hpke.publicKeyOf(secret);
          const sealed = await Hpke.seal(key, info, about, content, ephemeral);
          const again = await Hpke.seal(key, info, about, content, ephemeral);
          expect([sealed.encapsulated, sealed.ciphertext].map(toHex)).toEqual(
            [again.encapsulated, again.ciphertext].map(toHex),
          );
          expect([sealed.encapsulated.length, sealed.ciphertext.length]).toEqual([32, content.length + 16]);
          expect(toHex((await Hpke.open(secret, info, about, sealed))!)).toBe(toHex(content));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('stays closed to another key, info or associated data, and when a bit is turned or bytes are cut', async () => {
    const { encapsulated, ciphertext } = await Hpke.seal(
      await Hpke.publicKeyOf(seed),
      info,
      aad,
      plaintext,
      random(32),
    );
    const opens = async (s: Uint8Array, i: Uint8Array, a: Uint8Array, e: Uint8Array, c: Uint8Array) =>
      (await Hpke.open(s, i, a, { encapsulated: e, ciphertext: c })) !== undefined;
    expect(await opens(seed, info, aad, encapsulated, ciphertext)).toBe(true);
    expect(await opens(random(32), info, aad, encapsulated, ciphertext)).toBe(false);
    expect(await opens(seed, utf8('inf'), aad, encapsulated, ciphertext)).toBe(false);
    expect(await opens(seed, info, utf8('abou'), encapsulated, ciphertext)).toBe(false);
    for (let bit = 0; bit < ciphertext.length * 8; bit += 7)
      expect(await opens(seed, info, aad, encapsulated, flipped(ciphertext, bit))).toBe(false);
    for (let bit = 0; bit < 255; bit += 7)
      expect(await opens(seed, info, aad, flipped(encapsulated, bit), ciphertext)).toBe(false);
    for (const length of [0, 15, ciphertext.length - 1])
      expect(await opens(seed, info, aad, encapsulated, ciphertext.slice(0, length))).toBe(false);
    for (const other of [new Uint8Array(32), new Uint8Array(31), new Uint8Array(33), new Uint8Array()])
      expect(await opens(seed, info, aad, other, ciphertext)).toBe(false);
  });

  test('seals to no key of small order', async () => {
    for (const u of ['00'.repeat(32), `01${'00'.repeat(31)}`])
      await expect(Hpke.seal(fromHex(u), info, aad, plaintext, random(32))).rejects.toThrow();
  });
});
