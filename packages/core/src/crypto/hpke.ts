// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches @hpke/core. HPKE base mode (RFC 9180), DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { plain } from './bytes.js';

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

export type Sealed = { /** 32 bytes */ encapsulated: Uint8Array; ciphertext: Uint8Array };

/** The public key, 32 bytes, of a secret seed (RFC 9180 DeriveKeyPair). */
export async function publicKeyOf(seed: Uint8Array): Promise<Uint8Array> {
  const pair = await suite.kem.deriveKeyPair(plain(seed).buffer);
  return new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey));
}

/**
 * Seals bytes to a public key. `ephemeralSeed` fixes the sender's ephemeral key: the same inputs give the
 * same bytes, so that whoever learns the secret can re-derive a dealing. A seed must never serve two plaintexts.
 */
export async function seal(
  publicKey: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  ephemeralSeed: Uint8Array,
): Promise<Sealed> {
  const sender = await suite.createSenderContext({
    recipientPublicKey: await suite.kem.deserializePublicKey(plain(publicKey).buffer),
    info: plain(info).buffer,
    ekm: plain(ephemeralSeed).buffer,
  });
  const ciphertext = await sender.seal(plain(plaintext).buffer, plain(aad).buffer);
  return { encapsulated: new Uint8Array(sender.enc), ciphertext: new Uint8Array(ciphertext) };
}

/** The plaintext, or `undefined` for any other key, info, associated data or bytes. */
export async function open(
  seed: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  sealed: Sealed,
): Promise<Uint8Array | undefined> {
  try {
    const recipient = await suite.createRecipientContext({
      recipientKey: await suite.kem.deriveKeyPair(plain(seed).buffer),
      enc: plain(sealed.encapsulated).buffer,
      info: plain(info).buffer,
    });
    return new Uint8Array(await recipient.open(plain(sealed.ciphertext).buffer, plain(aad).buffer));
  } catch {
    return undefined;
  }
}
