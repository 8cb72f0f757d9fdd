// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyDay } from './core.testkit.js';
import * as Days from './Day.js';

const anyOffset = fc.integer({ min: -1440, max: 1440 });

describe('a stream day', () => {
  test('is the number of days since 1900-01-01', () => {
    const known: [string, number][] = [
      ['1900-01-01', 0],
      ['1900-12-31', 364],
      ['1961-04-12', 22_381],
      ['1970-01-01', 25_567],
      ['2000-03-01', 36_584],
      ['2026-11-23', 46_347],
      ['2258-11-11', 131_071],
    ];
    for (const [text, day] of known) expect([Days.parse(text), Days.format(day)]).toEqual([day, text]);
  });

  test('is written and read again', () => {
    fc.assert(
      fc.property(anyDay, (day) => {
        expect(Days.parse(Days.format(day))).toBe(day);
      }),
    );
  });

  test('is no text that is no date, or no day that there is', () => {
    for (const text of [
      '',
      '2026-11-31',
      '2025-02-29',
      '1900-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-1-1',
      '26-01-01',
      '2026-01-01T00',
      ' 2026-01-01',
      '1899-12-31',
      '2258-11-12',
      '9999-12-31',
      '0000-01-01',
    ])
      expect([text, Days.parse(text)]).toEqual([text, undefined]);
    expect(Days.parse('2024-02-29')).toBeDefined();
  });

  test('holds exactly the moments from its start up to its end, whatever the offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: Days.last - 2 }),
        anyOffset,
        fc.nat(86_399_999),
        (day, offset, ms) => {
          const start = Days.startOf(day, offset);
          expect(Days.of(start, offset)).toBe(day);
          expect(Days.of(start + ms, offset)).toBe(day);
          expect(Days.of(start - 1, offset)).toBe(day - 1);
          expect(Days.endOf(day, offset)).toBe(Days.startOf(day + 1, offset));
          expect(Days.endOf(day, offset) - start).toBe(86_400_000);
        },
      ),
    );
  });

  test('does not shift with summer time: a fixed offset has days of 24 hours all year', () => {
    const [march, october] = [Date.UTC(2026, 2, 29, 12), Date.UTC(2026, 9, 25, 12)];
    for (const at of [march, october])
      expect([-11, 0, 11].map((h) => Days.format(Days.of(at + h * 3_600_000, 60)))).toEqual(
        [-11, 0, 11].map((h) => new Date(at + (h + 1) * 3_600_000).toISOString().slice(0, 10)),
      );
  });

  test('is refused outside 1900 to 2258', () => {
    const [start, end] = [Days.startOf(Days.first, 0), Days.endOf(Days.last, 0)];
    expect([Days.of(start, 0), Days.of(end - 1, 0)]).toEqual([Days.first, Days.last]);
    for (const at of [start - 1, end, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => Days.of(at, 0)).toThrow(RangeError);
    for (const day of [-1, Days.last + 1, 0.5, Number.NaN]) expect(Days.isDay(day)).toBe(false);
  });
});
