// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Day from './Day.js';
import * as Span from './Span.js';

const streams = ['glucose/day', 'glucose/week', 'glucose/report'] as const;
const stream = fc.constantFrom(...streams);
const day = fc.integer({ min: 0, max: 80_000 });

test('a week is from Monday to Sunday, and a report is two of them', () => {
  const monday = Day.parse('2026-11-16')!;
  for (const one of [0, 3, 6])
    expect(Span.of('glucose/week', monday + one)).toEqual({ firstDay: monday, lastDay: monday + 6 });
  const { firstDay, lastDay } = Span.of('glucose/report', monday);
  expect([lastDay - firstDay, new Date(Day.startOf(firstDay, 0)).getUTCDay()]).toEqual([13, 1]);
  expect(firstDay % 14).toBe(0);
});

test('every day is in exactly one span of its stream, and spans touch without overlapping', () => {
  fc.assert(
    fc.property(stream, day, (s, d) => {
      const { firstDay, lastDay } = Span.of(s, d);
      expect(firstDay <= d && d <= lastDay).toBe(true);
      expect(Span.of(s, lastDay + 1).firstDay).toBe(lastDay + 1);
      expect(Span.of(s, firstDay)).toEqual({ firstDay, lastDay });
    }),
  );
});

test('of a range, exactly the whole spans inside are left', () => {
  fc.assert(
    fc.property(stream, day, fc.nat(60), (s, firstDay, more) => {
      const range = { firstDay, lastDay: firstDay + more };
      const whole = Span.within(s, range);
      // There is no day before the first.
      for (let d = Math.max(Day.first, firstDay - 20); d <= range.lastDay + 20; d++) {
        const inside = whole !== undefined && d >= whole.firstDay && d <= whole.lastDay;
        expect(Span.isInside(s, d, range)).toBe(inside);
      }
    }),
    { numRuns: 50 },
  );
});

test('six days of a week hold no week, whichever day is left out', () => {
  const monday = Day.parse('2026-11-16')!;
  expect(Span.within('glucose/week', { firstDay: monday, lastDay: monday + 5 })).toBeUndefined();
  expect(Span.within('glucose/week', { firstDay: monday + 1, lastDay: monday + 6 })).toBeUndefined();
  expect(Span.within('glucose/report', { firstDay: monday, lastDay: monday + 12 })).toBeUndefined();
});
