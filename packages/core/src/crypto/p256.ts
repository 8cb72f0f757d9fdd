// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches @noble/curves' P-256 (FIPS 186-5): what passkeys and secure elements sign with.
import { p256 } from '@noble/curves/nist.js';
import { concat, uint256 } from './bytes.js';

/** A fresh secret key: 32 bytes. */
export const secretKeyFrom = (random: (length: number) => Uint8Array): Uint8Array => {
  for (;;) {
    const key = random(32);
    if (p256.utils.isValidSecretKey(key)) return key;
  }
};

/** The public key of a secret key: x ‖ y, 64 bytes. */
export const publicKeyOf = (secretKey: Uint8Array): Uint8Array =>
  p256.getPublicKey(secretKey, false).slice(1);

/** Signs a 32-byte digest. Returns r ‖ s, 64 bytes, low s. */
export const sign = (digest: Uint8Array, secretKey: Uint8Array): Uint8Array =>
  new Uint8Array(p256.sign(digest, secretKey, { prehash: false, lowS: true }));

/**
 * Whether r ‖ s, 64 bytes, is that key's signature of a 32-byte digest. A high s is refused: each signature has a
 * twin that anyone can make. `publicKey` is x ‖ y, 64 bytes; what is no point of the curve verifies nothing.
 */
export function verify(digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (digest.length !== 32 || signature.length !== 64 || publicKey.length !== 64) return false;
  try {
    const point = concat(new Uint8Array([4]), publicKey);
    return p256.verify(signature, digest, point, { prehash: false, lowS: true });
  } catch {
    return false;
  }
}

/** r ‖ s with the low s of the two that verify, from the DER that WebAuthn gives; `undefined` where it is none. */
export function fromDer(der: Uint8Array): Uint8Array | undefined {
  try {
    const { r, s } = p256.Signature.fromBytes(der, 'der');
    const order = p256.Point.Fn.ORDER;
    return concat(uint256(r), uint256(s > order / 2n ? order - s : s));
  } catch {
    return undefined;
  }
}
