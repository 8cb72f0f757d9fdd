// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { combine as combineElsewhere } from 'shamir-secret-sharing';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../core.testkit.js';
import { equal, toHex } from './bytes.js';
import { combine, deal } from './shamir.js';

/** Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, by long division of polynomials. */
function times(a: number, b: number): number {
  let product = 0;
  for (let i = 0; i < 8; i++) if ((b >> i) & 1) product ^= a << i;
  for (let i = 15; i >= 8; i--) if ((product >> i) & 1) product ^= 0x11b << (i - 8);
  return product;
}
const inverse = (a: number): number => {
  for (let b = 1; b < 256; b++) if (times(a, b) === 1) return b;
  throw new Error('zero has none');
};

/** Lagrange at zero, from the definition: another implementation of combining than the library's. */
function interpolate(shares: Uint8Array[]): Uint8Array {
  const length = shares[0]!.length - 1;
  const xs = shares.map((s) => s[length]!);
  return Uint8Array.from({ length }, (_, at) =>
    shares.reduce((sum, share, i) => {
      const weight = xs.reduce((w, x, j) => (j === i ? w : times(w, times(x, inverse(x ^ xs[i]!)))), 1);
      return sum ^ times(weight, share[at]!);
    }, 0),
  );
}

const anyDealing = fc
  .tuple(bytesOf(32), bytesOf(32), fc.integer({ min: 2, max: 8 }), fc.nat(4), fc.infiniteStream(fc.nat()))
  .map(([secret, seed, threshold, more, stream]) => {
    const shares = deal(secret, seed, threshold, threshold + more);
    const order = shares.map((s) => [stream.next().value as number, s] as const).sort(([a], [b]) => a - b);
    return { secret, seed, threshold, shares, mixed: order.map(([, s]) => s) };
  });

describe('dealing a secret', () => {
  test('any threshold of the shares combine to it, here, by definition and in the library', async () => {
    await fc.assert(
      fc.asyncProperty(anyDealing, async ({ secret, threshold, mixed }) => {
        for (const some of [mixed.slice(0, threshold), mixed]) {
          expect(equal(await combine(some), secret)).toBe(true);
          expect(equal(await combineElsewhere(some), secret)).toBe(true);
          expect(equal(interpolate(some), secret)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('fewer than the threshold combine to something else', async () => {
    await fc.assert(
      fc.asyncProperty(anyDealing, async ({ secret, threshold, mixed }) => {
        if (threshold > 2) expect(equal(await combine(mixed.slice(1, threshold)), secret)).toBe(false);
        expect(equal(mixed[0]!.slice(0, 32), secret)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  // That fewer tell nothing: whatever the secret were, there is one polynomial that gives these shares.
  test('fewer than the threshold fit every secret equally well', () => {
    const [share] = deal(new Uint8Array([200]), new Uint8Array(32), 2, 2);
    const x = share![1]!;
    const secrets = new Set<number>();
    for (let slope = 0; slope < 256; slope++) secrets.add(share![0]! ^ times(slope, x));
    expect(secrets.size).toBe(256);
  });

  test('one wrong byte in a share gives another secret', async () => {
    await fc.assert(
      fc.asyncProperty(anyDealing, fc.nat(31), fc.integer({ min: 1, max: 255 }), async (d, at, change) => {
        const [first, ...rest] = d.mixed.slice(0, d.threshold);
        const wrong = new Uint8Array(first!);
        wrong[at]! ^= change;
        expect(equal(await combine([wrong, ...rest]), d.secret)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  test('is the same from the same seed and different from another', () => {
    fc.assert(
      fc.property(anyDealing, bytesOf(32), ({ secret, seed, threshold, shares }, another) => {
        fc.pre(!equal(seed, another));
        const n = shares.length;
        expect(deal(secret, seed, threshold, n).map(toHex)).toEqual(shares.map(toHex));
        expect(deal(secret, another, threshold, n).map(toHex)).not.toEqual(shares.map(toHex));
        shares.forEach((s, i) => {
          expect([s.length, s[32]]).toEqual([33, i + 1]);
        });
      }),
      { numRuns: 40 },
    );
  });

  test('needs 2 <= threshold <= n <= 32', () => {
    const secret = new Uint8Array(32);
    for (const [threshold, n] of [
      [1, 3],
      [0, 3],
      [4, 3],
      [2, 33],
      [Number.NaN, 3],
      [2, Number.NaN],
    ] as const)
      expect(() => deal(secret, secret, threshold, n)).toThrow(RangeError);
    expect(deal(secret, secret, 32, 32)).toHaveLength(32);
  });
});
