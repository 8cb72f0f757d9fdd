// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import * as Dates from './Dates.js';
import { type Draft, type Event, settleRows, type Untimed } from './Draft.js';
import type { Asked, Format } from './Format.js';
import * as Header from './Header.js';
import { maxNameLength, maxNoteLength, maxSaidLength } from './Limits.js';
import * as NightscoutTreatment from './NightscoutTreatment.js';
import { type Outcome, type Parsed, type Reason, refused, untimed } from './Outcome.js';
import * as Table from './Table.js';
import * as Unit from './Unit.js';

// The CSV of nightscout-exporter: several tables in one file, each under a line `# NAME` with its own column names.

export const format: Format = {
  name: 'nightscout-exporter',
  recognise: ({ text }) => {
    const header = Header.find(text, (names, above) => {
      const plain = names.map(Header.plain);
      const titled = above.some((line) => /^\uFEFF?"?# /.test(line));
      return titled && plain[0] === 'date' && plain[1] === 'time' ? plain : undefined;
    });
    if (!header || text === undefined) return undefined;
    const { separator, line, found } = header;
    return (asked) => read(Table.read(text, separator, line, found.length), found, asked);
  },
};

type Row = { cell(name: string): string; record: Table.Record };

function read(records: Table.Record[], names: string[], asked: Asked): Parsed {
  let columns = names;
  const numbers: number[] = [];
  const rows = records.map((record): Row | Outcome => {
    const [first = '', second = ''] = record.cells;
    // Titles and names of the next table.
    if (first.startsWith('#')) return untimed(record.row);
    if (Header.plain(first) === 'date' && Header.plain(second) === 'time') {
      columns = record.cells.map(Header.plain);
      return untimed(record.row);
    }
    if (record.bad) return refused(record.row, record.bad);
    const own = columns;
    return { record, cell: (name) => (record.cells[own.findIndex((n) => n.startsWith(name))] ?? '').trim() };
  });
  const said = (row: Row) => `${row.cell('date')} ${row.cell('time')}`.trim();
  const dates = Dates.read(
    rows.map((row) =>
      'is' in row ? undefined : { said: said(row), lane: row.cell('event type') === '' ? 'e' : 't' },
    ),
    asked,
  );
  const unit = Unit.same(names.flatMap((name) => Unit.declared(name) ?? [])) ?? 'mg/dL';
  const drafts = rows.map((row, i): Outcome | Draft => {
    if ('is' in row) return row;
    const number = row.record.row;
    if (said(row) === '') return untimed(number);
    const wall = dates.walls[i];
    if (wall === undefined) return refused(number, 'time');
    const events = row.cell('event type') === '' ? entry(row, unit, numbers) : treatment(row);
    if (typeof events === 'string') return refused(number, events);
    const id = row.cell('id') || null;
    const device = clip(row.cell('device'), maxNameLength);
    const readings = events.map((event, j): Untimed => {
      const own = id === null || j === 0 ? id : `${id}/${event.kind}${j > 1 ? j : ''}`;
      const fits = own !== null && own.length <= maxNameLength ? own : null;
      const source = { app: 'nightscout-exporter', device, id: fits };
      return { ...event, said: clip(said(row), maxSaidLength), source } as Untimed;
    });
    return { row: number, wall, tick: null, lane: row.cell('event type') === '' ? 'e' : 't', readings };
  });
  const settled = settleRows(asked.zone, drafts);
  return { outcomes: settled.outcomes, unit, numbers, remarks: [...dates.remarks, ...settled.remarks] };
}

function entry(row: Row, unit: 'mg/dL' | 'mmol/L', numbers: number[]): Event[] | Reason {
  const type = row.cell('type').toLowerCase();
  const value = Amount.parse(row.cell('glucose'));
  const method = type === 'mbg' ? 'meter' : 'cgm';
  if (type === 'cal') return [{ kind: 'device', what: 'calibration', value: value ?? null }];
  if (value !== undefined) numbers.push(value);
  const level = Amount.glucose(row.cell('glucose'), unit, method);
  return level ? [{ kind: 'glucose', ...level, method }] : 'value';
}

/** A treatment, less most of its fields: the export leaves out rates and durations. */
function treatment(row: Row): Event[] | Reason {
  const type = row.cell('event type');
  const of = {
    eventType: type,
    insulin: row.cell('insulin'),
    carbs: row.cell('carbs'),
    notes: row.cell('notes'),
  };
  if (!/^temp ?basal/i.test(type)) return NightscoutTreatment.events(of, undefined);
  const event: Event = { kind: 'device', what: clip(type.toLowerCase(), maxNameLength), value: null };
  return of.notes === '' ? [event] : [event, { kind: 'note', text: clip(of.notes, maxNoteLength) }];
}
