// Copyright the Islet authors. AGPL-3.0-or-later.
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Real from './real.testkit.js';
import * as Twins from './twins.testkit.js';

const { zone, now } = Twins;
const read = (text: string) => Import.read(Twins.utf8(text), { zone, now });

describe('Glooko', () => {
  test('an archive gives the rows of all its tables', () => {
    const { format, readings, summary } = Import.read(Twins.glooko(), { zone, now });
    expect(format).toBe('glooko');
    expect(summary).toMatchObject({
      rows: 25,
      produced: 25,
      refused: [],
      untimed: 0,
      notes: [],
      unit: 'mg/dL',
    });
    expect(readings.slice(0, 12).map((r) => ({ at: r.at, mgdl: r.kind === 'glucose' && r.value }))).toEqual(
      Twins.series(),
    );
    expect(readings.slice(12)).toMatchObject([
      { kind: 'glucose', method: 'meter', value: 118 },
      { kind: 'carbs', grams: 12.5 },
      { kind: 'device', what: 'tandem_cgm_low', source: { device: 'S1' } },
      { kind: 'activity', durationMs: 1_800_000 },
      { kind: 'note', text: 'Walk, Medium' },
      { kind: 'health', what: 'medication', text: 'Metformin 500' },
      { kind: 'note', text: 'tired' },
      { kind: 'insulin', type: 'bolus', units: 2 },
      { kind: 'carbs', grams: 30 },
      { kind: 'device', what: 'bolus calculator, glucose mg/dL', value: 120 },
      { kind: 'insulin', type: 'bolus', units: 1 },
      { kind: 'insulin', type: 'bolus', units: 2 },
      { kind: 'insulin', type: 'basal', units: 0.3, durationMs: 1_800_000 },
      { kind: 'insulin', type: 'basal', units: 0, durationMs: 900_000 },
      { kind: 'device', what: 'temp basal, %, for 60 minutes', value: 80 },
      { kind: 'document', what: 'glooko row' },
      { kind: 'insulin', type: 'long', units: 14 },
    ]);
  });

  test('where one table shows how dates are written, the whole archive is read so', () => {
    const head = 'Name:Ann,Date Range:2026-01-01 - 2026-12-31\n';
    const bytes = zipSync({
      'bg_data_1.csv': Twins.utf8(
        `${head}Timestamp,Glucose Value (mg/dl),Manual Reading\n3/2/2026 8:30,118,M\n`,
      ),
      'carbs_data_1.csv': Twins.utf8(`${head}Timestamp,Carbs (g)\n2/13/2026 8:31,12\n3/2/2026 8:31,12\n`),
    });
    const { readings, summary } = Import.read(bytes, { zone, now });
    expect(readings[0]!.at).toBe(Date.UTC(2026, 2, 2, 7, 30));
    expect(summary.notes.map((n) => n.text)).toEqual([
      "Dates were read month-first (certain), as in the archive's other files.",
    ]);
  });

  test('a loose table in German, in mmol/L with decimal commas', () => {
    const { readings, summary } = read(
      'Name:Ann;Datumsbereich:17.08.2026 - 18.08.2026\nZeitstempel;CGM-Glukosewert (mmol/l);Seriennummer\n17.08.2026 08:10;5,6;S1\n17.08.2026 08:15;Low;S1\n',
    );
    expect(summary).toMatchObject({ rows: 2, produced: 2, unit: 'mmol/L', words: { low: 1 } });
    expect(readings[0]).toMatchObject({ value: 5.6, unit: 'mmol/L', at: Date.UTC(2026, 7, 17, 6, 10) });
  });

  test.each([
    [
      'Timestamp,Insulin Delivered (U),Initial Delivery (U),Extended Delivery (U)\n2026-03-02 08:00,x,,\n',
      'value',
    ],
    [
      'Timestamp,Insulin Type,Duration (minutes),Rate,Insulin Delivered (U)\n2026-03-02 08:00,Scheduled,long,1,\n',
      'value',
    ],
    ['Timestamp,Alarm/Event\n2026-13-02 08:00,x\n', 'time'],
    ['Timestamp,Alarm/Event\n2026-03-02 08:00\n2026-03-02 08:00,x\n2026-03-02 08:05,x\n', 'fields'],
  ])('%j has a row that cannot be right', (text, reason) => {
    expect(read(text).summary.refused).toMatchObject([{ reason }]);
  });

  test('a table that any program could have made is not taken for Glooko’s', () => {
    expect(() => read('Timestamp,Glucose Value (mg/dL),Trend\n2026-03-02 08:00,100,Flat\n')).toThrow(
      'a table whose columns',
    );
  });

  test.skipIf(!Real.present).each([
    ['cgm', { glucose: 288 }],
    ['bg', { glucose: 21 }],
    ['insulin', { insulin: 76 }],
    ['carbs', { carbs: 15, note: 15 }],
    ['alarms', { device: 14 }],
  ])('real layout: %s', (name, readings) => {
    const file = `glooko/${name}_data_1.csv`;
    const { format, summary } = Import.read(Real.bytes(file), { zone, now });
    const rows = Real.text(file).trimEnd().split('\n').length - 2;
    expect(format).toBe('glooko');
    expect(summary).toMatchObject({ rows, produced: rows, refused: [], readings });
  });
});
