// Copyright the Islet authors. AGPL-3.0-or-later.
// Spreadsheets: zip and XML, as far as a table needs them.
import { IsletError } from '@islet/core/IsletError';
import { SaxesParser } from 'saxes';
import { maxCells, maxFields, maxLineLength, maxRows } from './Limits.js';
import { TooLargeError } from './Text.js';
import { ArchiveError, type Member } from './Zip.js';

/** A sheet as text with tabs, each row on its own line. */
export type Sheet = { name: string; text: string };

export const isWorkbook = (members: Member[]): boolean =>
  members.some(({ name }) => name === 'xl/workbook.xml');

/** The sheets of a workbook that have cells. Throws `INGEST_BAD_ARCHIVE` and `INGEST_TOO_LARGE`. */
export function sheets(members: Member[]): Sheet[] {
  const open = (name: string): string => {
    const found = members.find((m) => m.name === name);
    return found ? new TextDecoder().decode(found.open()) : '';
  };
  const book = bookOf(open('xl/workbook.xml'));
  const look: Look = {
    strings: stringsOf(open('xl/sharedStrings.xml')),
    dates: datesOf(open('xl/styles.xml')),
    from: book.from1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, 30),
  };
  const order = (name: string) => Number(/(\d{1,6})\.xml$/.exec(name)?.[1] ?? 0);
  const files = members
    .filter(({ name }) => /^xl\/worksheets\/[^/]+\.xml$/.test(name))
    .sort((a, b) => order(a.name) - order(b.name));
  const room = { cells: maxCells };
  return files.flatMap(({ name }, i) => {
    const text = textOf(open(name), look, room);
    return text === '' ? [] : [{ name: book.names[i] ?? name, text }];
  });
}

type Tag = { name: string; attributes: { [name: string]: string } };
type Handlers = { open?(tag: Tag): void; text?(text: string): void; close?(name: string): void };

/** Walks through a part of a workbook; prefixes of names are dropped. */
function walk(xml: string, handlers: Handlers): void {
  if (xml === '') return;
  const local = (name: string) => name.slice(name.indexOf(':') + 1);
  const parser = new SaxesParser();
  parser.on('error', (cause) => {
    throw cause;
  });
  parser.on('opentag', (tag) =>
    handlers.open?.({ name: local(tag.name), attributes: tag.attributes as Tag['attributes'] }),
  );
  parser.on('text', (text) => handlers.text?.(text));
  parser.on('closetag', (tag) => handlers.close?.(local(tag.name)));
  try {
    parser.write(xml).close();
  } catch (cause) {
    if (cause instanceof IsletError) throw cause;
    throw new ArchiveError('a sheet in it is damaged');
  }
}

function bookOf(xml: string): { names: string[]; from1904: boolean } {
  const names: string[] = [];
  let from1904 = false;
  walk(xml, {
    open: ({ name, attributes }) => {
      if (name === 'sheet') names.push(attributes.name ?? '');
      if (name === 'workbookPr') from1904 = /^(1|true)$/.test(attributes.date1904 ?? '');
    },
  });
  return { names, from1904 };
}

/** Texts stand once for the whole workbook; each may be made of runs, and have readings for foreign scripts beside it. */
function stringsOf(xml: string): string[] {
  const out: string[] = [];
  let [text, inText, aside] = ['', false, false];
  walk(xml, {
    open: ({ name }) => {
      if (name === 'si') text = '';
      if (name === 't') inText = true;
      if (name === 'rPh') aside = true;
    },
    text: (piece) => {
      if (inText && !aside && text.length <= maxLineLength) text += piece;
    },
    close: (name) => {
      if (name === 't') inText = false;
      if (name === 'rPh') aside = false;
      if (name === 'si') out.push(text);
    },
  });
  return out;
}

/** Number formats that ECMA-376 (18.8.30) gives to dates and times. */
const builtIn = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 58);

/** Which cell styles show a number as a date or a time. */
function datesOf(xml: string): boolean[] {
  const own = new Set<number>();
  const out: boolean[] = [];
  let inCells = false;
  walk(xml, {
    open: ({ name, attributes }) => {
      if (name === 'numFmt' && isDate(attributes.formatCode ?? '')) own.add(Number(attributes.numFmtId));
      if (name === 'cellXfs') inCells = true;
      const id = Number(attributes.numFmtId ?? 0);
      if (name === 'xf' && inCells) out.push(builtIn(id) || own.has(id));
    },
    close: (name) => {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return out;
}

const isDate = (code: string): boolean =>
  /[ymdhs]/i.test(code.slice(0, 256).replace(/"[^"]*"|\\.|\[(?!h|m|s)[^\]]*\]/gi, ''));

type Look = { strings: string[]; dates: boolean[]; from: number };

function textOf(xml: string, look: Look, room: { cells: number }): string {
  const rows: string[][] = [];
  let cell = { column: 0, type: '', style: 0 };
  let [value, inValue] = ['', false];
  walk(xml, {
    open: ({ name, attributes }) => {
      if (name === 'row') {
        // Rows without cells may be left out; each must keep its number.
        const number = Number(attributes.r ?? rows.length + 1);
        if (!(number <= maxRows)) throw new TooLargeError(`A sheet has more than ${maxRows} rows.`);
        while (rows.length < number) rows.push([]);
      } else if (name === 'c') {
        const last = rows.at(-1)?.length ?? 0;
        cell = {
          column: columnOf(attributes.r) ?? last,
          type: attributes.t ?? '',
          style: Number(attributes.s ?? 0),
        };
        value = '';
      } else if (name === 'v' || name === 't') inValue = true;
    },
    text: (piece) => {
      if (inValue && value.length <= maxLineLength) value += piece;
    },
    close: (name) => {
      if (name === 'v' || name === 't') inValue = false;
      if (name !== 'c') return;
      if (cell.column >= maxFields) throw new TooLargeError(`A sheet has more than ${maxFields} columns.`);
      const row = rows.at(-1);
      if (!row) return;
      while (row.length < cell.column) row.push('');
      row[cell.column] = shown(value, cell, look);
    },
  });
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  if (width === 0) return '';
  room.cells -= rows.filter((row) => row.length > 0).length * width;
  if (room.cells < 0) throw new TooLargeError(`The workbook has more than ${maxCells} cells.`);
  return rows
    .map((row) => line(row, width))
    .join('\n')
    .concat('\n');
}

const line = (row: string[], width: number): string =>
  row.length === 0 ? '' : Array.from({ length: width }, (_, i) => quoted(row[i] ?? '')).join('\t');

const quoted = (cell: string): string => (/[\t\n\r"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** `AB12` is column 27, from 0. */
function columnOf(place: string | undefined): number | undefined {
  const letters = /^([A-Z]{1,3})\d/.exec(place ?? '')?.[1];
  if (letters === undefined) return undefined;
  return [...letters].reduce((n, c) => n * 26 + c.charCodeAt(0) - 64, 0) - 1;
}

function shown(value: string, cell: { type: string; style: number }, look: Look): string {
  if (cell.type === 's') return look.strings[Number(value)] ?? '';
  if (cell.type === '' || cell.type === 'n') {
    const number = Number(value);
    if (value !== '' && look.dates[cell.style] && number >= 0 && number < 2_958_466)
      return date(number, look.from);
  }
  return value;
}

/** A count of days as a local time; below one, a time alone. */
function date(days: number, from: number): string {
  const seconds = Math.round(days * 86_400);
  const iso = new Date(from + seconds * 1000).toISOString();
  return days < 1 ? iso.slice(11, 19) : `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
}
