// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit, Reading } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import { type Draft, type Event, settleRows, type Untimed } from './Draft.js';
import type { Asked, Format } from './Format.js';
import * as Header from './Header.js';
import { maxKetoneMmol, maxNameLength, maxSaidLength } from './Limits.js';
import { type Outcome, type Parsed, type Remark, refused, untimed } from './Outcome.js';
import * as Table from './Table.js';
import * as Unit from './Unit.js';
import { parse, toWall } from './WallTime.js';

/** Sibionics' sensors, from the app's sheet and from the clinics' system. The sensor may measure ketones. */
export const format: Format = {
  name: 'sibionics',
  recognise: ({ text }) => {
    const header = Header.find(text, columnsOf);
    if (!header || text === undefined) return undefined;
    const { separator, line, found } = header;
    return (asked) => read(Table.read(text, separator, line, found.width), found, asked);
  },
};

type Columns = { width: number; time: number; value: number; unit: GlucoseUnit; device: string };

function columnsOf(names: string[]): Columns | undefined {
  const plain = names.map(Header.plain);
  const value = plain.findIndex((name) => /^(sensor reading|血糖值) ?[(（](mg\/dl|mmol\/l)[)）]$/.test(name));
  const time = plain.findIndex((name) => name === 'time' || name === '采集时间');
  const unit = Unit.declared(plain[value] ?? '');
  if (value < 0 || time < 0 || unit === undefined) return undefined;
  // The clinic's table says whose it is in the names of its empty columns, behind a wide colon.
  const device = names.find((name) => name.trim().startsWith('设备名称'))?.split('：')[1] ?? '';
  return { width: names.length, time, value, unit, device: clip(device.trim(), maxNameLength) };
}

type What = 'glucose' | 'ketone' | 'unclear';

function read(records: Table.Record[], columns: Columns, asked: Asked): Parsed {
  const cell = (record: Table.Record, column: number) => (record.cells[column] ?? '').trim();
  const numbers = records.flatMap((r) => (r.bad ? [] : (Amount.parse(cell(r, columns.value)) ?? [])));
  const what = columns.unit === 'mg/dL' ? 'glucose' : measured(numbers);
  const source = { app: 'sibionics', device: columns.device, id: null };
  const rows = records.map((record): Outcome | Draft => {
    if (record.bad) return refused(record.row, record.bad);
    const said = cell(record, columns.time);
    if (said === '') return untimed(record.row);
    const time = said.length > maxSaidLength ? undefined : timeOf(said);
    if (!time) return refused(record.row, 'time');
    const event = eventOf(cell(record, columns.value), columns.unit, what);
    if (!event) return refused(record.row, 'value');
    const bare = { ...event, said, source } as Untimed;
    const { wall, offset } = time;
    if (offset === undefined) return { row: record.row, wall, tick: null, lane: '', readings: [bare] };
    const reading = { ...bare, at: wall - offset * 60_000, offsetMinutes: offset } as Reading;
    return { row: record.row, is: 'readings', readings: [reading] };
  });
  const settled = settleRows(asked.zone, rows);
  const unit = what === 'glucose' && numbers.length > 0 ? columns.unit : null;
  return {
    outcomes: settled.outcomes,
    unit,
    numbers: unit ? numbers : [],
    remarks: [...remarks(what), ...settled.remarks],
  };
}

/** Medians, in mmol/L, that no week of glucose stays below and no week of ketones stays above. */
const ketoneMost = 3;
const glucoseLeast = 3.9;

/** The maker's ketone sensor exports the very columns of its glucose sensor. Their levels hardly overlap. */
function measured(numbers: number[]): What {
  const middle = numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
  if (middle === undefined || middle >= glucoseLeast) return 'glucose';
  return middle < ketoneMost ? 'ketone' : 'unclear';
}

const zoned = /^(.{10,30}) GMT([+-]\d{1,2})?(?::?(\d{2}))?$/;

/** `2026-10-08 14:05:28`, or `08-10-2026 14:05 GMT+8`, which is always day first. */
function timeOf(said: string): { wall: number; offset: number | undefined } | undefined {
  const found = zoned.exec(said);
  const written = parse(found ? found[1]! : said);
  const wall = written && toWall(written, 'day-first');
  if (wall === undefined) return undefined;
  if (!found) return { wall, offset: undefined };
  const hours = Number(found[2] ?? 0);
  const minutes = Number(found[3] ?? 0);
  if (Math.abs(hours) > 14 || minutes > 59) return undefined;
  const sign = found[2]?.startsWith('-') ? -1 : 1;
  return { wall, offset: hours * 60 + sign * minutes + 0 };
}

function eventOf(cell: string, unit: GlucoseUnit, what: What): Event | undefined {
  if (what === 'unclear') return undefined;
  if (what === 'ketone') {
    const value = Amount.upTo(cell, maxKetoneMmol);
    return value === undefined ? undefined : { kind: 'device', what: 'ketone mmol/L', value };
  }
  const level = Amount.glucose(cell, unit, 'cgm');
  return level && { kind: 'glucose', ...level, method: 'cgm' };
}

function remarks(what: What): Remark[] {
  if (what === 'glucose') return [];
  const text =
    what === 'ketone'
      ? 'The numbers are too low for glucose, and were taken for those of the ketone sensor, whose files have the same columns.'
      : 'The numbers could be glucose or ketones, and the file does not say which sensor made them. Nothing was taken.';
  return [{ code: what === 'ketone' ? 'ketone-sensor' : 'sensor-unclear', text }];
}
