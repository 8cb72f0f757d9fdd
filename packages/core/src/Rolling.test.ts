// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Day from './Day.js';
import * as Rolling from './Rolling.js';

/** The date that many days back, by the names of days alone. */
function slowly(at: number, offsetMinutes: number, days: number): string {
  const date = new Date(at + offsetMinutes * 60_000);
  date.setUTCDate(date.getUTCDate() - (days - 1));
  return date.toISOString().slice(0, 10);
}

test('a rolling window begins on the date that a calendar says', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2200, 0, 1) }),
      fc.integer({ min: -1440, max: 1440 }),
      fc.integer({ min: 1, max: 4000 }),
      (at, offset, days) => {
        expect(Day.format(Rolling.firstDay(at, offset, days))).toBe(slowly(at, offset, days));
      },
    ),
    { numRuns: 1000 },
  );
});

test('a rolling window of one day is today, and moves at local midnight', () => {
  const midnight = Date.UTC(2026, 10, 23, 5);
  const offset = -300;
  expect(Rolling.firstDay(midnight - 1, offset, 1)).toBe(Day.parse('2026-11-22'));
  expect(Rolling.firstDay(midnight, offset, 1)).toBe(Day.parse('2026-11-23'));
  expect(Rolling.firstDay(midnight, offset, 14)).toBe(Day.parse('2026-11-10'));
});

test('1970-01-01 is stream day 25567, as the contract counts', () => {
  expect(Rolling.firstDay(0, 0, 1)).toBe(25_567);
});
