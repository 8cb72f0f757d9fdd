// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Zone from './Zone.js';

const zones = [
  'UTC',
  'Europe/Madrid',
  'America/Denver',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Europe/Moscow',
  'Africa/Monrovia',
];

const minute = 60_000;
const hour = 60 * minute;

describe('local times of a zone', () => {
  test('law: every moment from 1900 to 2200 is among the moments of the local time it has', () => {
    const any = fc.integer({ min: Date.UTC(1900, 0, 2), max: Date.UTC(2200, 11, 30) });
    fc.assert(
      fc.property(fc.constantFrom(...zones), any, (name, at) => {
        const zone = Zone.of(name);
        const found = Zone.moments(zone, at + Zone.offset(zone, at));
        expect(found).toContain(at);
        expect(found.length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 300 },
    );
  });

  test('law: the same holds minute by minute through the nights on which clocks change', () => {
    const nights: [string, number][] = [
      ['Europe/Madrid', Date.UTC(2026, 2, 29)],
      ['Europe/Madrid', Date.UTC(2026, 9, 25)],
      ['America/Denver', Date.UTC(2018, 10, 4, 6)],
      ['Australia/Lord_Howe', Date.UTC(2026, 3, 4, 12)],
      ['Africa/Casablanca', Date.UTC(2026, 1, 15)],
      ['Pacific/Apia', Date.UTC(2011, 11, 30, 4)],
    ];
    for (const [name, start] of nights) {
      const zone = Zone.of(name);
      for (let at = start; at < start + 12 * hour; at += minute) {
        expect(Zone.moments(zone, at + Zone.offset(zone, at))).toContain(at);
      }
    }
  });

  test('the hour that autumn repeats has two moments, one hour apart', () => {
    const zone = Zone.of('Europe/Madrid');
    const found = Zone.moments(zone, Date.UTC(2026, 9, 25, 2, 30));
    expect(found).toEqual([Date.UTC(2026, 9, 25, 0, 30), Date.UTC(2026, 9, 25, 1, 30)]);
    expect(found.map((at) => Zone.offsetMinutes(zone, at))).toEqual([120, 60]);
  });

  test('the hour that spring leaves out has no moment, and is read as on a clock not yet put forward', () => {
    const zone = Zone.of('Europe/Madrid');
    expect(Zone.moments(zone, Date.UTC(2026, 2, 29, 2, 30))).toEqual([]);
    const at = Zone.skipped(zone, Date.UTC(2026, 2, 29, 2, 30));
    expect(at).toBe(Date.UTC(2026, 2, 29, 1, 30));
    expect(Zone.offsetMinutes(zone, at)).toBe(120);
  });

  test('half hours of summer time and a day that an island skipped are handled', () => {
    expect(Zone.moments(Zone.of('Australia/Lord_Howe'), Date.UTC(2026, 3, 5, 1, 45))).toHaveLength(2);
    const apia = Zone.of('Pacific/Apia');
    expect(Zone.moments(apia, Date.UTC(2011, 11, 30, 12))).toEqual([]);
    expect(Zone.skipped(apia, Date.UTC(2011, 11, 30, 12))).toBe(Date.UTC(2011, 11, 30, 22));
  });

  test('offsets agree with what the calendar says of well-known days', () => {
    expect(Zone.offsetMinutes(Zone.of('Europe/Moscow'), Date.UTC(1961, 3, 12))).toBe(180);
    expect(Zone.offsetMinutes(Zone.of('America/New_York'), Date.UTC(2026, 6, 1))).toBe(-240);
    expect(Zone.offsetMinutes(Zone.of('Asia/Kathmandu'), Date.UTC(2026, 6, 1))).toBe(345);
    // Local mean time, 19 minutes and 32 seconds: whole minutes for the reading, exact for the arithmetic.
    const monrovia = Zone.of('Africa/Monrovia');
    expect(Zone.offset(monrovia, Date.UTC(1930, 0, 1)) % 60_000).not.toBe(0);
    expect(Number.isInteger(Zone.offsetMinutes(monrovia, Date.UTC(1930, 0, 1)))).toBe(true);
  });

  test.each(['Mars/Olympus', '', 'Europe/Madrid; DROP', undefined as unknown as string])(
    '%j is not a zone, and the error says what one looks like',
    (name) => {
      expect(() => Zone.of(name)).toThrow(expect.objectContaining({ code: 'INGEST_ZONE_UNKNOWN' }));
      expect(() => Zone.of(name)).toThrow('like "Europe/Madrid"');
    },
  );
});
