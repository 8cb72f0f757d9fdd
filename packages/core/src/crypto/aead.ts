// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches @noble/ciphers.
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

/** XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha). `key` 32 bytes, `nonce` 24; adds a 16-byte tag. */
export const encrypt = (
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array => xchacha20poly1305(key, nonce, aad).encrypt(plaintext);

/** The plaintext, or `undefined` where key, nonce, associated data or ciphertext are not the ones sealed. */
export function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  if (ciphertext.length < 16) return undefined;
  try {
    return xchacha20poly1305(key, nonce, aad).decrypt(ciphertext);
  } catch {
    return undefined;
  }
}
