// Copyright the Islet authors. AGPL-3.0-or-later.
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Person from '@islet/sim/Person';
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import { maxSaidLength } from './Limits.js';

const zone = 'Europe/Madrid';
const now = Date.UTC(2026, 10, 23);
// Ten days around the night of 25 October 2026, on which Madrid's clocks go back.
const life = Person.days('clarity', { firstAt: Date.UTC(2026, 9, 19, 22), days: 10, zone });

const read = (text: string | Uint8Array, options: Partial<Import.Options> = {}) =>
  Import.read(typeof text === 'string' ? new TextEncoder().encode(text) : text, { zone, now, ...options });

const found = (imported: Import.Imported) => ({
  glucose: imported.readings.flatMap((r) =>
    r.kind === 'glucose' ? [{ at: r.at, value: r.value, unit: r.unit, beyond: r.beyond }] : [],
  ),
  insulin: imported.readings.flatMap((r) => (r.kind === 'insulin' ? [{ at: r.at, units: r.units }] : [])),
  carbs: imported.readings.flatMap((r) => (r.kind === 'carbs' ? [{ at: r.at, grams: r.grams }] : [])),
  activity: imported.readings.flatMap((r) =>
    r.kind === 'activity' ? [{ at: r.at, durationMs: r.durationMs }] : [],
  ),
});

const inTime = <T extends { at: number }>(list: T[]): T[] => list.toSorted((a, b) => a.at - b.at);

describe('a Clarity export', () => {
  test.each<Omit<ClarityFile.Quirks, 'zone'>>([
    {},
    { header: 'mojibake', duplicates: 20, calibrations: 12 },
    { model: 'G5', separator: '\t', calibrations: 12 },
    { unit: 'mmol/L', separator: ';' },
    { unit: 'mmol/L', header: 'mojibake' },
    { sorted: 'by-clock', duplicates: 5 },
    { ticks: 'left-out' },
    { model: 'G5', ticks: 'left-out', separator: ';' },
  ])('with the quirks %j is read back to the last row', (quirks) => {
    const written = ClarityFile.write(life, { zone, seed: 1, ...quirks });
    const imported = read(written.bytes);
    const { summary } = imported;
    expect(imported.format).toBe('clarity');
    expect(summary).toMatchObject({
      rows: written.rows,
      untimed: written.untimed,
      duplicates: written.duplicates,
      calibrations: written.calibrations,
      words: written.words,
      refused: [],
      unit: quirks.unit ?? 'mg/dL',
      zone,
    });
    expect(summary.readings.device).toBe(written.calibrations + written.alerts);
    expect(summary.notes.map((n) => n.code)).toEqual(['hour-repeated']);
    const got = found(imported);
    if (quirks.sorted === 'by-clock') got.glucose = inTime(got.glucose);
    expect(got.glucose).toEqual(written.glucose);
    for (const kind of ['insulin', 'carbs', 'activity'] as const) {
      expect(inTime(got[kind] as { at: number }[])).toEqual(inTime(written[kind] as { at: number }[]));
    }
  });

  test('the night the clocks go back is neither a hole nor a double hour', () => {
    const night = life.filter(
      (r) => r.kind === 'glucose' && Math.abs(r.at - Date.UTC(2026, 9, 25, 1)) < 3 * 3_600_000,
    );
    const imported = read(ClarityFile.write(night, { zone, ticks: 'left-out' }).bytes);
    const times = imported.readings.map((r) => r.at);
    expect(times).toEqual(night.map((r) => r.at));
    expect(new Set(imported.readings.map((r) => r.offsetMinutes))).toEqual(new Set([120, 60]));
    expect(imported.summary.notes.map((n) => n.code)).toEqual(['hour-repeated']);
  });

  test('the time stays as the file said it, and the identity is the transmitter with its own clock', () => {
    const [first] = read(ClarityFile.write(life, { zone }).bytes).readings;
    expect(first).toMatchObject({
      said: expect.stringMatching(/^2026-10-(19 23:59:59|20 00:00:0[01])$/),
      offsetMinutes: 120,
      source: { app: 'clarity', device: 'android G6', id: 'SIM0001/4000000' },
    });
  });

  test.each([
    ['Europe/Moscow', Date.UTC(1961, 3, 12)],
    ['Europe/London', Date.UTC(1900, 0, 2)],
    ['America/New_York', Date.UTC(2199, 9, 28)],
  ])('files moved to other centuries keep their moments: %s %d', (far, firstAt) => {
    const moved = Person.days('far', { firstAt, days: 12, zone: far });
    const written = ClarityFile.write(moved, { zone: far, header: 'mojibake' });
    const imported = read(written.bytes, { zone: far });
    expect(found(imported).glucose).toEqual(written.glucose);
    expect(imported.summary).toMatchObject({ rows: written.rows, refused: [], duplicates: 0 });
  });

  const head =
    'Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,Source Device ID,Glucose Value (mg/dL),Insulin Value (u),Carb Value (grams),Duration (hh:mm:ss),Glucose Rate of Change (mg/dL/min),Transmitter Time (Long Integer),Transmitter ID';
  const row = (cells: string) => read(`${head}\n${cells}\n1,2026-01-01 00:00:00,EGV,,,,p,100,,,,,1,T\n`);

  test.each([
    [
      '1,2026-01-01 08:00:00,EGV,Low,,,p,Low,,,,,7,T',
      { kind: 'glucose', value: 40, beyond: 'low', unit: 'mg/dL' },
    ],
    ['1,2026-01-01 08:00:00,EGV,High,,,p,High,,,,,7,T', { kind: 'glucose', value: 400, beyond: 'high' }],
    [
      '1,2026-01-01 08:00:00,EGV,Low,,,p,35,,,,,7,T',
      { kind: 'glucose', value: 35, beyond: null, method: 'cgm' },
    ],
    [
      '1,2026-01-01 08:00:00,Insulin,Fast-Acting,,,p,,3.5,,,,,',
      { kind: 'insulin', units: 3.5, type: 'rapid' },
    ],
    ['1,2026-01-01 08:00:00,Insulin,Long-Acting,,,p,,22,,,,,', { kind: 'insulin', units: 22, type: 'long' }],
    ['1,2026-01-01 08:00:00,Insulin,,,,p,,22,,,,,', { kind: 'insulin', type: 'bolus' }],
    ['1,2026-01-01 08:00:00,Carbs,,,,p,,,45,,,,', { kind: 'carbs', grams: 45 }],
    [
      '1,2026-01-01 08:00:00,Exercise,Medium,,,p,,,,0:30:00,,,',
      { kind: 'activity', what: 'exercise', amount: 2, durationMs: 1_800_000 },
    ],
    [
      '1,2026-01-01 08:00:00,Teleport,Far,,,p,100,,,,,7,T',
      {
        kind: 'document',
        what: 'clarity event',
        text: '{"type":"Teleport","subtype":"Far","glucose":"100"}',
      },
    ],
    ['1,2026-01-01 08:00:00,Injektion,,,,p,,22,,,,,', { kind: 'insulin', type: 'bolus', units: 22 }],
    ['1,2026-01-01 08:00:00,Repas,,,,p,,,45,,,,', { kind: 'carbs', grams: 45 }],
    [
      '1,2026-01-01 08:00:00,Kalibrierung,,,,p,118,,,,,,',
      { kind: 'device', what: 'calibration', value: 118 },
    ],
    ['1,2026-01-01 08:00:00,Salud,Enfermedad,,,p,,,,,,,', { kind: 'health', what: 'enfermedad' }],
    ['1,2026-01-01 08:00:00,Health,Illness,,,p,,,,,,,', { kind: 'health', what: 'illness', text: '' }],
    [
      '1,2026-01-01 08:00:00,Note,,"felt ""odd"", slept",,p,,,,,,,',
      { kind: 'note', text: 'felt "odd", slept' },
    ],
    ['1,2026-01-01 08:00:00,Calibration,,,,p,118,,,,,,', { kind: 'device', what: 'calibration', value: 118 }],
    [
      '1,2026-01-01 08:00:00,Alert,Urgent Low,,,p,55,,,,,,',
      { kind: 'device', what: 'alert urgent low', value: 55 },
    ],
  ])('%s', (cells, reading) => {
    const { readings, summary } = row(cells);
    expect(summary.refused).toEqual([]);
    expect(readings[0]).toMatchObject(reading);
  });

  test.each([
    ['1,2026-01-01 08:00:00,EGV,,,,p,,,,,,7,T', 'value'],
    ['1,2026-01-01 08:00:00,EGV,,,,p,4,,,,,7,T', 'value'],
    ['1,2026-01-01 08:00:00,EGV,,,,p,1e3,,,,,7,T', 'value'],
    ['1,2026-01-01 08:00:00,Insulin,Fast-Acting,,,p,,-2,,,,,', 'value'],
    ['1,2026-01-01 08:00:00,Exercise,Medium,,,p,,,,half an hour,,,', 'value'],
    ['1,2026-02-30 08:00:00,EGV,,,,p,100,,,,,7,T', 'time'],
    ['1,12026-02-03 08:00:00,EGV,,,,p,100,,,,,7,T', 'time'],
    [`1,2026-02-03 08:00:00${' '.repeat(maxSaidLength)}x,EGV,,,,p,100,,,,,7,T`, 'time'],
    ['1,2026-01-01 08:00:00,,,,,p,100,,,,,7,T', 'kind'],
    ['1,2026-01-01 08:00:00,EGV,,,,p,7,8,,,,,7,T', 'fields'],
  ])('%s is refused for its %s, on its line', (cells, reason) => {
    const { readings, summary } = row(cells);
    expect(summary.refused).toEqual([expect.objectContaining({ row: 2, reason })]);
    expect(summary.refused[0]!.text).not.toMatch(/\d{2}:\d{2}|Teleport/);
    expect(readings).toHaveLength(1);
  });

  test('a row with names but no time is untimed, whatever it says', () => {
    expect(row('1,,FirstName,,Sim,,,,,,,,,').summary).toMatchObject({ rows: 2, untimed: 1, produced: 1 });
  });

  test('column names in another language are told by their places, and that is said', () => {
    const german =
      'Index;Zeitstempel (JJJJ-MM-TTThh:mm:ss);Ereignistyp;Ereignissubtyp;Patienteninfo;Geräteinfo;Quellgeräte-ID;Glukosewert (mmol/L);Insulinwert (E);Kohlenhydrate (Gramm);Dauer (hh:mm:ss);Änderungsrate (mmol/L/min);Sendezeit (lange Ganzzahl);Sender-ID';
    const { readings, summary } = read(
      `${german}\n1;2026-01-01T08:00:00;EGV;;;;p;7,8;;;;;7;T\n2;2026-01-01T08:05:00;EGV;;;;p;Niedrig;;;;;307;T\n`,
    );
    expect(readings).toMatchObject([
      { value: 7.8, unit: 'mmol/L' },
      { value: 40, unit: 'mg/dL', beyond: 'low' },
    ]);
    expect(summary.notes.map((n) => n.code)).toContain('names-translated');
  });

  test('different readings under one transmitter time keep their rows and lose the identity', () => {
    const { readings, summary } = read(
      `${head}\n1,2026-01-01 08:00:00,EGV,,,,p,100,,,,,1234567,T\n2,2026-01-01 08:05:00,EGV,,,,p,101,,,,,1234567,T\n`,
    );
    expect(readings.map((r) => r.source.id)).toEqual([null, null]);
    expect(summary.notes.map((n) => n.code)).toEqual(['identity-shared']);
  });

  test('a device clock that did not follow summer time is noticed by the transmitter', () => {
    const rows = Array.from({ length: 48 }, (_, i) => {
      const shown = new Date(Date.UTC(2026, 9, 25, 1) + i * 300_000).toISOString().slice(0, 19);
      return `${i},${shown},EGV,,,,p,100,,,,,${i * 300},T`;
    });
    expect(read(`${head}\n${rows.join('\n')}\n`).summary.notes.map((n) => n.code)).toContain('clock-set');
  });
});
