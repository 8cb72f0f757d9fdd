// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { unzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import { maxCells } from './Limits.js';
import * as Twins from './twins.testkit.js';

const { zone, now } = Twins;
const head = [
  'Index',
  'Timestamp (YYYY-MM-DDThh:mm:ss)',
  'Event Type',
  'Event Subtype',
  'Patient Info',
  'Device Info',
  'Source Device ID',
  'Glucose Value (mmol/L)',
  'Insulin Value (u)',
  'Carb Value (grams)',
  'Duration (hh:mm:ss)',
  'Glucose Rate of Change (mmol/L/min)',
  'Transmitter Time (Long Integer)',
  'Transmitter ID',
];
const days = (at: number) => (at + 3_600_000 - Date.UTC(1899, 11, 30)) / 86_400_000;

const clarity = (time: (at: number) => string | number, serials: number[]) =>
  Twins.workbook(
    [
      head,
      [1, '', 'FirstName', '', 'Ann & <co>', '', '', '', '', '', '', '', '', ''],
      ...Twins.series().map(({ at, mgdl }, i) => [
        i + 2,
        time(at),
        'EGV',
        '',
        '',
        '',
        'p',
        Math.round(mgdl / 1.801559) / 10,
        '',
        '',
        '',
        '',
        i * 300,
        'T',
      ]),
      [20, time(Twins.start), 'Exercise', 'Light', '', '', 'p', '', '', '', 0.5 / 24, '', '', ''],
      [21, time(Twins.start), 'Note', 'said "hm",\nthen\tleft', '', '', 'p', '', '', '', '', '', '', ''],
    ],
    serials,
  );

describe('spreadsheets', () => {
  test.each([
    ['counts of days shown as dates', clarity(days, [1, 10])],
    ['counts of days without a look', clarity(days, [10])],
    ['texts', clarity((at) => Twins.iso(at), [10])],
  ])('Clarity with times as %s is read as the table it is', (_, bytes) => {
    const { format, readings, summary } = Import.read(bytes, { zone, now });
    expect(format).toBe('clarity');
    expect(summary).toMatchObject({
      rows: 15,
      produced: 14,
      untimed: 1,
      refused: [],
      unit: 'mmol/L',
      notes: [],
    });
    expect(readings.slice(0, 12).map((r) => r.at)).toEqual(Twins.series().map(({ at }) => at));
    expect(readings.slice(0, 3).map((r) => r.kind === 'glucose' && r.value)).toEqual([5.6, 5.8, 6.2]);
    expect(readings.slice(12)).toMatchObject([
      { kind: 'activity', durationMs: 1_800_000 },
      { kind: 'note', text: 'said "hm",\nthen\tleft' },
    ]);
    expect(readings[0]!.source.id).toBe('T/0');
  });

  test('a workbook that holds no known table says what it saw', () => {
    const bytes = Twins.workbook([
      ['When', 'How much', 'Why'],
      ['a', 1, 'b'],
    ]);
    expect(() => Import.read(bytes, { zone, now })).toThrow(
      'This is a table whose columns are not known here: When, How much, Why.',
    );
  });

  test('files in it that are damaged are said to be', () => {
    const files = unzipSync(clarity(days, [1]));
    const bad = zipSync({
      ...files,
      'xl/worksheets/sheet1.xml': Twins.utf8('<worksheet><row r="1"><c></row>'),
    });
    expect(() => Import.read(bad, { zone, now })).toThrow(
      expect.objectContaining({ code: 'INGEST_BAD_ARCHIVE' }),
    );
    const laughs =
      '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet><sheetData><row r="1"><c t="str"><v>&b;</v></c></row></sheetData></worksheet>';
    expect(() =>
      Import.read(zipSync({ ...files, 'xl/worksheets/sheet1.xml': Twins.utf8(laughs) }), { zone, now }),
    ).toThrow(expect.objectContaining({ code: 'INGEST_BAD_ARCHIVE' }));
  });

  test('a row or a column beyond the limits is refused before it takes memory', () => {
    const files = unzipSync(clarity(days, [1]));
    for (const cell of ['<row r="99999999"/>', '<row r="1"><c r="ZZZ1"><v>1</v></c></row>']) {
      const sheet = Twins.utf8(`<worksheet><sheetData>${cell}</sheetData></worksheet>`);
      expect(() =>
        Import.read(zipSync({ ...files, 'xl/worksheets/sheet1.xml': sheet }), { zone, now }),
      ).toThrow(expect.objectContaining({ code: 'INGEST_TOO_LARGE' }));
    }
  });

  test('rows that are filled up to a far column are counted by all their cells', () => {
    const files = unzipSync(clarity(days, [1]));
    const rows = `<row><c r="IV1"><v>1</v></c></row>${'<row><c r="A1"/></row>'.repeat(maxCells / 256)}`;
    const sheet = Twins.utf8(`<worksheet><sheetData>${rows}</sheetData></worksheet>`);
    const bytes = zipSync({ ...files, 'xl/worksheets/sheet1.xml': sheet });
    expect(bytes.length).toBeLessThan(100_000);
    expect(() => Import.read(bytes, { zone, now })).toThrow(
      expect.objectContaining({ code: 'INGEST_TOO_LARGE' }),
    );
  });

  test('law: whatever stands in the cells comes back from them', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', '"', '\t', '\n', ' ', 'é', '&', '<', ',', '7'),
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        fc.array(
          cell.filter((t) => t.trim() !== ''),
          { minLength: 1, maxLength: 6 },
        ),
        (notes) => {
          const rows = notes.map((t, i) => [
            i + 1,
            Twins.iso(Twins.start + i * 1000),
            'Note',
            t,
            '',
            '',
            'p',
            '',
            '',
            '',
            '',
            '',
            '',
            '',
          ]);
          const { readings, summary } = Import.read(Twins.workbook([head, ...rows]), { zone, now });
          expect(summary.refused).toEqual([]);
          expect(readings.map((r) => r.kind === 'note' && r.text)).toEqual(notes.map((t) => t.trim()));
        },
      ),
      { numRuns: 60 },
    );
  });
});
