// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches @noble/curves' secp256k1.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { concat } from './bytes.js';
import { keccak256 } from './hash.js';

/** A fresh secret key: 32 bytes. */
export const secretKeyFrom = (random: (length: number) => Uint8Array): Uint8Array => {
  for (;;) {
    const key = random(32);
    if (secp256k1.utils.isValidSecretKey(key)) return key;
  }
};

/** The 20-byte Ethereum address of a secret key. */
export const addressOf = (secretKey: Uint8Array): Uint8Array =>
  addressOfPublic(secp256k1.getPublicKey(secretKey, false));

const addressOfPublic = (uncompressed: Uint8Array): Uint8Array => keccak256(uncompressed.slice(1)).slice(12);

/** Signs a 32-byte digest. Returns r ‖ s ‖ v, 65 bytes, low s, v of 27 or 28, as Solidity's `ecrecover` takes it. */
export function sign(digest: Uint8Array, secretKey: Uint8Array): Uint8Array {
  const recovered = secp256k1.sign(digest, secretKey, { prehash: false, format: 'recovered' });
  return concat(recovered.slice(1), new Uint8Array([27 + recovered[0]!]));
}

/** The address that signed a digest, or `undefined` where the signature is malformed or has a high s. */
export function recover(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  const v = signature[64];
  if (signature.length !== 65 || (v !== 27 && v !== 28)) return undefined;
  try {
    const parsed = secp256k1.Signature.fromBytes(
      concat(new Uint8Array([v - 27]), signature.slice(0, 64)),
      'recovered',
    );
    if (parsed.hasHighS()) return undefined;
    return addressOfPublic(parsed.recoverPublicKey(digest).toBytes(false));
  } catch {
    return undefined;
  }
}
