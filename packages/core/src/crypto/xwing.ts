// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches @noble/post-quantum. X-Wing (draft-connolly-cfrg-xwing-kem): X25519 and
// ML-KEM-768 together, so that recorded ciphertext stays closed if either one falls. Not audited; see SECURITY.md.
import { ml_kem768_x25519 } from '@noble/post-quantum/hybrid.js';
import { decrypt, encrypt } from './aead.js';
import { concat } from './bytes.js';
import { hkdf } from './hash.js';

export const sizes = { seed: 32, publicKey: 1216, ciphertext: 1120 } as const;

/** The public key, 1216 bytes, of a 32-byte seed. The seed is the secret key. */
export const publicKeyOf = (seed: Uint8Array): Uint8Array => ml_kem768_x25519.keygen(seed).publicKey;

/** A fresh shared secret for a public key, and the 1120 bytes that carry it. */
export function encapsulate(publicKey: Uint8Array, random: (length: number) => Uint8Array) {
  const { cipherText, sharedSecret } = ml_kem768_x25519.encapsulate(publicKey, random(64));
  return { ciphertext: cipherText, sharedSecret };
}

/**
 * The shared secret. A wrong ciphertext gives another secret (implicit rejection), never an error that tells why;
 * `undefined` where no sender can have made it: another length, or an X25519 point of small order.
 */
export function decapsulate(ciphertext: Uint8Array, seed: Uint8Array): Uint8Array | undefined {
  try {
    return ml_kem768_x25519.decapsulate(ciphertext, seed);
  } catch {
    return undefined;
  }
}

/** Seals bytes to a public key: ciphertext ‖ XChaCha20-Poly1305 of the plaintext under a key bound to `context`. */
export function seal(
  publicKey: Uint8Array,
  context: Uint8Array,
  plaintext: Uint8Array,
  random: (length: number) => Uint8Array,
): Uint8Array {
  const { ciphertext, sharedSecret } = encapsulate(publicKey, random);
  const keys = hkdf(sharedSecret, ciphertext, context, 56);
  return concat(ciphertext, encrypt(keys.slice(0, 32), keys.slice(32), context, plaintext));
}

/** Opens what `seal` made, or `undefined` for any other key, context or bytes. */
export function open(seed: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  const ciphertext = sealed.slice(0, sizes.ciphertext);
  const sharedSecret = decapsulate(ciphertext, seed);
  if (!sharedSecret) return undefined;
  const keys = hkdf(sharedSecret, ciphertext, context, 56);
  return decrypt(keys.slice(0, 32), keys.slice(32), context, sealed.slice(sizes.ciphertext));
}
