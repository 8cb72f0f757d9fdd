// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Counts from './Counts.js';
import { anyPoints, minute, reading, series, start } from './metrics.testkit.js';
import type { Point } from './Points.js';
import * as Points from './Points.js';
import * as Ranges from './Ranges.js';
import * as Summary from './Summary.js';

const day = 1440 * minute;
const bands = ['veryLowPercent', 'lowPercent', 'inRangePercent', 'highPercent', 'veryHighPercent'] as const;

function expectNear(a: Summary.Statistics, b: Summary.Statistics) {
  for (const key of Object.keys(Summary.fromCounts(Counts.empty)) as (keyof Summary.Statistics)[]) {
    if (a[key] === null || b[key] === null) expect(a[key]).toBe(b[key]);
    else expect(Math.abs(a[key] - b[key])).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(b[key])));
  }
}

describe('a summary', () => {
  test('of a worked example', () => {
    // Mean 1000/8 = 125; deviations -75 -65 -55 -25 5 15 75 125, squares 5625 4225 3025 625 25 225 5625 15625 = 35000.
    const s = Summary.summarise(series([50, 60, 70, 100, 130, 140, 200, 250]));
    expect(s).toEqual({
      n: 8,
      meanMgDl: 125,
      sdMgDl: expect.closeTo(Math.sqrt(5000), 12),
      cvPercent: expect.closeTo(56.568542494923804, 12),
      gmiPercent: expect.closeTo(6.3, 12),
      veryLowPercent: 12.5,
      lowPercent: 12.5,
      inRangePercent: 50,
      highPercent: 25,
      veryHighPercent: 0,
      tightRangePercent: 50,
      gri: expect.closeTo(3 * 12.5 + 2.4 * 12.5 + 0.8 * 25, 12),
      sensorActivePercent: 100,
      beyondLow: 0,
      beyondHigh: 0,
      days: 40 / 1440,
      sufficient: false,
      insufficiency: ['fewer-than-14-days'],
    });
  });

  test('counts words, and the risk index stops at 100', () => {
    const low: Point = { at: start, offsetMinutes: 0, mgdl: 40, beyond: 'low' };
    const high: Point = { at: start + 5 * minute, offsetMinutes: 0, mgdl: 400, beyond: 'high' };
    const s = Summary.summarise([low, high]);
    expect(s).toMatchObject({
      beyondLow: 1,
      beyondHigh: 1,
      veryLowPercent: 50,
      veryHighPercent: 50,
      gri: 100,
    });
  });

  test('of nothing is null, not a number that means nothing', () => {
    const s = Summary.summarise([]);
    expect(s).toMatchObject({ n: 0, sensorActivePercent: null, days: 0, beyondLow: 0, sufficient: false });
    for (const key of [...bands, 'meanMgDl', 'sdMgDl', 'cvPercent', 'gmiPercent', 'gri'] as const)
      expect(s[key]).toBeNull();
    expect(s.insufficiency).toEqual(['no-readings', 'fewer-than-14-days']);
    const { n, ...rest } = Summary.fromCounts(Counts.empty);
    expect(n).toBe(0);
    expect(Object.values(rest).every((v) => v === null)).toBe(true);
  });

  test('of one value has a mean and no spread', () => {
    const s = Summary.summarise(series([100]));
    expect(s).toMatchObject({
      n: 1,
      meanMgDl: 100,
      sdMgDl: null,
      cvPercent: null,
      inRangePercent: 100,
      gri: 0,
    });
    expect(Summary.fromCounts(Counts.of(series([100])))).toMatchObject({ meanMgDl: 100, sdMgDl: null });
  });

  test('is not made of counts that contradict each other', () => {
    const counts = Counts.of(series([100, 120]));
    expect(() => Summary.fromCounts({ ...counts, low: 1 })).toThrow(Counts.ImpossibleCountsError);
  });

  test('survives JSON', () => {
    for (const s of [
      Summary.summarise([]),
      Summary.summarise(series([100])),
      Summary.summarise(series([80, 90])),
    ])
      expect(JSON.parse(JSON.stringify(s))).toEqual(s);
  });

  test('looks only inside its window', () => {
    const s = Summary.summarise(series([100, 200, 300]), {
      from: start + 5 * minute,
      to: start + 10 * minute,
    });
    expect(s).toMatchObject({ n: 1, meanMgDl: 200, days: 5 / 1440, sensorActivePercent: 100 });
  });
});

describe('data suffice', () => {
  const worn = (n: number) => series(Array(n).fill(100));

  test('from 14 full days on, with or without a window', () => {
    expect(Summary.summarise(worn(14 * 288))).toMatchObject({ days: 14, sufficient: true });
    const s = Summary.summarise(worn(14 * 288), { from: start, to: start + 14 * day });
    expect(s).toMatchObject({ days: 14, sensorActivePercent: 100, sufficient: true });
    expect(s).not.toHaveProperty('insufficiency');
    expect(Summary.summarise(worn(13 * 288)).insufficiency).toEqual(['fewer-than-14-days']);
  });

  test('at 70 percent of the window, not below', () => {
    const window = { from: start, to: start + 15 * day };
    const enough = 15 * 288 * 0.7;
    expect(Summary.summarise(worn(enough), window).sufficient).toBe(true);
    expect(Summary.summarise(worn(enough - 1), window).insufficiency).toEqual([
      'sensor-active-below-70-percent',
    ]);
  });

  test('for 14 local days that lose an hour to summer time', () => {
    const window = { from: start, to: start + 14 * day - 60 * minute };
    expect(Summary.summarise(worn(14 * 288 - 12), window).sufficient).toBe(true);
  });
});

describe('laws', () => {
  test('the five bands add up to 100, and the tight range is part of in range', () => {
    fc.assert(
      fc.property(anyPoints, (points) => {
        const s = Summary.summarise(points);
        if (points.length === 0) return;
        expect(bands.reduce((sum, b) => sum + s[b]!, 0)).toBeCloseTo(100, 9);
        expect(s.tightRangePercent!).toBeLessThanOrEqual(s.inRangePercent!);
        expect(s.gri! >= 0 && s.gri! <= 100).toBe(true);
      }),
    );
  });

  test('the order in which readings are heard does not matter', () => {
    fc.assert(
      fc.property(
        anyPoints.chain((ps) => fc.tuple(fc.constant(ps), fc.shuffledSubarray(ps, { minLength: ps.length }))),
        ([ordered, shuffled]) => {
          const points = Points.fromReadings(shuffled.map((p) => reading(p.at, p.mgdl, p)));
          expect(Summary.summarise(points)).toEqual(Summary.summarise(ordered));
        },
      ),
    );
  });

  test('a constant added to every value moves the mean by it and the spread not at all', () => {
    fc.assert(
      fc.property(anyPoints, fc.integer({ min: -30, max: 200 }), (points, c) => {
        fc.pre(points.length > 1);
        const a = Summary.summarise(points);
        const b = Summary.summarise(points.map((p) => ({ ...p, mgdl: p.mgdl + c })));
        expect(b.meanMgDl!).toBeCloseTo(a.meanMgDl! + c, 9);
        expect(b.sdMgDl!).toBeCloseTo(a.sdMgDl!, 9);
        expect(b.gmiPercent!).toBeCloseTo(a.gmiPercent! + 0.02392 * c, 9);
      }),
    );
  });

  test('counts, however split and added, give the statistics of the rounded points', () => {
    fc.assert(
      fc.property(anyPoints, fc.nat(300), (points, cut) => {
        const added = Counts.add(Counts.of(points.slice(0, cut)), Counts.of(points.slice(cut)));
        const rounded = points.map((p) => ({ ...p, mgdl: Ranges.shown(p) }));
        expectNear(Summary.summarise(rounded), Summary.fromCounts(added));
      }),
    );
  });

  test('mmol/L and back gives the same summary', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 40, max: 400 }), { minLength: 2, maxLength: 99 }), (values) => {
        const points = series(values);
        const back = Points.fromReadings(
          points.map((p) => reading(p.at, p.mgdl / 18.01559, { unit: 'mmol/L' })),
        );
        expectNear(Summary.summarise(back), Summary.summarise(points));
      }),
    );
  });
});
