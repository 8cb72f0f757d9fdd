// Copyright the Islet authors. AGPL-3.0-or-later.
import { displayMgdl, displayMmol } from '@islet/core/Glucose';
import type { Reading } from '@islet/core/Reading';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyReading } from '../../core/src/core.testkit.js';
import * as Csv from './Csv.js';
import * as ReadingsCsv from './ReadingsCsv.js';

type Row = Record<(typeof ReadingsCsv.columns)[number], string>;

const read = (lines: Iterable<string>): Row[] =>
  parse<Row>([...lines].map((line) => line + Csv.lineBreak).join(''), {
    columns: true,
    record_delimiter: Csv.lineBreak,
  });

/** A reading as its row says it. */
const told = (r: Reading): Partial<Row> => ({
  at: new Date(r.at).toISOString(),
  kind: r.kind,
  app: r.source.app,
  device: r.source.device,
  source_id: r.source.id ?? '',
  said: r.said,
  what: 'what' in r ? r.what : r.kind === 'insulin' ? r.type : '',
  text: 'text' in r ? r.text : '',
  duration_ms: 'durationMs' in r ? String(r.durationMs) : '',
});

test('what any reading says is read back from its row', () => {
  fc.assert(
    fc.property(fc.array(anyReading, { maxLength: 8 }), (readings) => {
      const rows = read(ReadingsCsv.write([readings]));
      expect(rows).toHaveLength(readings.length);
      readings.forEach((r, i) => {
        const row = rows[i]!;
        expect(row).toMatchObject(told(r));
        if (Math.abs(r.offsetMinutes) <= 840) expect(Date.parse(row.local)).toBe(r.at);
        if (r.kind === 'glucose') {
          expect([Number(row.value), row.unit, row.method, row.beyond]).toEqual([
            r.value,
            r.unit,
            r.method,
            r.beyond ?? '',
          ]);
          expect(Number(row.glucose_mg_dl)).toBe(displayMgdl(r.value, r.unit));
          expect(Number(row.glucose_mmol_l)).toBe(displayMmol(r.value, r.unit));
        } else {
          expect([row.glucose_mg_dl, row.glucose_mmol_l]).toEqual(['', '']);
          const value =
            r.kind === 'insulin'
              ? r.units
              : r.kind === 'carbs'
                ? r.grams
                : r.kind === 'activity'
                  ? r.amount
                  : 'value' in r
                    ? r.value
                    : null;
          expect(row.value === '' ? null : Number(row.value)).toBe(value);
        }
      });
    }),
    { numRuns: 300 },
  );
});

test('cells of any text are read back as they were', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', '\r', '\n', ';', '=', 'ü') }), {
        minLength: 2,
        maxLength: 5,
      }),
      (cells) => {
        expect(
          parse(Csv.row(cells) + Csv.lineBreak, {
            record_delimiter: Csv.lineBreak,
            relax_column_count: true,
          }),
        ).toEqual([cells]);
      },
    ),
    { numRuns: 500 },
  );
});
