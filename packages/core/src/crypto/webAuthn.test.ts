// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { bytesOf, drawn, flipped } from '../core.testkit.js';
import * as Message from '../Message.js';
import { derOf, isLow, lowOf, type Passkey, passkey, twin } from '../passkey.testkit.js';
import { concat, equal, uint256 } from './bytes.js';
import { sha256 } from './hash.js';
import * as P256 from './p256.js';
import * as WebAuthn from './webAuthn.js';

const random = drawn('webauthn');
let key: Passkey;
beforeAll(async () => {
  key = await passkey();
});

describe('P-256', () => {
  test('verifies what Web Crypto signed, with a low s only', async () => {
    let highs = 0;
    for (let i = 0; i < 24; i++) {
      const bytes = random(40);
      const signature = await key.sign(bytes);
      if (!isLow(signature)) highs++;
      expect(P256.verify(sha256(bytes), lowOf(signature), key.publicKey)).toBe(true);
      expect(P256.verify(sha256(bytes), twin(lowOf(signature)), key.publicKey)).toBe(false);
      expect(equal(P256.fromDer(derOf(signature))!, lowOf(signature))).toBe(true);
    }
    expect(highs).toBeGreaterThan(0);
  });

  test('signs what verifies, and nothing with a bit turned does', () => {
    const secret = P256.secretKeyFrom(random);
    const publicKey = P256.publicKeyOf(secret);
    fc.assert(
      fc.property(bytesOf(32), fc.nat(511), (digest, bit) => {
        const signature = P256.sign(digest, secret);
        expect([signature.length, publicKey.length]).toEqual([64, 64]);
        expect(P256.verify(digest, signature, publicKey)).toBe(true);
        expect(P256.verify(digest, flipped(signature, bit), publicKey)).toBe(false);
        expect(P256.verify(flipped(digest, bit % 256), signature, publicKey)).toBe(false);
        expect(P256.verify(digest, signature, flipped(publicKey, bit))).toBe(false);
      }),
      { numRuns: 15 },
    );
  });

  test('refuses bytes that are no signature, no point and no DER', () => {
    const secret = P256.secretKeyFrom(random);
    const digest = random(32);
    const signature = P256.sign(digest, secret);
    for (const length of [0, 63, 65]) {
      expect(P256.verify(digest, new Uint8Array(length), P256.publicKeyOf(secret))).toBe(false);
      expect(P256.verify(digest, signature, new Uint8Array(length))).toBe(false);
    }
    expect(P256.verify(digest, new Uint8Array(64), P256.publicKeyOf(secret))).toBe(false);
    expect(P256.verify(digest, signature, new Uint8Array(64))).toBe(false);
    expect(P256.fromDer(new Uint8Array(70))).toBeUndefined();
  });

  test('never draws a key of zero or beyond the order', () => {
    const draws = [new Uint8Array(32), new Uint8Array(32).fill(255), uint256(7)];
    expect(P256.secretKeyFrom(() => draws.shift()!)).toEqual(uint256(7));
  });
});

describe('a passkey', () => {
  const digest = random(32);
  const signed = async (how?: Parameters<Passkey['assert']>[1]) =>
    WebAuthn.encode(await key.assert(digest, how), digest);
  const verify = (bytes: Uint8Array) => WebAuthn.verify(digest, bytes, key.publicKey);

  test('signs a digest that verifies as it stands, and for no other digest or key', async () => {
    const bytes = (await signed())!;
    expect(verify(bytes)).toBe(true);
    expect(WebAuthn.verify(flipped(digest, 5), bytes, key.publicKey)).toBe(false);
    expect(WebAuthn.verify(digest, bytes, (await passkey()).publicKey)).toBe(false);
  });

  test('must have been present and verified, and say the truth of its backup', async () => {
    for (let flags = 0; flags < 256; flags++) {
      const good = (flags & 0x05) === 0x05 && ((flags & 0x10) === 0 || (flags & 0x08) !== 0);
      // One in eight, and all that matter.
      if (flags % 8 && flags > 0x1f) continue;
      expect([flags, verify((await signed({ flags }))!)]).toEqual([flags, good]);
    }
  });

  test('signs in to sites and makes keys elsewhere: neither is a signature here', async () => {
    expect(await signed({ type: 'webauthn.create' })).toBeUndefined();
    const made = await key.assert(digest, { type: 'webauthn.create' });
    const other = await key.assert(random(32));
    expect(WebAuthn.encode(other, digest)).toBeUndefined();
    expect(WebAuthn.encode({ ...made, signature: new Uint8Array(4) }, digest)).toBeUndefined();
  });

  test('whose words "webauthn.get" stand in another place than named is refused', async () => {
    const bytes = (await signed())!;
    for (const at of [64, 96])
      for (const n of [0n, 2n, 500n, 2n ** 256n - 1n]) {
        const other = concat(bytes.slice(0, at), uint256(n), bytes.slice(at + 32));
        expect(verify(other)).toBe(false);
      }
  });

  test('cut anywhere or with any bit turned in what counts verifies nothing', async () => {
    const assertion = await key.assert(digest);
    const bytes = WebAuthn.encode(assertion, digest)!;
    // Padding counts for nothing, here as in the contract.
    const data = 7 * 32 + assertion.authenticatorData.length;
    const text = 10 * 32 + assertion.clientDataJSON.length;
    const isPadding = (at: number) => (at >= data && at < 9 * 32) || at >= text;
    expect(bytes.length - text).toBeLessThan(32);
    for (let bit = 0; bit < bytes.length * 8; bit += 7)
      expect([bit, verify(flipped(bytes, bit))]).toEqual([bit, isPadding(bit >> 3)]);
    for (let length = 0; length < bytes.length; length += 3)
      expect([length, verify(bytes.slice(0, length))]).toEqual([length, length >= text]);
  });
});

describe('a message of a P-256 signer', () => {
  const verifiers = { p256: random(20), webAuthn: random(20) };
  const message: Message.Revoke = {
    chain: 1n,
    target: random(20),
    grantId: random(32),
    patient: random(32),
    deadline: 9,
  };
  const digest = Message.digestOf(Message.revoke, message);
  const verify = (signed: Message.Signed<Message.Revoke>, known?: Message.Verifiers) =>
    Message.verify(Message.revoke, signed, known);

  test('holds through the verifier that the deployment names, and no other', () => {
    const secret = P256.secretKeyFrom(random);
    const signed = Message.signP256(Message.revoke, message, secret, verifiers.p256);
    expect(verify(signed, verifiers)).toBe(true);
    expect(verify(signed)).toBe(false);
    expect(verify(signed, { ...verifiers, p256: random(20) })).toBe(false);
    expect(verify(signed, { p256: verifiers.webAuthn, webAuthn: verifiers.p256 })).toBe(false);
    expect(verify({ ...signed, message: { ...message, deadline: 8 } }, verifiers)).toBe(false);
    expect(verify({ ...signed, signer: signed.signer.slice(0, 83) }, verifiers)).toBe(false);
  });

  test('holds by a passkey, whose key is not a raw key', async () => {
    const signature = WebAuthn.encode(await key.assert(digest), digest)!;
    const signer = concat(verifiers.webAuthn, key.publicKey);
    expect(verify({ message, signer, signature }, verifiers)).toBe(true);
    expect(verify({ message, signer, signature })).toBe(false);
    expect(verify({ message, signer: concat(verifiers.p256, key.publicKey), signature }, verifiers)).toBe(
      false,
    );
  });
});
