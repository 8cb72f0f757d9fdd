// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Episodes from './Episodes.js';
import { anyPoints, minute, series, start } from './metrics.testkit.js';

const of = (values: (number | null)[], level: Episodes.Level, step = 5) =>
  Episodes.of(series(values, step), level).episodes;
const times = (n: number, g: number | null) => Array<number | null>(n).fill(g);

describe('an episode', () => {
  test('is 15 minutes beyond the threshold, until 15 minutes back', () => {
    expect(of([100, 69, 65, 61, 100, 100, 100, 100], 'hypo1')).toEqual([
      { from: start + 5 * minute, to: start + 20 * minute, minutes: 15, meanMgDl: 65 },
    ]);
    expect(of([100, 69, 65, 100, 100, 100, 100], 'hypo1')).toEqual([]);
  });

  test('goes on over less than 15 minutes back', () => {
    const [one, ...none] = of([60, 60, 60, 80, 80, 60, 80, 80, 80], 'hypo1');
    expect(one).toMatchObject({ minutes: 30, meanMgDl: 400 / 6 });
    expect(none).toEqual([]);
    expect(of([60, 60, 60, 80, 80, 80, 60, 60, 60], 'hypo1')).toHaveLength(2);
  });

  test('does not begin out of two short excursions', () => {
    expect(of([60, 60, 80, 60, 60, 80], 'hypo1')).toEqual([]);
  });

  test.each([
    ['hypo1', 69, 70],
    ['hypo2', 53, 54],
    ['hyper1', 181, 180],
    ['hyper2', 251, 250],
  ] as const)('%s: %d is beyond, %d is not', (level, out, back) => {
    expect(of(times(3, out), level)).toHaveLength(1);
    expect(of(times(3, back), level)).toHaveLength(0);
  });

  test('of level 2 ends at its own threshold: two of it may lie in one of level 1', () => {
    const values = [...times(3, 50), ...times(3, 60), ...times(3, 50), ...times(3, 100)];
    expect(of(values, 'hypo2')).toHaveLength(2);
    expect(of(values, 'hypo1')).toHaveLength(1);
  });

  test('ends at a long gap, and nothing is carried over it', () => {
    expect(of([60, 60, 60, ...times(9, null), 60, 60], 'hypo1')).toEqual([
      { from: start, to: start + 15 * minute, minutes: 15, meanMgDl: 60 },
    ]);
    expect(of([60, 60, 60, ...times(8, null), 60, 60], 'hypo1')).toMatchObject([{ minutes: 65 }]);
    expect(of([60, 60, ...times(9, null), 60, 60], 'hypo1')).toEqual([]);
  });

  test('needs fifteen cells of a minute, or one of fifteen', () => {
    expect(of(times(14, 60), 'hypo1', 1)).toHaveLength(0);
    expect(of(times(15, 60), 'hypo1', 1)).toHaveLength(1);
    expect(of([100, 60, 100], 'hypo1', 15)).toHaveLength(1);
  });

  test('is judged on values as shown', () => {
    expect(of(times(3, 69.6), 'hypo1')).toEqual([]);
    expect(of(times(3, 180.4), 'hyper1')).toEqual([]);
  });

  test('counts per day of recorded time, gaps left out', () => {
    // Twelve hours of record inside two days.
    const values = [...times(3, 60), ...times(69, 100), ...times(400, null), ...times(72, 100)];
    expect(Episodes.of(series(values), 'hypo1').perDay).toBe(2);
    expect(Episodes.of([], 'hypo1')).toEqual({ episodes: [], perDay: null });
  });
});

test('law: every episode of level 2 lies inside one of level 1', () => {
  fc.assert(
    fc.property(anyPoints, (points) => {
      for (const [one, two] of [
        ['hypo1', 'hypo2'],
        ['hyper1', 'hyper2'],
      ] as const) {
        const wide = Episodes.of(points, one).episodes;
        for (const e of Episodes.of(points, two).episodes)
          expect(wide.some((w) => w.from <= e.from && w.to >= e.to)).toBe(true);
      }
    }),
  );
});

test('law: episodes do not touch, last 15 minutes at least, and lie inside the record', () => {
  fc.assert(
    fc.property(anyPoints, (points) => {
      const { episodes } = Episodes.of(points, 'hyper1');
      for (const [i, e] of episodes.entries()) {
        expect(e.minutes).toBeGreaterThanOrEqual(15);
        expect(e.from).toBeGreaterThanOrEqual(points[0]!.at);
        if (i > 0) expect(e.from).toBeGreaterThan(episodes[i - 1]!.to);
      }
    }),
  );
});
