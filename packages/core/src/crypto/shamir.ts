// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches shamir-secret-sharing (audited by Cure53 and Zellic): it puts shares together.
// Dealing is ours because it must be repeatable: whoever learns the secret re-derives the same shares
// and so can tell a dealer's fault from a holder's (see Shares.ts). Shamir, CACM 22(11), 1979, over GF(2^8).
import { combine as combineShares } from 'shamir-secret-sharing';
import { hkdf } from './hash.js';

/**
 * Deals `secret` into shares for the x coordinates 1…n, any `threshold` of which give it back.
 * The coefficients are HKDF output of `seed`; a seed must never deal two secrets.
 * A share is the y bytes followed by its x coordinate.
 */
export function deal(secret: Uint8Array, seed: Uint8Array, threshold: number, n: number): Uint8Array[] {
  if (!(threshold >= 2 && threshold <= n && n <= 32)) throw new RangeError('need 2 <= threshold <= n <= 32');
  const coefficients = hkdf(
    seed,
    new Uint8Array(),
    new TextEncoder().encode('islet/shamir/v1'),
    secret.length * (threshold - 1),
  );
  return Array.from({ length: n }, (_, i) => {
    const x = i + 1;
    const share = new Uint8Array(secret.length + 1);
    for (let at = 0; at < secret.length; at++) {
      let y = 0;
      for (let k = threshold - 2; k >= 0; k--) y = multiply(y ^ coefficients[k * secret.length + at]!, x);
      share[at] = y ^ secret[at]!;
    }
    share[secret.length] = x;
    return share;
  });
}

/** The secret of `threshold` or more true shares. Wrong or too few shares give some other value, never an error. */
export const combine = (shares: Uint8Array[]): Promise<Uint8Array> => combineShares(shares);

// Carry-less multiplication modulo x^8 + x^4 + x^3 + x + 1, without tables or branches on secrets.
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) {
    product ^= -(b & 1) & a;
    a = ((a << 1) ^ (-(a >> 7) & 0x11b)) & 0xff;
    b >>= 1;
  }
  return product;
}
