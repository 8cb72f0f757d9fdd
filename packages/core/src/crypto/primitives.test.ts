// Copyright the Islet authors. AGPL-3.0-or-later.
// Published vectors of the primitives, so that a library that changes its mind is noticed here first.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, drawn, flipped, spoilt } from '../core.testkit.js';
import * as Aead from './aead.js';
import { concat, equal, equalSecret, fromHex, to0x, toHex, uint64, uint256, utf8 } from './bytes.js';
import * as Ed25519 from './ed25519.js';
import { domainHash, hkdf, hmac, keccak256, sha256 } from './hash.js';
import * as Secp256k1 from './secp256k1.js';

const random = drawn('primitives');

describe('bytes', () => {
  test('survive the way through hexadecimal', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(equal(fromHex(toHex(bytes)), bytes)).toBe(true);
        expect(equal(fromHex(to0x(bytes)), bytes)).toBe(true);
        expect(equal(fromHex(toHex(bytes).toUpperCase()), bytes)).toBe(true);
      }),
    );
    for (const text of ['0', '0x0', 'zz', '0x0g', ' 00', '00\n', '0X00'])
      expect(() => fromHex(text)).toThrow(RangeError);
  });

  test('are equal where length and content are, and not otherwise, in either way of comparing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (bytes, n) => {
        for (const same of [equal, equalSecret]) {
          expect(same(bytes, new Uint8Array(bytes))).toBe(true);
          expect(same(bytes, flipped(bytes, n % (bytes.length * 8)))).toBe(false);
          expect(same(bytes, bytes.slice(1))).toBe(false);
          expect(same(bytes.slice(1), bytes)).toBe(false);
        }
      }),
    );
  });

  test('of integers are big-endian and of a fixed length', () => {
    expect(toHex(uint64(2 ** 53 - 1))).toBe('001fffffffffffff');
    expect(toHex(uint64(258))).toBe('0000000000000102');
    expect(toHex(uint256(2n ** 256n - 1n))).toBe('ff'.repeat(32));
    expect(toHex(uint256(258))).toBe(`${'00'.repeat(30)}0102`);
    for (const n of [-1, 0.5, 2 ** 53]) expect(() => uint64(n)).toThrow(RangeError);
    for (const n of [-1n, 2n ** 256n]) expect(() => uint256(n)).toThrow(RangeError);
  });
});

describe('hashes', () => {
  test('are those of FIPS 180-4, Keccak, RFC 4231 and RFC 5869', () => {
    expect(toHex(sha256(utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(toHex(keccak256(new Uint8Array()))).toBe(
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    );
    expect(toHex(hmac(utf8('Jefe'), utf8('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    const okm = hkdf(
      new Uint8Array(22).fill(0x0b),
      fromHex('000102030405060708090a0b0c'),
      fromHex('f0f1f2f3f4f5f6f7f8f9'),
      42,
    );
    expect(toHex(okm)).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });

  test('with a domain frame every part, so that no two inputs share a preimage', () => {
    const framed = fromHex('016400000002000100000000');
    expect(toHex(domainHash('d', fromHex('0001'), new Uint8Array()))).toBe(toHex(sha256(framed)));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(), (bytes, n) => {
        const at = n % bytes.length;
        const all = [
          domainHash('d', bytes),
          domainHash('d', bytes.slice(0, at), bytes.slice(at)),
          domainHash('d', bytes, new Uint8Array()),
          domainHash('d', new Uint8Array(), bytes),
          domainHash('e', bytes),
        ].map(toHex);
        // Cutting off nothing is the same as an empty first part, and only then may two agree.
        expect(new Set(all).size).toBe(at === 0 ? 4 : 5);
      }),
    );
  });
});

describe('XChaCha20-Poly1305', () => {
  const key = random(32);
  const nonce = random(24);

  test('gives what draft-irtf-cfrg-xchacha publishes, A.3.1', () => {
    const sealed = Aead.encrypt(
      Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i),
      Uint8Array.from({ length: 24 }, (_, i) => 0x40 + i),
      fromHex('50515253c0c1c2c3c4c5c6c7'),
      utf8(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
      ),
    );
    expect(toHex(sealed)).toBe(
      'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49',
    );
  });

  test('opens to its plaintext, and only with the key, nonce and associated data it was sealed with', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.nat(), (plaintext, aad, n) => {
        const sealed = Aead.encrypt(key, nonce, aad, plaintext);
        expect(toHex(Aead.decrypt(key, nonce, aad, sealed)!)).toBe(toHex(plaintext));
        expect(Aead.decrypt(flipped(key, n % 256), nonce, aad, sealed)).toBeUndefined();
        expect(Aead.decrypt(key, flipped(nonce, n % 192), aad, sealed)).toBeUndefined();
        expect(Aead.decrypt(key, nonce, concat(aad, new Uint8Array(1)), sealed)).toBeUndefined();
        const at = n % (sealed.length * 8);
        expect(Aead.decrypt(key, nonce, aad, flipped(sealed, at))).toBeUndefined();
      }),
    );
    const sealed = Aead.encrypt(key, nonce, utf8('about'), utf8('content'));
    for (const bytes of spoilt(sealed))
      expect(Aead.decrypt(key, nonce, utf8('about'), bytes)).toBeUndefined();
  });
});

describe('Ed25519', () => {
  test('gives what RFC 8032 publishes, 7.1', async () => {
    const published = [
      [
        '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ],
      [
        '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
      [
        'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
        'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
        'af82',
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
      ],
    ].map((v) => v.map(fromHex)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array][];
    for (const [seed, publicKey, message, signature] of published) {
      const key = await Ed25519.fromSeed(seed);
      expect(toHex(key.publicKey)).toBe(toHex(publicKey));
      expect(toHex(await key.sign(message))).toBe(toHex(signature));
      expect(await Ed25519.verify(signature, message, publicKey)).toBe(true);
    }
  });

  test('verifies no other message, key or signature', async () => {
    const key = await Ed25519.fromSeed(random(32));
    const message = random(50);
    const signature = await key.sign(message);
    for (let bit = 0; bit < 512; bit++)
      expect(await Ed25519.verify(flipped(signature, bit), message, key.publicKey)).toBe(false);
    for (let bit = 0; bit < 400; bit += 13)
      expect(await Ed25519.verify(signature, flipped(message, bit), key.publicKey)).toBe(false);
    for (let bit = 0; bit < 256; bit += 13)
      expect(await Ed25519.verify(signature, message, flipped(key.publicKey, bit))).toBe(false);
    for (const length of [0, 63, 65])
      expect(await Ed25519.verify(new Uint8Array(length), message, key.publicKey)).toBe(false);
    for (const length of [0, 31, 33])
      expect(await Ed25519.verify(signature, message, new Uint8Array(length))).toBe(false);
    for (const length of [0, 31, 33, 64])
      await expect(Ed25519.fromSeed(new Uint8Array(length))).rejects.toThrow(RangeError);
  });

  test('takes no second signature made by adding the group order to S (RFC 8032, 5.1.7)', async () => {
    const key = await Ed25519.fromSeed(random(32));
    const message = random(9);
    const signature = await key.sign(message);
    const little = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.toReversed())}`);
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = uint256(little(signature.slice(32)) + order).toReversed();
    const other = concat(signature.slice(0, 32), s);
    expect(await Ed25519.verify(other, message, key.publicKey)).toBe(false);
  });

  test('keeps verifying when many keys have been seen, bad ones among them', async () => {
    const key = await Ed25519.fromSeed(random(32));
    const message = random(9);
    const signature = await key.sign(message);
    for (let i = 0; i < 1100; i++) await Ed25519.verify(signature, message, random(32));
    expect(await Ed25519.verify(signature, message, key.publicKey)).toBe(true);
  });
});

describe('secp256k1', () => {
  const key = Secp256k1.secretKeyFrom(random);
  const address = Secp256k1.addressOf(key);
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

  test('has the address that everybody knows for the key 1', () => {
    expect(toHex(Secp256k1.addressOf(uint256(1)))).toBe('7e5f4552091a69125d5dfcb7b8c2659029395bdf');
  });

  test('recovers who signed, and from any other digest or signature somebody else or nobody', () => {
    fc.assert(
      fc.property(bytesOf(32), fc.nat(255), fc.nat(511), (digest, bit, at) => {
        const signature = Secp256k1.sign(digest, key);
        expect(toHex(Secp256k1.recover(digest, signature)!)).toBe(toHex(address));
        const others = [
          Secp256k1.recover(flipped(digest, bit), signature),
          Secp256k1.recover(digest, flipped(signature, at)),
          Secp256k1.recover(digest, concat(signature.slice(0, 64), new Uint8Array([55 - signature[64]!]))),
        ];
        for (const other of others) expect(other && toHex(other)).not.toBe(toHex(address));
      }),
      { numRuns: 30 },
    );
  });

  test('takes one signature of a pair: high s, zero, too large, another v and another length are refused', () => {
    const digest = random(32);
    const signature = Secp256k1.sign(digest, key);
    const r = signature.slice(0, 32);
    const s = BigInt(to0x(signature.slice(32, 64)));
    expect(s <= order / 2n).toBe(true);
    const twin = concat(r, uint256(order - s), new Uint8Array([55 - signature[64]!]));
    expect(Secp256k1.recover(digest, twin)).toBeUndefined();
    for (const wrong of [0n, order, order + 1n, 2n ** 256n - 1n])
      for (const [a, b] of [
        [r, uint256(wrong)],
        [uint256(wrong), uint256(s)],
      ] as const)
        expect(Secp256k1.recover(digest, concat(a, b, new Uint8Array([27])))).toBeUndefined();
    for (const v of [0, 1, 2, 26, 29, 30, 35, 255])
      expect(Secp256k1.recover(digest, concat(signature.slice(0, 64), new Uint8Array([v])))).toBeUndefined();
    for (const length of [0, 64, 66])
      expect(Secp256k1.recover(digest, new Uint8Array(length).fill(27))).toBeUndefined();
  });

  test('draws again until the secret key is one', () => {
    const draws = [new Uint8Array(32), uint256(order), uint256(order - 1n)];
    expect(toHex(Secp256k1.secretKeyFrom(() => draws.shift()!))).toBe(toHex(uint256(order - 1n)));
  });
});
