// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minute, series, start } from './metrics.testkit.js';
import * as Wear from './Wear.js';

const day = { from: start, to: start + 1440 * minute };
const flat = (n: number, step = 5) => series(Array(n).fill(100), step);

describe('wear', () => {
  test.each([
    [1, 1],
    [3, 5],
    [5, 5],
    [6, 5],
    [14, 15],
    [15, 15],
  ])('steps of %d min mean an interval of %d min', (step, interval) => {
    expect(Wear.intervalOf(flat(20, step)) / minute).toBe(interval);
  });

  test('without two points the usual interval is assumed', () => {
    expect(Wear.intervalOf([])).toBe(5 * minute);
    expect(Wear.intervalOf(flat(1))).toBe(5 * minute);
  });

  test('in a window, what is missing at its ends is missing', () => {
    expect(Wear.inWindow(flat(144), day)).toEqual({
      intervalMs: 5 * minute,
      present: 144,
      expected: 288,
      activePercent: 50,
    });
    expect(Wear.inWindow([], day)).toMatchObject({ present: 0, expected: 288, activePercent: 0 });
  });

  test('between the ends, each gap misses its length less one interval', () => {
    // 0 5 . . 20 25: two of six missing.
    expect(Wear.betweenEnds(series([1, 1, null, null, 1, 1]))).toMatchObject({ present: 4, expected: 6 });
    expect(Wear.betweenEnds([])).toMatchObject({ expected: 0, activePercent: null });
    expect(Wear.betweenEnds(flat(1))).toMatchObject({ present: 1, activePercent: 100 });
  });

  test('a second upload of the same sensor, half a minute later, adds nothing', () => {
    const twice = flat(144).flatMap((p) => [p, { ...p, at: p.at + 29_000 }]);
    const wear = Wear.inWindow(twice, day);
    expect(wear).toMatchObject({ intervalMs: 5 * minute, present: 144, activePercent: 50 });
  });

  test('nor does it count as a negative gap', () => {
    const twice = [0, 1, 300, 301, 900].map((s) => ({ ...flat(1)[0]!, at: start + s * 1000 }));
    expect(Wear.betweenEnds(twice)).toMatchObject({ present: 3, expected: 4, activePercent: 75 });
  });

  test('a sensor of an interval we do not know is not overcounted', () => {
    // Every 3 min for half a day is half a day, not 240 slots of 5 min.
    expect(Wear.inWindow(flat(240, 3), day)).toMatchObject({ present: 144, activePercent: 50 });
  });

  test('a reading at each edge of a window does not make more than all of it', () => {
    const points = [0, 300, 599].map((s) => ({ ...flat(1)[0]!, at: start + s * 1000 }));
    const wear = Wear.inWindow(points, { from: start, to: start + 10 * minute });
    expect(wear).toMatchObject({ present: 3, expected: 2, activePercent: 100 });
  });

  test('law: seconds of jitter lose no slot, wherever the readings stand against the clock', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 5, 15),
        fc.nat(299),
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 96 }),
        (step, phase, jitter) => {
          const points = jitter.map((j, i) => ({
            at: start + (10 + phase + j + i * step * 60) * 1000,
            offsetMinutes: 0,
            mgdl: 100,
            beyond: null,
          }));
          expect(Wear.inWindow(points, day).present).toBe(points.length);
          expect(Wear.betweenEnds(points).activePercent).toBe(100);
        },
      ),
    );
  });
});
