// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Counts from './Counts.js';
import { anyPoints, series } from './metrics.testkit.js';

describe('counts', () => {
  test('of a worked example', () => {
    // Shown: 50, 60, 70, 141, 181, 251.
    expect(Counts.of(series([50, 60.4, 69.6, 141, 180.5, 251]))).toEqual({
      n: 6,
      sum: 753,
      sumSquares: 2500 + 3600 + 4900 + 19881 + 32761 + 63001,
      veryLow: 1,
      low: 1,
      inRange: 2,
      high: 1,
      veryHigh: 1,
      tight: 1,
    });
  });

  test('law: the parts of any partition add up to the whole, in any order', () => {
    fc.assert(
      fc.property(anyPoints, fc.array(fc.nat(4), { minLength: 300, maxLength: 300 }), (points, part) => {
        const parts = [0, 1, 2, 3, 4].map((k) => Counts.of(points.filter((_, i) => part[i] === k)));
        const whole = Counts.of(points);
        expect(parts.reduce(Counts.add, Counts.empty)).toEqual(whole);
        expect(parts.reduceRight((sum, c) => Counts.add(c, sum), Counts.empty)).toEqual(whole);
        Counts.check(whole);
      }),
    );
  });

  test('law: the variance does not drown in a long record of nearly equal values', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5_000_000 }), fc.integer({ min: 40, max: 400 }), (n, g) => {
        const c = { ...Counts.empty, n, sum: n * g + 1, sumSquares: (n - 1) * g * g + (g + 1) ** 2 };
        // One value differs by one: the squares about the mean are 1 - 1/n.
        const expected = (1 - 1 / n) / (n - 1);
        expect(Math.abs(Counts.variance(c)! / expected - 1)).toBeLessThan(1e-12);
      }),
    );
  });

  test('that no readings could have are refused', () => {
    const sound = Counts.of(series([100, 120, 200]));
    const wrong: Partial<Counts.Counts>[] = [
      { n: 4 },
      { inRange: 3 },
      { high: -1, inRange: 4 },
      { tight: 3 },
      { sumSquares: 1 },
      { sum: 420.5 },
      { n: Number.NaN },
    ];
    for (const w of wrong)
      expect(() => Counts.check({ ...sound, ...w })).toThrow(Counts.ImpossibleCountsError);
    expect(() => Counts.check({ ...Counts.empty, sum: 1 })).toThrow(Counts.ImpossibleCountsError);
    expect(() => Counts.check({ ...Counts.empty, sumSquares: 1 })).toThrow(Counts.ImpossibleCountsError);
    Counts.check(sound);
    Counts.check(Counts.empty);
  });
});
