// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import { from } from './Seeded.js';

const many = (
  seed: number | string,
  take: (r: ReturnType<typeof from>) => number,
  count = 20_000,
): number[] => {
  const random = from(seed);
  return Array.from({ length: count }, () => take(random));
};

test('the same seed gives the same chance, another seed another', () => {
  const some = (seed: number | string) => many(seed, (r) => r.uniform(), 100);
  expect(some(1)).toEqual(some(1));
  expect(some(1)).toEqual(some('1'));
  expect(some(1)).not.toEqual(some(2));
});

test('numbers fill their ranges evenly', () => {
  const uniform = many('u', (r) => r.uniform());
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...uniform)).toBeLessThan(1);
  for (let tenth = 0; tenth < 10; tenth++) {
    const share = uniform.filter((u) => Math.floor(u * 10) === tenth).length / uniform.length;
    expect(share).toBeCloseTo(0.1, 1);
  }
  const whole = many('w', (r) => r.whole(-1, 1));
  expect(new Set(whole)).toEqual(new Set([-1, 0, 1]));
});

test('normal numbers have mean 0 and deviation 1', () => {
  const normal = many('n', (r) => r.normal());
  const mean = normal.reduce((a, b) => a + b) / normal.length;
  const variance = normal.reduce((a, b) => a + (b - mean) ** 2, 0) / normal.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.04);
});
