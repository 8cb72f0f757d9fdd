// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Interpolate from './Interpolate.js';
import { anyPoints, minute, start } from './metrics.testkit.js';

const point = (minutes: number, mgdl: number, offsetMinutes = 0) => ({
  at: start + minutes * minute,
  offsetMinutes,
  mgdl,
  beyond: null,
});
const plain = (cells: Interpolate.Cell[]) => cells.map((c) => [(c.at - start) / minute, c.mgdl]);

describe('the grid', () => {
  test('draws straight lines, and nothing before the first point or after the last', () => {
    expect(plain(Interpolate.grid([point(2, 100), point(12, 120), point(15, 180)], 5 * minute))).toEqual([
      [5, 106],
      [10, 116],
      [15, 180],
    ]);
  });

  test('crosses 45 minutes and no more', () => {
    expect(Interpolate.grid([point(0, 100), point(45, 145)], 15 * minute).map((c) => c.mgdl)).toEqual([
      100, 115, 130, 145,
    ]);
    expect(plain(Interpolate.grid([point(0, 100), point(46, 146), point(60, 160)], 15 * minute))).toEqual([
      [0, 100],
      [60, 160],
    ]);
  });

  test('counts from local midnight, also where the offset is not a whole hour', () => {
    const cells = Interpolate.grid([point(0, 100, 345), point(30, 130, 345)], 60 * minute);
    // 05:45 to 06:15 in Kathmandu: one line, at 06:00 local.
    expect(cells).toEqual([{ at: start + 15 * minute, offsetMinutes: 345, mgdl: 115 }]);
  });

  test('goes on evenly in true time where the clocks change', () => {
    const points = [point(0, 100, 60), point(5, 110, 120), point(10, 120, 120)];
    const cells = Interpolate.grid(points, 5 * minute);
    expect(cells.map((c) => c.offsetMinutes)).toEqual([60, 120, 120]);
    expect(plain(cells)).toEqual([
      [0, 100],
      [5, 110],
      [10, 120],
    ]);
  });

  test('law: rises strictly, and no cell is above or below its neighbours among the points', () => {
    fc.assert(
      fc.property(anyPoints, (points) => {
        const cells = Interpolate.grid(points, 5 * minute);
        for (const [i, c] of cells.entries()) {
          if (i > 0) expect(c.at).toBeGreaterThan(cells[i - 1]!.at);
          const before = points.findLast((p) => p.at <= c.at)!;
          const after = points.find((p) => p.at >= c.at)!;
          expect(c.mgdl).toBeGreaterThanOrEqual(Math.min(before.mgdl, after.mgdl) - 1e-9);
          expect(c.mgdl).toBeLessThanOrEqual(Math.max(before.mgdl, after.mgdl) + 1e-9);
        }
      }),
      { numRuns: 50 },
    );
  });
});
