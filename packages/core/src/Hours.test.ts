// Copyright the Islet authors. AGPL-3.0-or-later.
// Against the calendar of Intl, which knows local time by names and not by our arithmetic.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Hours from './Hours.js';

const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/** Whether the hours hold, by the words of a calendar. */
function slowly({ weekdays, fromMinute, toMinute, offsetMinutes }: Hours.Hours, at: number): boolean {
  const parts = new Map(clock.formatToParts(at + offsetMinutes * 60_000).map((p) => [p.type, p.value]));
  const days = names.filter((_, bit) => (weekdays & (2 ** bit)) !== 0);
  const said = `${parts.get('hour')}:${parts.get('minute')}`;
  const time = (minute: number): string =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return days.includes(parts.get('weekday')!) && time(fromMinute) <= said && said < time(toMinute);
}

const moments = fc.integer({ min: Date.UTC(1901, 0, 1), max: Date.UTC(2200, 0, 1) });
const anyHours = fc
  .tuple(
    fc.integer({ min: 1, max: 127 }),
    fc.uniqueArray(fc.integer({ min: 0, max: 1440 }), { minLength: 2, maxLength: 2 }),
    fc.integer({ min: -1440, max: 1440 }),
  )
  .map(
    ([weekdays, minutes, offsetMinutes]): Hours.Hours => ({
      weekdays,
      fromMinute: Math.min(...minutes),
      toMinute: Math.max(...minutes),
      offsetMinutes,
    }),
  );

describe('hours', () => {
  test('hold where a calendar says so, in every offset and before 1970 too', () => {
    fc.assert(
      fc.property(anyHours, moments, (hours, at) => {
        expect(Hours.holds(hours, at)).toBe(slowly(hours, at));
      }),
      { numRuns: 2000 },
    );
  });

  test('include their first minute and not their last', () => {
    const hours = { weekdays: 1, fromMinute: 480, toMinute: 930, offsetMinutes: 60 };
    // 2026-11-23 is a Monday; 08:00 at +01:00 is 07:00 UTC.
    const start = Date.UTC(2026, 10, 23, 7);
    const end = Date.UTC(2026, 10, 23, 14, 30);
    const at = [start - 1, start, end - 1, end, start + 86_400_000];
    expect(at.map((moment) => Hours.holds(hours, moment))).toEqual([false, true, true, false, false]);
  });

  test('that are always hold always', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: -1440, max: 1440 }), (at, offset) => {
        expect(Hours.holds(Hours.always(offset), at)).toBe(true);
        expect(Hours.isAlways(Hours.always(offset))).toBe(true);
      }),
    );
  });

  test('with any bound at all are not always', () => {
    fc.assert(
      fc.property(anyHours, (hours) => {
        const { weekdays, fromMinute, toMinute } = hours;
        expect(Hours.isAlways(hours)).toBe(`${weekdays}/${fromMinute}/${toMinute}` === '127/0/1440');
      }),
    );
  });
});
