// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Real from './real.testkit.js';
import * as Twins from './twins.testkit.js';

const { zone, now } = Twins;

describe('CareLink CSV', () => {
  test.each(['US', 'EU'] as const)(
    'as written in the %s, of two devices, gives every row its readings',
    (where) => {
      const { format, readings, summary } = Import.read(Twins.carelinkCsv(where), { zone, now });
      expect(format).toBe('carelink-csv');
      // The line of dashes and the names of the second table are rows without a time.
      expect(summary).toMatchObject({
        rows: 23,
        untimed: 2,
        duplicates: 1,
        produced: 20,
        refused: [],
        unit: where === 'US' ? 'mg/dL' : 'mmol/L',
      });
      expect(summary.notes.map((n) => n.code)).toEqual(where === 'US' ? [] : ['date-order']);
      const basal = readings.filter((r) => r.kind === 'insulin' && r.type === 'basal');
      const hours = (r: (typeof readings)[number]) => r.kind === 'insulin' && r.durationMs / 3_600_000;
      // The log ends at 12:05, in the other table.
      expect(basal.map((r) => [r.said.slice(-8), r.kind === 'insulin' && r.units, hours(r)])).toEqual([
        ['12:00:00', 0.06667, 1 / 12],
        ['11:30:00', 0.6, 0.5],
        ['11:00:00', 0, 0.5],
        ['09:00:00', 1.8, 2],
      ]);
      const of = (kind: string) => readings.filter((r) => r.kind === kind);
      expect(of('insulin').filter((r) => r.kind === 'insulin' && r.type === 'bolus')).toMatchObject([
        { units: 3.1, durationMs: 1_800_000 },
      ]);
      // The wizard was asked three times, and used once; 15 g were marked.
      expect(of('carbs').map((r) => r.kind === 'carbs' && r.grams)).toEqual([40, 15]);
      expect(of('document')).toHaveLength(4);
      expect(of('glucose')).toMatchObject([
        { method: 'meter' },
        { method: 'cgm', value: where === 'US' ? 100 : 5.6 },
        { method: 'cgm' },
      ]);
      expect(of('device').map((r) => r.kind === 'device' && r.what)).toEqual([
        'suspend normal_pumping',
        'suspend user_suspend',
        'calibration',
        'prime fixed',
        'alarm low reservoir (12)',
        'isig',
      ]);
      expect(of('activity')).toHaveLength(1);
      expect(readings[0]).toMatchObject({
        at: Date.UTC(2026, 2, 2, 11),
        offsetMinutes: 60,
        source: { device: 'MiniMed 640G 1' },
      });
      expect(JSON.stringify(readings)).not.toContain('Ann');
    },
  );

  test('in a language not known here the places tell the columns', () => {
    const text = new TextDecoder().decode(Twins.carelinkCsv('US'));
    const unnamed = text.replace(/^Index,.*$/gm, (line) =>
      line
        .split(',')
        .map((n, i) => (i === 0 ? n : n.includes('mg/dL') ? `Ziel ${i} (mg/dL)` : `Spalte ${i}`))
        .join(','),
    );
    const { readings, summary } = Import.read(Twins.utf8(unnamed), { zone, now });
    expect(summary.notes.map((n) => n.code)).toEqual(['names-translated']);
    expect(readings).toEqual(Import.read(Twins.carelinkCsv('US'), { zone, now }).readings);
  });

  test.skipIf(!Real.present)('a real Paradigm: all rows, rates for as long as they were given', () => {
    const name = 'medtronic-carelink/carelink_2018_paradigm723_us.csv';
    const { readings, summary } = Import.read(Real.bytes(name), { zone: 'America/Chicago', now });
    const rows = Real.text(name)
      .split('\n')
      .filter((l) => /^\d+\.0+,/.test(l));
    expect(summary).toMatchObject({ rows: rows.length + 2, untimed: 2, refused: [] });
    const column = (i: number) => rows.filter((l) => l.split(',')[i] !== '');
    const distinct = (i: number) => new Set(column(i).map((l) => l.split(',').slice(1).join())).size;
    const boluses = readings.flatMap((r) => (r.kind === 'insulin' && r.type === 'bolus' ? [r.units] : []));
    const sum = column(12).reduce((s, l) => s + Number(l.split(',')[12]), 0);
    expect(boluses.reduce((s, u) => s + u, 0)).toBeCloseTo(sum, 6);
    expect(summary.calibrations).toBe(distinct(29));
    expect(summary.readings.glucose).toBe(distinct(4));
    const basal = readings.flatMap((r) => (r.kind === 'insulin' && r.type === 'basal' ? [r] : []));
    expect(basal).toHaveLength(distinct(6));
    // Rates follow one another without a hole: together they last from the first to the last row.
    const lasted = basal.reduce((s, r) => s + r.durationMs, 0);
    expect(lasted).toBe(summary.lastAt! - Math.min(...basal.map((r) => r.at)));
    // 12:25:15, asked for 29 g and bolused 14 s later; a doubled question counts once.
    expect(summary.readings.carbs).toBe(76);
  });
});
