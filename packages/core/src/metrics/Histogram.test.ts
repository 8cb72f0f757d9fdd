// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Histogram from './Histogram.js';
import type { Point } from './Points.js';
import * as Quantile from './Quantile.js';

const points = (values: number[]): Point[] =>
  values.map((mgdl, i) => ({ at: i * 300_000, offsetMinutes: 0, mgdl, beyond: null }));
const values = fc.array(fc.integer({ min: 20, max: 599 }), { minLength: 1, maxLength: 200 });

test('every quantile is within 4.5 mg/dL of that of the values themselves', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, p) => {
      const exact = Quantile.of(
        list.toSorted((a, b) => a - b),
        p,
      )!;
      const told = Histogram.quantile(Histogram.of(points(list)), p)!;
      expect(Math.abs(told - exact)).toBeLessThanOrEqual(4.5 + 1e-9);
    }),
  );
});

test('counts every value once, in rising bins, and knows nothing of their order', () => {
  fc.assert(
    fc.property(values, (list) => {
      const histogram = Histogram.of(points(list));
      expect(Histogram.count(histogram)).toBe(list.length);
      expect(histogram.map(([bin]) => bin)).toEqual(
        [...new Set(histogram.map(([bin]) => bin))].sort((a, b) => a - b),
      );
      expect(Histogram.of(points(list.toReversed()))).toEqual(histogram);
    }),
  );
});

test('takes 600 and above together, and has no quantile of nothing', () => {
  expect(Histogram.of(points([599, 600, 900]))).toEqual([
    [59, 1],
    [60, 2],
  ]);
  expect(Histogram.quantile([], 0.5)).toBeNull();
});
