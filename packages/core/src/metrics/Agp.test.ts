// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Agp from './Agp.js';
import { anyPoints, minute, series, start } from './metrics.testkit.js';

const day = 1440 * minute;

describe('the profile', () => {
  // Five days, the whole day at 100, 110, 120, 130, 140; the first reading at the first midnight.
  const fiveDays = series([0, 1, 2, 3, 4].flatMap((d) => Array(288).fill(100 + 10 * d)));

  test('gives type-7 percentiles across days', () => {
    const bin = Agp.of(fiveDays)[143]!;
    expect(bin).toEqual({
      fromMinute: 715,
      toMinute: 720,
      days: 5,
      p05: expect.closeTo(102, 9),
      p25: 110,
      p50: 120,
      p75: 130,
      p95: expect.closeTo(138, 9),
    });
  });

  test('has bins that hold their end: midnight belongs to the day it ends', () => {
    const midnight = series([...Array(287).fill(null), 100, 110, 120]);
    const bins = Agp.of(midnight);
    expect([bins[286], bins[287], bins[0]].map((b) => b!.p50)).toEqual([100, 110, 120]);
    const hours = Agp.of(midnight, 60);
    expect([hours[23], hours[0]]).toMatchObject([
      { fromMinute: 1380, toMinute: 1440, days: 1, p50: 105 },
      { fromMinute: 0, toMinute: 60, days: 1, p50: 120 },
    ]);
  });

  test.each([5, 15, 30, 60] as const)(
    'fills every bin of %d minutes with all of its values',
    (binMinutes) => {
      const bins = Agp.of(fiveDays, binMinutes);
      expect(bins).toHaveLength(1440 / binMinutes);
      expect(bins.slice(0, -1).every((b) => b.days === 5 && b.p25 === 110 && b.p75 === 130)).toBe(true);
    },
  );

  test('of a 15-minute sensor has no empty 5-minute bin between its readings', () => {
    const bins = Agp.of(series(Array(97).fill(100), 15));
    expect(bins.every((b) => b.p50 === 100)).toBe(true);
  });

  test('goes by the local clock, before and after it changes', () => {
    // Breakfast at 08:00 local on both days, the second under summer time.
    const at = (utc: number, offsetMinutes: number, mgdl: number) => ({
      at: utc,
      offsetMinutes,
      mgdl,
      beyond: null,
    });
    const first = start + 7 * 60 * minute;
    const second = start + day + 6 * 60 * minute;
    const bins = Agp.of([at(first, 60, 150), at(first + 5 * minute, 60, 160), at(second, 120, 170)]);
    expect(bins.find((b) => b.toMinute === 480)).toMatchObject({ days: 2, p50: 160 });
    expect(bins.find((b) => b.toMinute === 420)).toMatchObject({ days: 0, p50: null });
  });

  test('of nothing has empty bins', () => {
    expect(Agp.of([], 60)).toHaveLength(24);
    expect(Agp.of([], 60)[5]).toMatchObject({ days: 0, p05: null, p95: null });
  });

  test('law: percentiles rise, in every bin', () => {
    fc.assert(
      fc.property(
        anyPoints,
        fc.constantFrom(5 as const, 15 as const, 30 as const, 60 as const),
        (points, bin) => {
          for (const b of Agp.of(points, bin)) {
            if (b.days === 0) continue;
            const p = [b.p05!, b.p25!, b.p50!, b.p75!, b.p95!];
            for (let i = 1; i < p.length; i++) expect(p[i]!).toBeGreaterThanOrEqual(p[i - 1]! - 1e-9);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
