// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyReading } from './core.testkit.js';
import * as Said from './Said.js';

/** The first way that is written so, whichever it is: what `lengthen` must hold to without trying them all. */
const isShortest = (short: number | string, at: number, offset: number): boolean => {
  const said = Said.lengthen(short, at, offset);
  return said !== undefined && Said.shorten(said, at, offset) === short;
};

describe('what a source said of a time', () => {
  test('is the same after it was shortened and written out', () => {
    fc.assert(
      fc.property(anyReading, ({ said, at, offsetMinutes }) => {
        const short = Said.shorten(said, at, offsetMinutes);
        expect(Said.lengthen(short, at, offsetMinutes)).toBe(said);
      }),
    );
  });

  test('is a number for every common way of writing, in this order, which never changes', () => {
    const at = Date.UTC(2026, 10, 23, 22, 5, 9);
    const ways = [
      '2026-11-24 00:05:09',
      '2026-11-24T00:05:09',
      '2026-11-23T22:05:09.000Z',
      '2026-11-23T22:05:09Z',
      '24-11-2026 00:05',
      '11-24-2026 00:05',
      '',
    ];
    expect(ways.map((said) => Said.shorten(said, at, 120))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const fifthOfMay = Date.UTC(2026, 4, 5, 12);
    expect(Said.shorten('05-05-2026 12:00', fifthOfMay, 0)).toBe(4);
    expect(Said.lengthen(5, fifthOfMay, 0)).toBeUndefined();
    expect(Said.lengthen(7, at, 120)).toBeUndefined();
    expect(Said.lengthen(-1, at, 120)).toBeUndefined();
    expect(Said.lengthen(0.5, at, 120)).toBeUndefined();
  });

  test('has one short form only: no other number and no text is taken for it', () => {
    fc.assert(
      fc.property(anyReading, fc.nat(6), ({ said, at, offsetMinutes }, way) => {
        const short = Said.shorten(said, at, offsetMinutes);
        if (short !== said) expect(Said.lengthen(said, at, offsetMinutes)).toBeUndefined();
        const other = Said.lengthen(way, at, offsetMinutes);
        if (other !== undefined) expect(isShortest(way, at, offsetMinutes)).toBe(true);
      }),
    );
  });

  test('stays text where it is nearly the time, and not it', () => {
    const at = Date.UTC(1961, 3, 12, 6, 7);
    for (const said of [
      '1961-04-12 09:07:01',
      '1961-4-12 09:07:00',
      '61-04-12 09:07',
      ' ',
      '12.04.1961 09:07',
    ])
      expect(Said.shorten(said, at, 180)).toBe(said);
    expect(Said.shorten('1961-04-12 09:07:00', at, 180)).toBe(0);
    expect(Said.shorten('1961-04-12 09:07:00', at, 120)).toBe('1961-04-12 09:07:00');
  });
});
