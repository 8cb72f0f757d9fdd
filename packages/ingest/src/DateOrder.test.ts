// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from './DateOrder.js';
import { parse, toWall, type Written } from './WallTime.js';

const now = Date.UTC(2026, 10, 23);
const lane = (...texts: string[]): Written[] => texts.map((t) => parse(t)!);

describe('local times as exports write them', () => {
  test.each([
    ['2018-11-01T00:02:05', Date.UTC(2018, 10, 1, 0, 2, 5)],
    ['1961-04-12 00:56:47', Date.UTC(1961, 3, 12, 0, 56, 47)],
    ['12-04-1961 22:30', Date.UTC(1961, 11, 4, 22, 30)],
    ['8/1/18 4:07', Date.UTC(2018, 7, 1, 4, 7)],
    ['8/1/2018 12:07 AM', Date.UTC(2018, 7, 1, 0, 7)],
    ['08-01-2018 12:07 PM', Date.UTC(2018, 7, 1, 12, 7)],
    ['2018/11/01 23:59:59.250', Date.UTC(2018, 10, 1, 23, 59, 59, 250)],
    ['1900-01-01 00:00:00', Date.UTC(1900, 0, 1)],
    ['2200-12-31 23:59:59', Date.UTC(2200, 11, 31, 23, 59, 59)],
  ])('%s', (text, wall) => {
    expect(toWall(parse(text)!, 'month-first')).toBe(wall);
  });

  test.each([
    '',
    'yesterday',
    '2018-11-01T25:00',
    '8/1/18 0:30 PM',
    '8/1/18 13:00 AM',
    '1:00',
    '8/1/118 1:00',
  ])('%j is no time', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  test.each(['2019-02-29 00:00', '1899-12-31 00:00', '2201-01-01 00:00', '13/13/2018 1:00', '0/1/2018 1:00'])(
    '%j is no date of the calendar, or out of reach',
    (text) => {
      expect(toWall(parse(text)!, 'month-first')).toBeUndefined();
    },
  );
});

describe('day first or month first', () => {
  test('one number above 12 decides for the whole file', () => {
    expect(judge([lane('01-02-2026 10:00', '13-02-2026 10:00')], undefined, now)).toMatchObject({
      order: 'day-first',
      sure: 'certain',
    });
    expect(judge([lane('2/1/2026 10:00', '2/13/2026 10:00')], undefined, now)).toMatchObject({
      order: 'month-first',
      sure: 'certain',
    });
  });

  test('where a few rows say otherwise, most rows decide, and it is only likely', () => {
    const rows = lane('13-02-2026 10:00', '14-02-2026 10:00', '02-15-2026 10:00');
    expect(judge([rows], undefined, now)).toMatchObject({ order: 'day-first', sure: 'likely' });
  });

  test('rows that would lie after the file was made decide', () => {
    const rows = lane('01-05-2026 10:00', '02-05-2026 10:00');
    expect(judge([rows], parse('03-05-2026 08:00'), now)).toMatchObject({
      order: 'day-first',
      sure: 'likely',
    });
    expect(judge([lane('05-12-2026 10:00')], undefined, now)).toMatchObject({ order: 'month-first' });
  });

  test('the order of the rows decides', () => {
    const rows = lane('11-01-2026 10:00', '12-01-2026 10:00', '01-02-2026 10:00', '02-02-2026 10:00');
    expect(judge([rows], undefined, now)).toMatchObject({ order: 'day-first', sure: 'likely' });
  });

  test('an order that would tear the rows weeks apart is not the one', () => {
    const rows = lane('03/01/2025 10:00', '03/02/2025 10:00', '03/03/2025 10:00');
    expect(judge([rows], undefined, now)).toMatchObject({ order: 'month-first', sure: 'likely' });
  });

  test('where nothing decides, the clock does, and it is said to be a guess', () => {
    expect(judge([lane('03-03-2025 10:00')], undefined, now)).toMatchObject({
      order: 'day-first',
      sure: 'guessed',
    });
    expect(judge([lane('03-03-2025 10:00 AM')], undefined, now)).toMatchObject({
      order: 'month-first',
      sure: 'guessed',
    });
  });

  test('law: three days in a row or more are read in the order they were written in', () => {
    const start = fc.integer({
      min: Date.UTC(2015, 0, 1) / 86_400_000,
      max: Date.UTC(2026, 8, 1) / 86_400_000,
    });
    fc.assert(
      fc.property(start, fc.integer({ min: 3, max: 40 }), fc.boolean(), (first, count, dayFirst) => {
        const rows = Array.from({ length: count }, (_, i) => {
          const d = new Date((first + i) * 86_400_000);
          const [a, b] = [d.getUTCDate(), d.getUTCMonth() + 1];
          return `${dayFirst ? `${a}-${b}` : `${b}-${a}`}-${d.getUTCFullYear()} 10:00`;
        });
        expect(judge([lane(...rows)], undefined, now).order).toBe(dayFirst ? 'day-first' : 'month-first');
      }),
      { numRuns: 300 },
    );
  });
});
