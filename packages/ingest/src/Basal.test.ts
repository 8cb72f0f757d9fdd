// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Basal from './Basal.js';

describe('how long rates were given', () => {
  test.each<[string, Basal.Change[], number | null, (number | undefined)[]]>([
    [
      'until the next',
      [
        { at: 0, rate: 1, endsAt: null },
        { at: 10, rate: 2, endsAt: null },
      ],
      15,
      [10, 5],
    ],
    [
      'until their end',
      [
        { at: 0, rate: 1, endsAt: 7 },
        { at: 10, rate: 2, endsAt: 20 },
      ],
      null,
      [7, 10],
    ],
    [
      'until what ends them',
      [
        { at: 0, rate: 1, endsAt: 30 },
        { at: 10, rate: null, endsAt: null },
      ],
      null,
      [10, undefined],
    ],
    ['unknown, where nothing follows', [{ at: 0, rate: 1, endsAt: null }], null, [undefined]],
    [
      'in any order of the rows',
      [
        { at: 10, rate: 2, endsAt: null },
        { at: 0, rate: 1, endsAt: null },
      ],
      15,
      [5, 10],
    ],
    [
      'written twice',
      [
        { at: 0, rate: 1, endsAt: null },
        { at: 0, rate: 1, endsAt: null },
        { at: 4, rate: null, endsAt: null },
      ],
      null,
      [4, 4, undefined],
    ],
    ['never longer than a day', [{ at: 0, rate: 1, endsAt: 9 * Basal.maxBasalMs }], null, [Basal.maxBasalMs]],
  ])('%s', (_, changes, until, expected) => {
    expect(Basal.durations(changes, until)).toEqual(expected);
  });

  test('law: no two different rates are ever given at one time', () => {
    const change = fc.record({
      at: fc.nat({ max: 1000 }),
      rate: fc.option(fc.nat({ max: 3 })),
      endsAt: fc.constant(null),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const lengths = Basal.durations(changes, 1001);
        changes.forEach((a, i) => {
          changes.forEach((b, j) => {
            const overlap =
              lengths[i] !== undefined && lengths[j] !== undefined && a.at < b.at && a.at + lengths[i] > b.at;
            expect(overlap).toBe(false);
          });
        });
      }),
    );
  });

  test('units are the rate times the time', () => {
    expect([Basal.units(1.2, 3_600_000), Basal.units(0.025, 300_000), Basal.units(0, 300_000)]).toEqual([
      1.2, 0.00208, 0,
    ]);
  });
});
