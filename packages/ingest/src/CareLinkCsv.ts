// Copyright the Islet authors. AGPL-3.0-or-later.
import * as CareLinkBasal from './CareLinkBasal.js';
import { type Columns, type Name, of } from './CareLinkColumns.js';
import * as CareLinkMeals from './CareLinkMeals.js';
import * as CareLinkRow from './CareLinkRow.js';
import { clip } from './Clip.js';
import * as Dates from './Dates.js';
import { type Draft, settleRows, type Untimed } from './Draft.js';
import type { Asked, Format } from './Format.js';
import * as Header from './Header.js';
import { maxNameLength, maxSaidLength } from './Limits.js';
import { type Outcome, type Parsed, type Remark, refused, untimed } from './Outcome.js';
import * as Table from './Table.js';

// Medtronic CareLink's CSV: names and serials first, then one table per device, each under a line of dashes and its
// own column names; newest rows first; a row is one event of the pump, with a column for each kind.

export const format: Format = {
  name: 'carelink-csv',
  recognise: ({ text }) => {
    const header = Header.find(text, of);
    if (!header || text === undefined) return undefined;
    const { separator, line, found, above } = header;
    return (asked) => read(Table.read(text, separator, line, found.width), found, above.at(-1) ?? [], asked);
  },
};

function read(records: Table.Record[], first: Columns, above: string[], asked: Asked): Parsed {
  let columns = first;
  let device = deviceOf(above);
  const rows = records.map((record): CareLinkRow.Row | Outcome => {
    const start = (record.cells[0] ?? '').trim();
    if (start.startsWith('---')) {
      device = deviceOf(record.cells);
      return untimed(record.row);
    }
    const next = start.toLowerCase() === 'index' ? of(record.cells) : undefined;
    if (next) {
      columns = next;
      return untimed(record.row);
    }
    if (record.bad) return refused(record.row, record.bad);
    const own = columns;
    const cell = (name: Name) => (own.at[name] < 0 ? '' : (record.cells[own.at[name]] ?? '').trim());
    return { row: record.row, cell, all: record, columns: own, device };
  });
  const said = (row: CareLinkRow.Row) => `${row.cell('date')} ${row.cell('time')}`.trim();
  const dates = Dates.read(
    rows.map((row) => ('is' in row ? undefined : { said: said(row), lane: row.device })),
    asked,
  );
  const numbers: number[] = [];
  const meals = CareLinkMeals.of(rows, dates.walls);
  const drafts = rows.map((row, i): Outcome | Draft => {
    if ('is' in row) return row;
    if (said(row) === '') return untimed(row.row);
    const wall = dates.walls[i];
    if (wall === undefined) return refused(row.row, 'time');
    const events = CareLinkRow.events(row, meals.has(i), numbers);
    if (typeof events === 'string') return refused(row.row, events);
    const source = { app: 'carelink', device: row.device, id: null };
    const readings = events.map((e) => ({ ...e, said: clip(said(row), maxSaidLength), source }) as Untimed);
    return { row: row.row, wall, tick: null, lane: row.device, readings };
  });
  const settled = settleRows(asked.zone, drafts);
  const remarks: Remark[] = [...dates.remarks, ...settled.remarks];
  if (rows.some((row) => !('is' in row) && row.cell('newTime') !== ''))
    remarks.push({
      code: 'clock-set',
      text: 'The pump’s clock was set by hand; times before that may be off by as much.',
    });
  if (columns.translated) {
    const text = 'The column names are in a language not known here; the columns were told by their places.';
    remarks.push({ code: 'names-translated', text });
  }
  return { outcomes: CareLinkBasal.deliver(rows, settled.outcomes), unit: first.unit, numbers, remarks };
}

/** `-------,Paradigm Revel - 723,Pump,814962,-------` */
const deviceOf = (cells: string[]): string =>
  (cells[0] ?? '').startsWith('---')
    ? clip(`${(cells[1] ?? '').trim()} ${(cells[3] ?? '').trim()}`.trim(), maxNameLength)
    : '';
