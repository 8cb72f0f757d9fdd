// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import { judge } from './DateOrder.js';
import { type Draft, settleRows, type Untimed } from './Draft.js';
import type { Format } from './Format.js';
import * as Header from './Header.js';
import { type Columns, type Name, of } from './LibreviewColumns.js';
import { maxCarbGrams, maxInsulinUnits, maxKetoneMmol, maxNameLength, maxNoteLength } from './Limits.js';
import { type Outcome, type Parsed, type Remark, refused, untimed } from './Outcome.js';
import * as Table from './Table.js';
import { type DateOrder, parse as parseTime, toWall, type Written } from './WallTime.js';
import type { Zone } from './Zone.js';

export type Options = { zone: Zone; now: number; dates?: DateOrder | undefined; made?: Written | undefined };

export const format: Format = {
  name: 'libreview',
  recognise: ({ text }) => {
    const header = Header.find(text, of);
    if (!header || text === undefined) return undefined;
    const { separator, line, above, found } = header;
    return (asked) =>
      read(Table.read(text, separator, line, found.width), found, { ...asked, made: made(above) });
  },
};

/** The file's own date, from the lines above its column names. */
export function made(above: string[][]): Written | undefined {
  for (const cells of above) {
    const text = (cells[2] ?? '').trim().replace(/ UTC$/, '');
    const time = parseTime(text);
    if (time) return time;
  }
  return undefined;
}

/** Reads the records of an export. */
export function read(records: Table.Record[], columns: Columns, options: Options): Parsed {
  const { at } = columns;
  const times = records.map((r) => (r.bad ? undefined : parseTime(r.cells[at.time] ?? '')));
  const lanes = new Map<string, Written[]>();
  records.forEach((record, i) => {
    const time = times[i];
    if (!time) return;
    const lane = lanes.get(laneOf(record, at));
    if (lane) lane.push(time);
    else lanes.set(laneOf(record, at), [time]);
  });
  const judged = options.dates
    ? ({ order: options.dates, sure: 'certain', because: 'you said so' } as const)
    : judge([...lanes.values()], options.made, options.now);
  const numbers: number[] = [];
  const rows = records.map((record, i) => row(record, times[i], columns, judged.order, numbers));
  const settled = settleRows(options.zone, rows);
  const remarks: Remark[] = [...settled.remarks];
  if (lanes.size > 0 && (judged.sure !== 'certain' || !options.dates)) {
    remarks.push({
      code: 'date-order',
      text: `Dates were read ${judged.order} (${judged.sure}): ${judged.because}.`,
    });
  }
  if (columns.translated) {
    const text = 'The column names are in a language not known here; the columns were told by their places.';
    remarks.push({ code: 'names-translated', text });
  }
  return {
    outcomes: settled.outcomes,
    unit: columns.unit,
    numbers,
    remarks,
  };
}

/** The export lists one record type after the other, each in order of time. */
const laneOf = (record: Table.Record, at: Columns['at']): string =>
  `${record.cells[at.serial] ?? ''}/${record.cells[at.type] ?? ''}`;

function row(
  record: Table.Record,
  time: Written | undefined,
  columns: Columns,
  order: DateOrder,
  numbers: number[],
): Outcome | Draft {
  if (record.bad) return refused(record.row, record.bad);
  const cell = (name: Name) => (columns.at[name] < 0 ? '' : (record.cells[columns.at[name]] ?? '').trim());
  const said = cell('time');
  if (said === '') return untimed(record.row);
  const wall = time && toWall(time, order);
  if (wall === undefined) return refused(record.row, 'time');
  if (!/^[0-6]$/.test(cell('type'))) return refused(record.row, 'kind');
  const events = readRow(cell, columns.unit, numbers);
  if (!events) return refused(record.row, 'value');
  const readings = events.map(({ part, ...event }): Untimed => {
    const source = {
      app: 'libreview',
      device: clip(cell('device'), maxNameLength),
      id: identity(cell, part),
    };
    return { ...event, said, source } as Untimed;
  });
  return { row: record.row, wall, tick: null, lane: laneOf(record, columns.at), readings };
}

/** A sensor or reader, its record type and its time name a record; a row of several readings names each by its part. */
function identity(cell: (name: Name) => string, part: string): string | null {
  if (cell('serial') === '') return null;
  const id = [cell('serial'), cell('type'), cell('time'), ...(part === '' ? [] : [part])].join('/');
  return id.length > maxNameLength ? null : id;
}

type Event = Untimed extends infer T
  ? T extends unknown
    ? Omit<T, 'said' | 'source'> & { part: string }
    : never
  : never;

/** Every filled cell of a row, or undefined where one has no possible value or a row that needs one has none. */
function readRow(
  cell: (name: Name) => string,
  unit: GlucoseUnit | null,
  numbers: number[],
): Event[] | undefined {
  const out: Event[] = [];
  let wrong = false;
  const methods = { historic: 'cgm', scan: 'scan', strip: 'meter' } as const;
  for (const name of ['historic', 'scan', 'strip'] as const) {
    if (cell(name) === '') continue;
    const number = Amount.parse(cell(name));
    if (number !== undefined) numbers.push(number);
    const level = Amount.glucose(cell(name), unit ?? 'mg/dL', methods[name]);
    if (!level) wrong = true;
    else out.push({ kind: 'glucose', ...level, method: methods[name], part: out.length === 0 ? '' : name });
  }
  const amount = (name: Name, most: number): number | undefined => {
    if (cell(name) === '') return undefined;
    const value = Amount.upTo(cell(name), most);
    if (value === undefined) wrong = true;
    return value;
  };
  const parts = (['meal', 'correction', 'change'] as const).map((name) => signed(cell(name)));
  if (parts.includes(null)) wrong = true;
  const rapid = amount('rapid', maxInsulinUnits);
  if (rapid !== undefined)
    out.push({ kind: 'insulin', units: rapid, type: 'rapid', durationMs: 0, part: 'rapid' });
  else if (parts.some((p) => typeof p === 'number')) {
    // The dose calculator's parts stand for the dose only where the dose itself is missing.
    const units = parts.reduce((sum: number, p) => sum + (p ?? 0), 0);
    if (units < 0 || units > maxInsulinUnits) wrong = true;
    else out.push({ kind: 'insulin', units, type: 'rapid', durationMs: 0, part: 'rapid' });
  }
  const long = amount('long', maxInsulinUnits);
  if (long !== undefined)
    out.push({ kind: 'insulin', units: long, type: 'long', durationMs: 0, part: 'long' });
  const servings = amount('servings', maxCarbGrams);
  const perServing = amount('gramsPerServing', maxCarbGrams);
  const counted = servings !== undefined && perServing !== undefined ? servings * perServing : undefined;
  const grams = amount('grams', maxCarbGrams) ?? counted;
  if (grams !== undefined) out.push({ kind: 'carbs', grams, part: 'carbs' });
  const ketone = amount('ketone', maxKetoneMmol);
  if (ketone !== undefined)
    out.push({ kind: 'device', what: 'ketone mmol/L', value: ketone, part: 'ketone' });
  const said: [string, string][] = [];
  if (servings !== undefined && grams === undefined)
    said.push([`carbohydrates, servings: ${servings}`, 'servings']);
  if (cell('someRapid') !== '') said.push(['rapid-acting insulin, amount not given', 'some-rapid']);
  if (cell('someLong') !== '') said.push(['long-acting insulin, amount not given', 'some-long']);
  if (cell('someFood') !== '') said.push(['food, amount not given', 'some-food']);
  if (cell('notes') !== '') said.push([clip(cell('notes'), maxNoteLength), 'notes']);
  for (const [text, part] of said) out.push({ kind: 'note', text, part });
  if (wrong) return undefined;
  if (out.length > 0) return out;
  // Type 6 is the device's own log: an empty row marks a moment, nothing more is said.
  return cell('type') === '6'
    ? [{ kind: 'device', what: 'libreview log', value: null, part: '' }]
    : undefined;
}

/** A part of a dose, which may be taken off; null where it cannot be read. */
function signed(text: string): number | null | undefined {
  if (text === '') return undefined;
  const value = Amount.parse(text);
  return value !== undefined && Math.abs(value) <= maxInsulinUnits ? value : null;
}
