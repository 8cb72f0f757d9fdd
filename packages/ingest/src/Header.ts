// Copyright the Islet authors. AGPL-3.0-or-later.
import { maxPreambleLines } from './Limits.js';
import * as Table from './Table.js';

/** Where a table's column names stand, with what was found in them. `above` are the cells of the lines before. */
export type Header<T> = { separator: Table.Separator; line: number; above: string[][]; found: T };

/**
 * Looks for a line of column names that `of` knows among the first lines of a text. `of` also gets the lines above
 * it. Undefined where there is none, or no text.
 */
export function find<T>(
  text: string | undefined,
  of: (names: string[], above: string[]) => T | undefined,
): Header<T> | undefined {
  if (text === undefined || /^\uFEFF?\s{0,64}[<{[]/.test(text)) return undefined;
  const lines = Table.head(text, maxPreambleLines);
  for (const [i, line] of lines.entries()) {
    for (const separator of Table.separators) {
      if (!line.includes(separator)) continue;
      const found = of(Table.cells(line, separator), lines.slice(0, i));
      if (found === undefined) continue;
      return {
        separator,
        line: i + 1,
        above: lines.slice(0, i).map((l) => Table.cells(l, separator)),
        found,
      };
    }
  }
  return undefined;
}

/** A column name without byte order marks (also those encoded twice), quotes, doubled blanks and differences of case. */
export const plain = (name: string): string =>
  name
    .replace(/\uFEFF|ï»¿|"/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
