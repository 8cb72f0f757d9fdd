// Copyright the Islet authors. AGPL-3.0-or-later.
import { toMgdl } from '@islet/core/Glucose';
import * as Amount from './Amount.js';
import * as Basal from './Basal.js';
import { clip } from './Clip.js';
import * as Dates from './Dates.js';
import { type Draft, type Event, settleRows, type Untimed } from './Draft.js';
import type { Asked, Format } from './Format.js';
import { type Columns, type Name, of } from './GlookoColumns.js';
import * as Header from './Header.js';
import * as Keep from './Keep.js';
import {
  maxCarbGrams,
  maxDurationMs,
  maxInsulinUnits,
  maxNameLength,
  maxNoteLength,
  maxSaidLength,
} from './Limits.js';
import { type Outcome, type Parsed, type Reason, refused, untimed } from './Outcome.js';
import * as Table from './Table.js';
import { parse } from './WallTime.js';

// Glooko's export: an archive of tables, one per kind of record. What a table holds is told by its columns.

export const format: Format = {
  name: 'glooko',
  recognise: ({ text }) => {
    const header = Header.find(text, (names, above) =>
      of(
        names,
        above.some((line) => /^\uFEFF?"?Name\s*:/i.test(line)),
      ),
    );
    if (!header || text === undefined) return undefined;
    const { separator, line, found, above } = header;
    return (asked) => read(Table.read(text, separator, line, found.width), found, above, asked);
  },
};

function read(records: Table.Record[], columns: Columns, above: string[][], asked: Asked): Parsed {
  const cell = (record: Table.Record, name: Name) =>
    columns.at[name] < 0 ? '' : (record.cells[columns.at[name]] ?? '').trim();
  // `Date Range:2025-01-01 - 2025-01-07` says how late rows can be.
  const range = /(\d{4}-\d\d-\d\d)\s*$/.exec(above.flat().join(',').trim())?.[1];
  const dates = Dates.read(
    records.map((record) => (record.bad ? undefined : { said: cell(record, 'time'), lane: '' })),
    asked,
    range === undefined ? undefined : parse(range),
  );
  const numbers: number[] = [];
  const rows = records.map((record, i): Outcome | Draft => {
    if (record.bad) return refused(record.row, record.bad);
    const said = cell(record, 'time');
    if (said === '') return untimed(record.row);
    const wall = dates.walls[i];
    if (wall === undefined) return refused(record.row, 'time');
    const events = eventsOf((name) => cell(record, name), columns, record, numbers);
    if (typeof events === 'string') return refused(record.row, events);
    const source = { app: 'glooko', device: clip(cell(record, 'device'), maxNameLength), id: null };
    const readings = events.map((e) => ({ ...e, said: clip(said, maxSaidLength), source }) as Untimed);
    return { row: record.row, wall, tick: null, lane: '', readings };
  });
  const settled = settleRows(asked.zone, rows);
  return {
    outcomes: settled.outcomes,
    unit: columns.unit,
    numbers,
    remarks: [...dates.remarks, ...settled.remarks],
    ...(dates.dates && { dates: dates.dates }),
  };
}

type Cell = (name: Name) => string;

function eventsOf(cell: Cell, columns: Columns, record: Table.Record, numbers: number[]): Event[] | Reason {
  switch (columns.kind) {
    case 'glucose':
      return glucose(cell, columns, numbers);
    case 'bolus':
      return bolus(cell, columns);
    case 'basal':
      return basal(cell);
    case 'dose':
      return dose(cell);
    case 'carbs': {
      const grams = Amount.upTo(cell('carbs'), maxCarbGrams);
      return grams === undefined ? 'value' : [{ kind: 'carbs', grams }, ...note(cell('name'))];
    }
    case 'alarm':
      return cell('alarm') === ''
        ? 'value'
        : [{ kind: 'device', what: clip(cell('alarm').toLowerCase(), maxNameLength), value: null }];
    case 'exercise': {
      const minutes = cell('duration') === '' ? 0 : Amount.upTo(cell('duration'), maxDurationMs / 60_000);
      if (minutes === undefined) return 'value';
      const activity: Event = { kind: 'activity', what: 'exercise', amount: 0, durationMs: minutes * 60_000 };
      return [activity, ...note([cell('name'), cell('intensity')].filter((t) => t !== '').join(', '))];
    }
    case 'medication': {
      const text = [cell('name'), cell('value')].filter((t) => t !== '').join(' ');
      return text === ''
        ? 'value'
        : [{ kind: 'health', what: 'medication', text: clip(text, maxNoteLength) }];
    }
    case 'note': {
      const found = note(cell('value'));
      return found.length > 0 ? found : 'value';
    }
    case 'other': {
      const cells = columns.names.map((name, i) => [name, (record.cells[i] ?? '').trim()]);
      const kept = Keep.document('glooko row', Object.fromEntries(cells.filter(([, text]) => text !== '')));
      return kept === 'large' ? kept : [kept];
    }
  }
}

const note = (text: string): Event[] =>
  text === '' ? [] : [{ kind: 'note', text: clip(text, maxNoteLength) }];

function glucose(cell: Cell, columns: Columns, numbers: number[]): Event[] | Reason {
  const number = Amount.parse(cell('glucose'));
  if (number !== undefined) numbers.push(number);
  const level = Amount.glucose(cell('glucose'), columns.unit ?? 'mg/dL', columns.method);
  if (!level || !columns.unit) return 'value';
  return [{ kind: 'glucose', ...level, method: columns.method }];
}

/** A combined bolus says both its parts; how long the second took it does not say. */
function bolus(cell: Cell, columns: Columns): Event[] | Reason {
  const amount = (name: Name, most: number) => (cell(name) === '' ? null : Amount.upTo(cell(name), most));
  const [units, now, later] = [
    amount('units', maxInsulinUnits),
    amount('initial', maxInsulinUnits),
    amount('extended', maxInsulinUnits),
  ];
  const grams = amount('carbs', maxCarbGrams);
  if (units === undefined || now === undefined || later === undefined || grams === undefined) return 'value';
  if (units === null && now === null && later === null) return 'value';
  const out: Event[] = [];
  const first =
    later && units !== null && now === null
      ? Amount.dose(Math.max(0, units - later))
      : later
        ? (now ?? 0)
        : (units ?? now ?? 0);
  if (first > 0 || !later) out.push({ kind: 'insulin', units: first, type: 'bolus', durationMs: 0 });
  if (later) out.push({ kind: 'insulin', units: later, type: 'bolus', durationMs: 0 });
  if (grams) out.push({ kind: 'carbs', grams });
  const input = Amount.parse(cell('input'));
  const unit = columns.unit;
  if (input && unit)
    out.push({ kind: 'device', what: 'bolus calculator, glucose mg/dL', value: toMgdl(input, unit) });
  return out;
}

const suspended = /suspend|unterbr|suspen|stop/i;

function basal(cell: Cell): Event[] | Reason {
  const minutes = Amount.upTo(cell('duration'), maxDurationMs / 60_000);
  if (minutes === undefined) return 'value';
  const durationMs = minutes * 60_000;
  const rate = cell('rate') === '' ? null : Amount.upTo(cell('rate'), maxInsulinUnits);
  const given = cell('units') === '' ? null : Amount.upTo(cell('units'), maxInsulinUnits);
  if (rate === undefined || given === undefined) return 'value';
  const stopped = rate === null && given === null && suspended.test(cell('type'));
  const units = given ?? (stopped ? 0 : rate === null ? undefined : Basal.units(rate, durationMs));
  if (units !== undefined) return [{ kind: 'insulin', units, type: 'basal', durationMs }];
  // A share of a rate that is not said.
  const percent = Amount.parse(cell('percent')) ?? null;
  return [{ kind: 'device', what: `temp basal, %, for ${minutes} minutes`, value: percent }];
}

const kinds: [RegExp, 'rapid' | 'long' | 'basal'][] = [
  [/rapid|fast|short|schnell|kurz|rapide|rápid|snel|bolus/i, 'rapid'],
  [/long|lang|lent|prolong/i, 'long'],
  [/basal/i, 'basal'],
];

/** A dose by pen, or by a pump in the older layout. How long a basal dose took is not said. */
function dose(cell: Cell): Event[] | Reason {
  const units = Amount.upTo(cell('dose'), maxInsulinUnits);
  if (units === undefined) return 'value';
  const type = kinds.find(([pattern]) => pattern.test(cell('type')))?.[1] ?? 'bolus';
  return [{ kind: 'insulin', units, type, durationMs: 0 }];
}
