// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Clarity from './Clarity.js';
import * as LibreviewColumns from './LibreviewColumns.js';
import { maxPreambleLines } from './Limits.js';
import * as NightscoutJson from './NightscoutJson.js';
import * as Table from './Table.js';
import { UnrecognisedError } from './Text.js';

export type Format = 'clarity' | 'libreview' | 'nightscout';

/** What a text was recognised as, with what its reader needs. `line` is where the column names stand, from 1. */
export type Detected =
  | { format: 'clarity'; separator: Table.Separator; line: number; columns: Clarity.Columns }
  | {
      format: 'libreview';
      separator: Table.Separator;
      line: number;
      columns: LibreviewColumns.Columns;
      above: string[][];
    }
  | { format: 'nightscout'; entries: unknown[] };

/**
 * Recognises a text by what it contains, never by a name. Throws `INGEST_UNRECOGNISED` saying in words what it
 * looks like, `INGEST_BAD_JSON`, or `INGEST_UNIT_MIXED`.
 */
export function recognise(text: string): Detected {
  const start = firstSign(text);
  if (start === '') throw new UnrecognisedError('an empty file');
  if (start === '{' || start === '[') {
    const body = NightscoutJson.parse(text);
    const entries = NightscoutJson.entries(body);
    if (!entries) throw new UnrecognisedError(jsonWords(body));
    return { format: 'nightscout', entries };
  }
  const table = findTable(text);
  if (table) return table;
  if (start === '<')
    throw new UnrecognisedError(/<!doctype html|<html/i.test(text.slice(0, 1024)) ? 'HTML' : 'XML');
  throw new UnrecognisedError(tableWords(text));
}

function firstSign(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c !== '\uFEFF' && c.trim() !== '') return c;
  }
  return '';
}

function findTable(text: string): Detected | undefined {
  const lines = Table.head(text, maxPreambleLines);
  for (const [i, line] of lines.entries()) {
    for (const separator of Table.separators) {
      if (!line.includes(separator)) continue;
      const names = Table.cells(line, separator);
      const clarity = Clarity.columns(names);
      if (clarity) return { format: 'clarity', separator, line: i + 1, columns: clarity };
      const libreview = LibreviewColumns.of(names);
      if (libreview) {
        const above = lines.slice(0, i).map((l) => Table.cells(l, separator));
        return { format: 'libreview', separator, line: i + 1, columns: libreview, above };
      }
    }
  }
  return undefined;
}

function jsonWords(body: unknown): string {
  if (!Array.isArray(body)) return 'a JSON object without entries';
  const some = body.find((item) => typeof item === 'object' && item !== null);
  if (some && 'eventType' in some) return 'a JSON array of Nightscout treatments, not of entries';
  return 'a JSON array without entries';
}

function tableWords(text: string): string {
  const lines = Table.head(text, maxPreambleLines);
  const wide = lines.some((line) => Table.separators.some((s) => line.split(s).length > 2));
  return wide ? 'a table whose columns are not known here' : 'text without a table';
}
