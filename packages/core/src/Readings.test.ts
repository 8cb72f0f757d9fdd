// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encode, MalformedError } from './codec.js';
import { anyReading, refuseOrRepeat, spoilt } from './core.testkit.js';
import * as Days from './Day.js';
import { kinds, maxName, maxSaid, maxText, type Reading, trends } from './Reading.js';
import * as Readings from './Readings.js';

const codec = { decode: Readings.decodeRun, encode: Readings.encodeRun };
const common = { at: 0, offsetMinutes: 0, said: '', source: { app: 'a', device: 'b', id: null } } as const;
const note = (change: Partial<Reading> = {}): Reading =>
  ({ ...common, kind: 'note', text: '', ...change }) as Reading;
const roundTrip = (readings: Reading[]): Reading[] => Readings.decodeRun(Readings.encodeRun(readings));

describe('a run of readings', () => {
  test('gives back every reading of every kind, in the order given', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(anyReading, { maxLength: 12 }), (readings) => {
        for (const { kind } of readings) seen.add(kind);
        expect(roundTrip(readings)).toEqual(readings);
      }),
      { numRuns: 300 },
    );
    expect([...seen].sort()).toEqual([...kinds].sort());
  });

  test('is of version 2 only where some glucose has an arrow', () => {
    const glucose = {
      ...common,
      kind: 'glucose',
      value: 100,
      unit: 'mg/dL',
      beyond: null,
      method: 'cgm',
    } as const;
    const versionOf = (readings: Reading[]) => Readings.encodeRun(readings)[16];
    for (const trend of trends) expect(roundTrip([{ ...glucose, trend }, glucose, note()])).toHaveLength(3);
    expect([[], [glucose, note()], [{ ...glucose, trend: 'Flat' as const }, note()]].map(versionOf)).toEqual([
      1, 1, 2,
    ]);
    // The same readings in version 2 are no second way of writing them.
    const forged = encode('islet/readings', 2, [[['a', 'b']], [[0, 0, 0, 0, 6, null, 100, 0, 0, 0, null]]]);
    expect(() => Readings.decodeRun(forged)).toThrow(MalformedError);
  });

  test('keeps what was said exactly, also in the hour that summer time repeats and the one it skips', () => {
    // 2026-10-25 in Berlin: 02:30 is said twice, first at +120, then at +60.
    const said = '2026-10-25 02:30:00';
    const twice = [120, 60].map((offsetMinutes) =>
      note({ at: Date.UTC(2026, 9, 25, 2, 30) - offsetMinutes * 60_000, offsetMinutes, said }),
    );
    // 2026-03-29: 02:30 does not exist there; a meter set by hand says it anyway.
    const skipped = note({
      at: Date.UTC(2026, 2, 29, 1, 30),
      offsetMinutes: 120,
      said: '2026-03-29 02:30:00',
    });
    expect(roundTrip([...twice, skipped])).toEqual([...twice, skipped]);
  });

  test('reaches back to 1961 and 1900 and on to 2258, and no further', () => {
    const [earliest, latest] = [Days.startOf(Days.first + 1, 0), Days.endOf(Days.last - 1, 0) - 1];
    const readings = [Date.UTC(1961, 3, 12, 6, 7), earliest, latest].flatMap((at) =>
      [-1440, 0, 1440].map((offsetMinutes) => note({ at, offsetMinutes, said: new Date(at).toISOString() })),
    );
    expect(roundTrip(readings)).toEqual(readings);
    for (const { at, offsetMinutes } of readings) expect(Days.isDay(Days.of(at, offsetMinutes))).toBe(true);
    for (const at of [earliest - 1, latest + 1, 8.64e15 + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => Readings.encodeRun([note({ at })])).toThrow(RangeError);
  });

  test('writes nothing that it would not read: a limit passed, a number that is none', () => {
    const long = (n: number) => 'x'.repeat(n);
    const source = common.source;
    const fitting: Partial<Reading>[] = [
      { said: long(maxSaid) },
      { source: { app: long(maxName), device: long(maxName), id: long(maxName) } },
      { text: long(maxText.note) } as Partial<Reading>,
      { kind: 'health', what: long(maxName), text: long(maxText.health) } as Partial<Reading>,
      { kind: 'document', what: '', text: long(maxText.document) } as Partial<Reading>,
    ];
    for (const change of fitting) expect(roundTrip([note(change)])).toHaveLength(1);
    const beyond: Partial<Reading>[] = [
      { said: long(maxSaid + 1) },
      { source: { ...source, app: long(maxName + 1) } },
      { source: { ...source, device: long(maxName + 1) } },
      { source: { ...source, id: long(maxName + 1) } },
      { text: long(maxText.note + 1) } as Partial<Reading>,
      { kind: 'health', what: '', text: long(maxText.health + 1) } as Partial<Reading>,
      { kind: 'profile', what: long(maxName + 1), text: '' } as Partial<Reading>,
      { kind: 'document', what: '', text: long(maxText.document + 1) } as Partial<Reading>,
      { offsetMinutes: 1441 },
      { offsetMinutes: 0.5 },
      { kind: 'carbs', grams: Number.NaN } as Partial<Reading>,
      { kind: 'device', what: '', value: Number.POSITIVE_INFINITY } as Partial<Reading>,
    ];
    for (const change of beyond) expect(() => Readings.encodeRun([note(change)])).toThrow(RangeError);
    const many = Array.from({ length: Readings.maxReadings + 1 }, () => note());
    expect(() => Readings.encodeRun(many)).toThrow(RangeError);
    expect(roundTrip(many.slice(1))).toHaveLength(Readings.maxReadings);
  });

  test('writes half of a surrogate pair as U+FFFD, and can read what it wrote', () => {
    const source = (app: string) => ({ app, device: '\\ud800', id: null });
    const run = [
      note({ source: source('\ud800') }),
      note({ source: source('\udc01') }),
      note({ source: source('\\ud801') }),
      note({ text: 'a\ud83d' } as Partial<Reading>),
    ];
    const back = roundTrip(run);
    expect(back.map((r) => r.source.app)).toEqual(['\ufffd', '\ufffd', '\\ud801', 'a']);
    expect(back.map((r) => r.source.device)).toEqual(['\\ud800', '\\ud800', '\\ud800', 'b']);
    expect(back[3]).toMatchObject({ text: 'a\ufffd' });
  });

  test('has one encoding: sources in order of use, times in the shortest form', () => {
    const row = (source: number, said: string | number) => [5, source, 0, 0, said, null, 'text'];
    const taken = (sources: string[][], rows: ReturnType<typeof row>[]) => {
      try {
        return Readings.decodeRun(encode('islet/readings', 1, [sources, rows])).length;
      } catch (error) {
        if (error instanceof MalformedError) return 'refused';
        throw error;
      }
    };
    const [a, b] = [
      ['a', ''],
      ['b', ''],
    ];
    expect(taken([a!, b!], [row(0, 6), row(1, 6), row(0, 'noon')])).toBe(3);
    expect(taken([], [])).toBe(0);
    expect(taken([a!, b!], [row(1, 6), row(0, 6)])).toBe('refused');
    expect(taken([a!, b!], [row(0, 6)])).toBe('refused');
    expect(taken([a!, a!], [row(0, 6), row(1, 6)])).toBe('refused');
    expect(taken([a!], [row(1, 6)])).toBe('refused');
    for (const said of [
      '',
      '1970-01-01 00:00:00',
      '1970-01-01T00:00:00.000Z',
      5,
      7,
      0.5,
      'x'.repeat(maxSaid + 1),
    ])
      expect([said, taken([a!], [row(0, said)])]).toEqual([said, 'refused']);
  });

  test('refuses a time that no date can hold, wherever the differences lead', () => {
    for (const elapsed of [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 8.64e15 + 1]) {
      const bytes = encode('islet/readings', 1, [[['a', '']], [[5, 0, elapsed, 0, 2, null, '']]]);
      expect(() => Readings.decodeRun(bytes)).toThrow(MalformedError);
    }
  });

  test('spoilt in any way is refused, or is the one encoding of something else', async () => {
    const readings = fc.sample(anyReading, { numRuns: 12, seed: 7 });
    for (const bytes of spoilt(Readings.encodeRun(readings), 3)) await refuseOrRepeat(codec, bytes);
  });
});
