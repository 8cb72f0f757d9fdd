// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Real from './real.testkit.js';
import * as Twins from './twins.testkit.js';

const { zone, now } = Twins;

describe('AZT1D', () => {
  test('a row gives all that stands in it', () => {
    const { format, readings, summary } = Import.read(Twins.azt1d(), { zone, now });
    expect(format).toBe('azt1d');
    expect(summary).toMatchObject({
      rows: 12,
      produced: 12,
      refused: [],
      notes: [],
      readings: { glucose: 12, insulin: 13, carbs: 1, device: 1 },
    });
    const third = readings.filter((r) => r.at === Twins.start + 2 * Twins.step);
    expect(third).toMatchObject([
      { value: 111 },
      { type: 'basal', units: 0.1, durationMs: 300_000 },
      { type: 'bolus', units: 2.25 },
      { grams: 28 },
    ]);
    expect(readings.filter((r) => r.kind === 'device')).toMatchObject([{ what: 'mode Sleep' }]);
  });

  test('an hour that the clocks skipped does not swallow the next', () => {
    const head = 'EventDateTime,TotalBolusInsulinDelivered,CGM\n';
    const rows = ['02:30', '03:30', '03:30'].map((time) => `2026-03-29 ${time}:00,,100`).join('\n');
    const { readings, summary } = Import.read(Twins.utf8(`${head}${rows}\n`), { zone, now });
    expect(summary).toMatchObject({ rows: 3, produced: 2, duplicates: 1, notes: [{ code: 'hour-skipped' }] });
    expect(readings.map((r) => r.at)).toEqual([Date.UTC(2026, 2, 29, 1, 30), Date.UTC(2026, 2, 29, 1, 30)]);
  });

  test.skipIf(!Real.present)('a real subject: all 13,210 rows, doses and carbohydrates to the last', () => {
    const name = 'azt1d/AZT1D_subject_05.csv';
    const { readings, summary } = Import.read(Real.bytes(name), { zone: 'America/Phoenix', now });
    const rows = Real.text(name).trimEnd().split(/\r?\n/).slice(1);
    // What a row says: its filled cells, at its time. A row of which all was said before is a duplicate.
    const said = new Set<string>();
    const cells = rows.map((row) => row.split(','));
    const sum = { 3: 0, 5: 0, 7: 0, 8: 0 };
    const fresh = cells.map((row) => {
      const places = ([3, 5, 7, 8] as const).filter((i) => (i === 3 ? row[i] !== '' : Number(row[i]) > 0));
      const news = places.filter((i) => !said.has(`${row[0]} ${i} ${Number(row[i])}`));
      for (const i of news) {
        said.add(`${row[0]} ${i} ${Number(row[i])}`);
        sum[i] += Number(row[i]);
      }
      return news.length > 0;
    });
    const duplicates = fresh.filter((is) => !is).length;
    expect(summary).toMatchObject({ rows: rows.length, refused: [], untimed: 0, duplicates });
    const got = (pick: (r: (typeof readings)[number]) => number) => readings.reduce((s, r) => s + pick(r), 0);
    expect(got((r) => (r.kind === 'insulin' && r.type === 'bolus' ? r.units : 0))).toBeCloseTo(sum[5], 6);
    expect(got((r) => (r.kind === 'carbs' ? r.grams : 0))).toBeCloseTo(sum[7], 6);
    expect(got((r) => (r.kind === 'insulin' && r.type === 'basal' ? r.units : 0))).toBeCloseTo(
      sum[3] / 12,
      1,
    );
    expect(got((r) => (r.kind === 'glucose' ? r.value : 0))).toBe(sum[8]);
  });
});
