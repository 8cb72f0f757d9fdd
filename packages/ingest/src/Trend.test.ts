// Copyright the Islet authors. AGPL-3.0-or-later.
import { trends } from '@islet/core/Reading';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Trend from './Trend.js';

test('every way in which apps write an arrow is the same arrow', () => {
  for (const trend of trends) {
    const ways = [trend, trend.toLowerCase(), trend.toUpperCase(), trend.replaceAll(' ', '')];
    for (const way of ways) expect(Trend.of(way)).toBe(trend);
  }
  expect(['NotComputable', 'RateOutOfRange', 'fortyFiveDown', 'FORTY_FIVE_UP'].map(Trend.of)).toEqual([
    'NOT COMPUTABLE',
    'RATE OUT OF RANGE',
    'FortyFiveDown',
    'FortyFiveUp',
  ]);
  expect([0, 1, 4, 7, 9].map(Trend.of)).toEqual([
    'NONE',
    'DoubleUp',
    'Flat',
    'DoubleDown',
    'RATE OUT OF RANGE',
  ]);
  expect([1, 2, 3, 4, 5].map(Trend.ofLibre)).toEqual([
    'SingleDown',
    'FortyFiveDown',
    'Flat',
    'FortyFiveUp',
    'SingleUp',
  ]);
});

test('anything else is no arrow', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      for (const found of [Trend.of(value), Trend.ofLibre(value)])
        if (found !== undefined) expect(trends).toContain(found);
    }),
  );
  for (const value of ['', ' ', 'up', 10, -1, 0.5, null, undefined, {}, 'x'.repeat(1000)])
    expect(Trend.of(value)).toBeUndefined();
});
