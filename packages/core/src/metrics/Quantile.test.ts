// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import * as Quantile from './Quantile.js';

test('quantiles lie on the line between their neighbours', () => {
  // R: quantile(c(1, 2, 4, 8), c(0, .05, .25, .5, .75, 1))
  const at = [0, 0.05, 0.25, 0.5, 0.75, 1].map((p) => Quantile.of([1, 2, 4, 8], p));
  expect(at).toEqual([1, expect.closeTo(1.15, 12), 1.75, 3, 5, 8]);
  expect(Quantile.of([7], 0.95)).toBe(7);
  expect(Quantile.of([], 0.5)).toBeNull();
});
