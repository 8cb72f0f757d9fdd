// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Quantile from './Quantile.mjs';

test('a quantile is one of the numbers, whatever their order', () => {
  expect(Quantile.of([50, 15, 40, 20, 35], 0.4)).toBe(20);
  expect(Quantile.of([50, 15, 40, 20, 35], 0)).toBe(15);
  expect(Quantile.of([50, 15, 40, 20, 35], 1)).toBe(50);
  expect(Quantile.of([9, 10, 100], 0.5)).toBe(10);
  expect(Quantile.of([], 0.5)).toBeNaN();
});

test('at least a share of q is not above it, and less than that is below it', () => {
  const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
  fc.assert(
    fc.property(numbers, fc.double({ min: 0.001, max: 1, noNaN: true }), (list, q) => {
      const found = Quantile.of(list, q);
      expect(list).toContain(found);
      const share = (those) => those.length / list.length;
      expect(share(list.filter((n) => n <= found))).toBeGreaterThanOrEqual(q - 1e-9);
      expect(share(list.filter((n) => n < found))).toBeLessThan(q + 1e-9);
    }),
  );
});
