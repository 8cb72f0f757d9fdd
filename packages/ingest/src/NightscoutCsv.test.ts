// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Real from './real.testkit.js';
import * as Twins from './twins.testkit.js';

const { zone, now } = Twins;
const values = ({ readings }: Import.Imported) =>
  readings.map((r) => ({ at: r.at, mgdl: r.kind === 'glucose' && r.value }));

describe('Nightscout’s tables', () => {
  test.each([',', '\t'] as const)('entries without names, separated by %j', (separator) => {
    const imported = Import.read(Twins.entriesCsv(separator), { zone, now });
    expect(imported).toMatchObject({
      format: 'nightscout-csv',
      summary: { rows: 12, produced: 12, refused: [], notes: [] },
    });
    expect(values(imported).reverse()).toEqual(Twins.series());
  });

  test('a last line that was cut is refused, and only that', () => {
    const bytes = Twins.entriesCsv();
    const { summary } = Import.read(bytes.slice(0, -12), { zone, now });
    expect(summary).toMatchObject({ rows: 12, produced: 11, refused: [{ row: 12, reason: 'cut' }] });
  });

  test('collections of API v3 with names, in any order', () => {
    const text = `identifier,created_at,eventType,insulin,carbs\nt1,2026-03-02T07:00:00Z,Meal Bolus,2.5,30\nt2,2026-03-02T07:05:00Z,Note,,\nx,,,\n`;
    const { format, readings, summary } = Import.read(Twins.utf8(text), { zone, now });
    expect(format).toBe('nightscout-csv');
    expect(summary).toMatchObject({ rows: 3, produced: 2, refused: [{ row: 4, reason: 'fields' }] });
    expect(readings).toMatchObject([
      { units: 2.5, source: { id: 't1' } },
      { grams: 30 },
      { kind: 'document' },
    ]);
  });

  test('the exporter’s sections are read each by its own names', () => {
    const imported = Import.read(Twins.exporterCsv(), { zone, now, dates: 'month-first' });
    const { format, readings, summary } = imported;
    expect(format).toBe('nightscout-exporter');
    expect(summary).toMatchObject({ rows: 17, produced: 15, untimed: 2, refused: [], notes: [] });
    expect(values(imported).slice(0, 12)).toEqual(Twins.series());
    expect(readings[4]).toMatchObject({ method: 'meter', source: { id: 'e4' } });
    expect(readings.slice(12)).toMatchObject([
      { kind: 'insulin', units: 2.5, source: { id: 't1' } },
      { kind: 'carbs', grams: 30, source: { id: 't1/carbs' } },
      { kind: 'device', what: 'temp basal', value: null },
      { kind: 'note', text: 'tired, but well' },
    ]);
  });

  test.skipIf(!Real.present)('real files', () => {
    const api = Import.read(Real.bytes('nightscout/entries_api.csv'), { zone: 'Europe/Moscow', now });
    const json = Import.read(Real.bytes('nightscout/iaps_entries.json'), { zone: 'Europe/Moscow', now });
    expect(api.summary).toMatchObject({ rows: 1000, produced: 1000, refused: [] });
    expect(values(api)).toEqual(values(json));
    const sections = Import.read(Real.bytes('nightscout/nightscout_exporter_sections.csv'), {
      zone: 'UTC',
      now,
    });
    expect(sections.summary).toMatchObject({
      rows: 202,
      produced: 200,
      untimed: 2,
      refused: [],
      readings: { glucose: 100, insulin: 28, carbs: 1, device: 71 },
    });
    expect(sections.summary.notes[0]!.text).toContain('month-first (likely)');
  });
});
