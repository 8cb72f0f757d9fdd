// Copyright the Islet authors. AGPL-3.0-or-later.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Gaps from './Gaps.js';
import type { Point } from './Points.js';

const minute = 60_000;
const day = { from: 0, to: 24 * 60 * minute };
const pointsAt = (minutes: number[]): Point[] =>
  minutes.map((m) => ({ at: m * minute, mgdl: 100, beyond: null, offsetMinutes: 0 }) as Point);

test('a day without readings is one gap, and one with a reading every 45 minutes has none', () => {
  expect(Gaps.inWindow([], day)).toEqual([day]);
  expect(Gaps.inWindow(pointsAt(Array.from({ length: 32 }, (_, i) => i * 45)), day)).toEqual([]);
});

test('gaps and the time between readings make up the window', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 24 * 60 - 1 }), { maxLength: 60 }), (minutes) => {
      const sorted = minutes.toSorted((a, b) => a - b);
      const gaps = Gaps.inWindow(pointsAt(sorted), day);
      const edges = [0, ...sorted, 24 * 60].map((m) => m * minute);
      const steps = edges.slice(1).map((to, i) => ({ from: edges[i]!, to }));
      expect(gaps).toEqual(steps.filter(({ from, to }) => to - from > Gaps.gapMs));
    }),
  );
});
