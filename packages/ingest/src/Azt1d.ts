// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Amount from './Amount.js';
import * as Basal from './Basal.js';
import { clip } from './Clip.js';
import * as Dates from './Dates.js';
import { type Draft, type Event, settleRows, type Untimed } from './Draft.js';
import type { Asked, Format } from './Format.js';
import * as Header from './Header.js';
import { maxCarbGrams, maxInsulinUnits, maxNameLength, maxSaidLength } from './Limits.js';
import { type Outcome, type Parsed, type Reason, refused, untimed } from './Outcome.js';
import * as Table from './Table.js';

// The AZT1D dataset (Khamesian et al. 2025, doi 10.17632/gk9m674wcx.1): a Dexcom G6 and a Tandem pump, one row per
// five minutes with everything of that time. `Basal` is a rate.

const names = [
  'eventdatetime',
  'devicemode',
  'bolustype',
  'basal',
  'totalbolusinsulindelivered',
  'carbsize',
  'cgm',
];
const [time, mode, bolusType, basal, bolus, carbs, cgm] = [0, 1, 2, 3, 4, 5, 6] as const;

export const format: Format = {
  name: 'azt1d',
  recognise: ({ text }) => {
    const header = Header.find(text, (cells) => {
      const plain = cells.map((cell) => Header.plain(cell).replaceAll(' ', ''));
      const at = names.map((name) =>
        plain.findIndex((p) => p === name || (name === 'cgm' && p.startsWith('cgm('))),
      );
      return at[time]! >= 0 && at[cgm]! >= 0 && at[bolus]! >= 0 ? { at, width: cells.length } : undefined;
    });
    if (!header || text === undefined) return undefined;
    const { separator, line, found } = header;
    return (asked) => read(Table.read(text, separator, line, found.width), found.at, asked);
  },
};

/** The rows stand five minutes apart, and each says the rate of its own. */
const stepMs = 5 * 60_000;

function read(records: Table.Record[], at: number[], asked: Asked): Parsed {
  const cell = (record: Table.Record, name: number) => (record.cells[at[name]!] ?? '').trim();
  const dates = Dates.read(
    records.map((record) => (record.bad ? undefined : { said: cell(record, time), lane: '' })),
    asked,
  );
  const numbers: number[] = [];
  const rows = records.map((record, i): Outcome | Draft => {
    if (record.bad) return refused(record.row, record.bad);
    const said = cell(record, time);
    if (said === '') return untimed(record.row);
    const wall = dates.walls[i];
    if (wall === undefined) return refused(record.row, 'time');
    const events = eventsOf((name) => cell(record, name), numbers);
    if (typeof events === 'string') return refused(record.row, events);
    const source = { app: 'azt1d', device: '', id: null };
    const readings = events.map(
      (event) => ({ ...event, said: clip(said, maxSaidLength), source }) as Untimed,
    );
    return { row: record.row, wall, tick: null, lane: '', readings };
  });
  const settled = settleRows(asked.zone, rows);
  return {
    outcomes: settled.outcomes,
    unit: 'mg/dL',
    numbers,
    remarks: [...dates.remarks, ...settled.remarks],
  };
}

function eventsOf(cell: (name: number) => string, numbers: number[]): Event[] | Reason {
  const out: Event[] = [];
  const amount = (name: number, most: number) => (cell(name) === '' ? 0 : Amount.upTo(cell(name), most));
  if (cell(cgm) !== '') {
    const value = Amount.parse(cell(cgm));
    if (value !== undefined) numbers.push(value);
    const level = Amount.glucose(cell(cgm), 'mg/dL', 'cgm');
    if (!level) return 'value';
    out.push({ kind: 'glucose', ...level, method: 'cgm' });
  }
  const [rate, units, grams] = [
    amount(basal, maxInsulinUnits),
    amount(bolus, maxInsulinUnits),
    amount(carbs, maxCarbGrams),
  ];
  if (rate === undefined || units === undefined || grams === undefined) return 'value';
  if (cell(basal) !== '')
    out.push({ kind: 'insulin', units: Basal.units(rate, stepMs), type: 'basal', durationMs: stepMs });
  if (units > 0) out.push({ kind: 'insulin', units, type: 'bolus', durationMs: 0 });
  if (grams > 0) out.push({ kind: 'carbs', grams });
  if (cell(mode) !== '' && !/^(0|none|nan)$/i.test(cell(mode)))
    out.push({ kind: 'device', what: clip(`mode ${cell(mode)}`, maxNameLength), value: null });
  if (out.length > 0) return out;
  return cell(bolusType) === ''
    ? 'value'
    : [{ kind: 'device', what: clip(cell(bolusType), maxNameLength), value: null }];
}
