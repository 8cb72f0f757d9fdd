// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxLineLength, maxRecordLines } from './Limits.js';
import * as Table from './Table.js';

const rows = (text: string, width = 3) => Table.read(text, ',', 1, width);

describe('a table', () => {
  test('rows carry the line they begin on, blank lines none', () => {
    expect(rows('a,b,c\n1,2,3\n\n4,5,6\r\n')).toEqual([
      { row: 2, cells: ['1', '2', '3'], bad: null },
      { row: 4, cells: ['4', '5', '6'], bad: null },
    ]);
  });

  test('a quoted field may hold separators, quotation marks and line ends', () => {
    expect(rows('a,b,c\n1,"x, ""y""\nz",3\n4,5,6\n')).toEqual([
      { row: 2, cells: ['1', 'x, "y"\nz', '3'], bad: null },
      { row: 4, cells: ['4', '5', '6'], bad: null },
    ]);
  });

  test('a quotation mark that is never closed costs its own row only', () => {
    const lines = Array.from({ length: 3 * maxRecordLines }, (_, i) => `${i},x,y`);
    const read = rows(`a,b,c\n1,"open,3\n${lines.join('\n')}\n`);
    expect(read[0]).toMatchObject({ row: 2, bad: 'quote' });
    expect(read.slice(1).map((r) => r.bad)).toEqual(lines.map(() => null));
  });

  test('a quotation mark inside a field is a letter', () => {
    expect(rows('a,b,c\n1,6" pizza,3\n')[0]!.cells).toEqual(['1', '6" pizza', '3']);
  });

  test('a last line that is cut is refused, one that only lacks its line end is not', () => {
    expect(rows('a,b,c\n1,2,3\n4,5').map((r) => r.bad)).toEqual([null, 'cut']);
    expect(rows('a,b,c\n1,2,333\n4,5,666').map((r) => r.bad)).toEqual([null, null]);
    expect(rows('a,b,c\n1,2,333\n4,5,66').map((r) => r.bad)).toEqual([null, 'cut']);
  });

  test('a short or a long row is refused, but trimmed and empty ends are not', () => {
    expect(rows('a,b,c\n1,2,3\n4,5\n6,7,8\n').map((r) => r.bad)).toEqual([null, 'fields', null]);
    expect(rows('a,b,c\n1,7,8,3\n1,2,3\n').map((r) => r.bad)).toEqual(['fields', null]);
    expect(rows('a,b,c\n1,2,3,,\n').map((r) => r.bad)).toEqual([null]);
    expect(rows('a,b,c\n1,2\n3,4\n5,6,7\n').map((r) => r.bad)).toEqual([null, null, null]);
  });

  test('limits are told apart from faults', () => {
    const tooLarge = expect.objectContaining({ code: 'INGEST_TOO_LARGE' });
    expect(() => rows(`a,b,c\n${'x'.repeat(maxLineLength + 1)}\n`)).toThrow(tooLarge);
    expect(() => rows(`a,b,c\n${'1,'.repeat(300)}\n`)).toThrow(tooLarge);
  });

  test('law: what is written with quotes is read back', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', ';'), maxLength: 6 });
    const table = fc.array(fc.tuple(fc.constant('k'), cell, fc.constant('z')), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(table, (records) => {
        const quote = (c: string) => (/[",\n]/.test(c) ? `"${c.replaceAll('"', '""')}"` : c);
        const text = records.map((r) => `${r.map(quote).join(',')}\n`).join('');
        expect(Table.read(text, ',', 0, 3).map((r) => r.cells)).toEqual(records);
      }),
      { numRuns: 200 },
    );
  });
});
