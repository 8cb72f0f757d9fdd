// Copyright the Islet authors. AGPL-3.0-or-later.
// Real exports, counted here by plain text search, an independent way. Generated files with the same quirks are in
// the tests of each format, which always run.
import type { Glucose, Reading } from '@islet/core/Reading';
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Real from './real.testkit.js';

const now = Date.UTC(2026, 10, 23);
const count = (text: string, pattern: RegExp): number => (text.match(pattern) ?? []).length;
const glucose = (readings: Reading[]): Glucose[] => readings.filter((r) => r.kind === 'glucose');

describe.skipIf(!Real.present)('real exports', () => {
  test('Clarity, G6: all 3979 rows are accounted for', () => {
    const name = 'dexcom-clarity/clarity_g6_mgdl_scrubbed.csv';
    const text = Real.text(name);
    const { format, readings, summary } = Import.read(Real.bytes(name), { zone: 'Europe/Moscow', now });
    expect(format).toBe('clarity');
    expect(summary).toMatchObject({
      rows: text.trimEnd().split('\n').length - 1,
      untimed: count(text, /^\d+,,/gm),
      readings: {
        glucose: count(text, /,EGV,/g),
        insulin: count(text, /,Insulin,/g),
        carbs: 0,
        activity: 0,
        device: 0,
      },
      words: { low: count(text, /,EGV,Low,.*,Low,/g), high: 0 },
      calibrations: 0,
      duplicates: 0,
      refused: [],
      unit: 'mg/dL',
      notes: [],
    });
    expect(summary).toMatchObject({
      rows: 3979,
      untimed: 10,
      produced: 3969,
      readings: { glucose: 3922, insulin: 47 },
    });
    expect(new Set(glucose(readings).map((r) => r.source.id)).size).toBe(3922);
    expect(new Date(summary.firstAt!).toISOString()).toBe('1961-04-11T21:56:47.000Z');
    // The sum of all numbers, by another road.
    const sum = text
      .split('\n')
      .reduce((s, line) => s + (/,EGV,/.test(line) ? Number(line.split(',')[7]) || 0 : 0), 0);
    expect(glucose(readings).reduce((s, r) => s + (r.beyond ? 0 : r.value), 0)).toBe(sum);
  });

  test('Clarity, G5, tabs: all 1440 rows are accounted for, and scrubbed transmitter times are no identities', () => {
    const name = 'dexcom-clarity/clarity_g5_tab_deidentified.txt';
    const text = Real.text(name);
    const { readings, summary } = Import.read(Real.bytes(name), { zone: 'UTC', now });
    expect(summary).toMatchObject({
      rows: 1440,
      untimed: count(text, /^\d+\t\t/gm),
      readings: { glucose: count(text, /\tEGV\t/g), device: count(text, /\tCalibration\t/g), activity: 1 },
      calibrations: 12,
      // "Low" stands there as a subtype beside numbers below 45: numbers are kept as numbers.
      words: { low: 0, high: 0 },
      duplicates: 0,
      refused: [],
    });
    expect(readings.filter((r) => r.source.id === null && r.kind === 'glucose')).toHaveLength(68);
    expect(summary.notes.map((n) => n.code)).toEqual(['clock-set', 'identity-shared']);
  });

  test('Clarity, G5: what another program cleaned is what was read, in the days it keeps', () => {
    // cgmanalysis drops the first four hours and the part of a day at the end, counts calibrations as glucose, and
    // gives the one exercise row, which has no glucose, the mean of its neighbours.
    const { readings } = Import.read(Real.bytes('dexcom-clarity/clarity_g5_tab_deidentified.txt'), {
      zone: 'UTC',
      now,
    });
    const values = readings.flatMap((r) =>
      r.kind === 'glucose' || (r.kind === 'device' && r.what === 'calibration')
        ? [[r.at, r.value!] as const]
        : [],
    );
    expect(cleaned('dexcom-clarity/clarity_g5_cleaned_expected.csv', values)).toEqual({
      missing: [`${Date.UTC(2018, 10, 4, 20, 25)} 197.5`],
      more: [],
      rows: [1118, 1119],
    });
  });

  test('LibreView, Libre 3: all 5557 rows are accounted for, day first', () => {
    const name = 'libreview/libre3_mgdl_scrubbed.csv';
    const text = Real.text(name);
    const { format, readings, summary } = Import.read(Real.bytes(name), { zone: 'Europe/Berlin', now });
    expect(format).toBe('libreview');
    const ofType = (type: number) => count(text, new RegExp(`^FreeStyle Libre 3,[^,]*,[^,]*,${type},`, 'gm'));
    const lines = text.trimEnd().split('\n').slice(2);
    // Nine rows write their empty note as a pair of quotation marks.
    const distinct = new Set(lines.map((line) => line.replace('""', ''))).size;
    expect(summary).toMatchObject({
      rows: lines.length,
      duplicates: lines.length - distinct,
      untimed: 0,
      refused: [],
    });
    expect(summary).toMatchObject({ rows: 5557, duplicates: 3 });
    const by = (method: string) => glucose(readings).filter((r) => r.method === method).length;
    expect([by('cgm'), by('scan'), by('meter')]).toEqual([ofType(0), ofType(1), 0]);
    expect(summary.readings.device).toBe(ofType(6) - 3);
    expect(summary.notes.map((n) => n.code)).toEqual(['date-order', 'identity-shared']);
    expect(summary.notes[0]!.text).toContain('day-first (certain)');
    expect(readings[0]).toMatchObject({
      said: '12-04-1961 22:30',
      at: Date.UTC(1961, 3, 12, 21, 30),
      value: 98,
    });
  });

  test('LibreView, clinic layout of 2018: all rows, and what another program cleaned', () => {
    const name = 'libreview/libre_2018_clinic_mgdl_deidentified.csv';
    const { readings, summary } = Import.read(Real.bytes(name), { zone: 'UTC', now });
    expect(summary).toMatchObject({
      rows: 1337,
      produced: 1337,
      readings: { glucose: 1337 },
      refused: [],
      duplicates: 0,
    });
    expect(summary.notes[0]!.text).toContain('month-first (certain)');
    const values = glucose(readings).map((r) => [r.at, r.value] as const);
    expect(cleaned('libreview/libre_2018_cleaned_expected.csv', values)).toEqual({
      missing: [],
      more: [],
      rows: 1248,
    });
  });

  test('Nightscout: the entries of an iAPS user, of oref0 and of ten simulated people', () => {
    const iaps = Import.read(Real.bytes('nightscout/iaps_entries.json'), { zone: 'Europe/Moscow', now });
    const list = JSON.parse(Real.text('nightscout/iaps_entries.json')) as {
      sgv: number;
      date: number;
      _id: string;
    }[];
    expect(iaps.readings.map((r) => [r.at, r.kind === 'glucose' && r.value, r.source.id])).toEqual(
      list.map((e) => [e.date, e.sgv, e._id]),
    );
    expect(iaps.summary.words).toEqual({
      low: count(Real.text('nightscout/iaps_entries.json'), /"sgv": 39\b/g),
      high: 0,
    });
    const oref0 = Import.read(Real.bytes('nightscout/oref0_glucose.json'), { zone: 'UTC', now });
    expect(oref0.readings.map((r) => r.offsetMinutes)).toEqual([-420, -420, -420, -420, -420, -420]);
    for (let i = 1; i <= 10; i++) {
      const name = `simulated-lt1/SIM${String(i).padStart(3, '0')}.entries.json`;
      const { summary } = Import.read(Real.bytes(name), { zone: 'UTC', now });
      const rows = count(Real.text(name), /"sgv":/g);
      expect(summary).toMatchObject({ rows, produced: rows, refused: [], duplicates: 0, notes: [] });
    }
  });
});

/** Compares readings (time, value) with a cleaned table, minute by minute, over the time that the table covers. */
function cleaned(name: string, values: (readonly [number, number])[]) {
  const rows = Real.text(name).trimEnd().split(/\r?\n/).slice(1);
  const expected = rows.map((row) => {
    const [, time, value] = row.split(',');
    const [m, d, y, h, min] = time!.split(/[/ :]/).map(Number) as [number, number, number, number, number];
    return `${Date.UTC(2000 + y, m - 1, d, h, min)} ${Number(value)}`;
  });
  const moment = (key: string) => Number(key.split(' ')[0]);
  const first = Math.min(...expected.map(moment));
  const last = Math.max(...expected.map(moment));
  const got = values
    .map(([at, value]) => `${Math.floor(at / 60_000) * 60_000} ${value}`)
    .filter((key) => moment(key) >= first && moment(key) <= last);
  return {
    missing: expected.filter((key) => !got.includes(key)),
    more: got.filter((key) => !expected.includes(key)),
    rows: got.length === expected.length ? got.length : [got.length, expected.length],
  };
}
