// Copyright the Islet authors. AGPL-3.0-or-later.
import { toMgdl } from '@islet/core/Glucose';
import type { GlucoseUnit } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import * as Dates from './Dates.js';
import { type Draft, type Event, settleRows, type Untimed } from './Draft.js';
import type { Asked, Format } from './Format.js';
import * as Header from './Header.js';
import { maxSaidLength } from './Limits.js';
import { type Outcome, type Parsed, type Reason, refused, untimed } from './Outcome.js';
import * as Table from './Table.js';
import * as Unit from './Unit.js';

/** Medtronic's iPro2, a sensor read in a clinic: text with tabs in UTF-16, names of clinic and person above it. */
export const format: Format = {
  name: 'ipro2',
  recognise: ({ text }) => {
    const header = Header.find(text, columnsOf);
    if (!header || text === undefined) return undefined;
    const { separator, line, found } = header;
    return (asked) => read(Table.read(text, separator, line, found.width), found, asked);
  },
};

/** Where each column stands; -1 where there is none. */
type Columns = {
  width: number;
  date: number;
  time: number;
  stamp: number;
  sensor: number;
  meter: number;
  isig: number;
  excluded: number;
  unit: GlucoseUnit;
};

function columnsOf(names: string[]): Columns | undefined {
  const plain = names.map(Header.plain);
  const find = (pattern: RegExp) => plain.findIndex((name) => pattern.test(name));
  const sensor = find(
    /^(sensor (glucose|value)|capteur de glyc[ée]mie|valeur de capteur)\b.*\((mg\/dl|mmol\/l)\)/,
  );
  const found = {
    date: find(/^date$/),
    time: find(/^(time|heure)$/),
    stamp: find(/^(timestamp|horodatage)$/),
    meter: find(/^(bg reading|sensor calibration bg|glyc[ée]mie)\b.*\((mg\/dl|mmol\/l)\)/),
    isig: find(/^(isig value|isig|valeur isig)\b/),
    excluded: find(/^(excluded|exclu)/),
  };
  const unit = Unit.declared(plain[sensor] ?? '');
  // A pump's export has sensor columns too, but basal rates and boluses beside them.
  const pump = find(/^(basal rate|bolus type|d[ée]bit basal|type de bolus)/) >= 0;
  if (unit === undefined || found.stamp < 0 || found.isig < 0 || pump) return undefined;
  const other = Unit.declared(plain[found.meter] ?? '');
  return { width: names.length, sensor, unit: Unit.same([unit, other ?? unit])!, ...found };
}

function read(records: Table.Record[], columns: Columns, asked: Asked): Parsed {
  const cellsOf = (record: Table.Record) => (column: number) =>
    column < 0 ? '' : (record.cells[column] ?? '').trim();
  const saidOf = (record: Table.Record) => {
    const cell = cellsOf(record);
    return cell(columns.stamp) || `${cell(columns.date)} ${cell(columns.time)}`.trim();
  };
  const times = records.map((record) => (record.bad ? undefined : { said: saidOf(record), lane: '' }));
  const dates = Dates.read(times, asked);
  const numbers: number[] = [];
  const rows = records.map((record, i): Outcome | Draft => {
    if (record.bad) return refused(record.row, record.bad);
    const said = saidOf(record);
    if (said === '') return untimed(record.row);
    const wall = dates.walls[i];
    if (wall === undefined || said.length > maxSaidLength) return refused(record.row, 'time');
    const events = eventsOf(cellsOf(record), columns, numbers);
    if (typeof events === 'string') return refused(record.row, events);
    const source = { app: 'ipro2', device: 'iPro2', id: null };
    const readings = events.map((event) => ({ ...event, said, source }) as Untimed);
    return { row: record.row, wall, tick: null, lane: '', readings };
  });
  const settled = settleRows(asked.zone, rows);
  const remarks = [...dates.remarks, ...settled.remarks];
  return { outcomes: settled.outcomes, unit: columns.unit, numbers, remarks };
}

const yes = /^(true|yes|x|1|oui|vrai)$/i;

function eventsOf(cell: (column: number) => string, columns: Columns, numbers: number[]): Event[] | Reason {
  const out: Event[] = [];
  if (cell(columns.sensor) !== '') {
    const value = Amount.parse(cell(columns.sensor));
    if (value !== undefined) numbers.push(value);
    const level = Amount.glucose(cell(columns.sensor), columns.unit, 'cgm');
    if (!level) return 'value';
    // What the clinic excluded must not enter a metric, and must not be lost either.
    if (yes.test(cell(columns.excluded))) {
      out.push({ kind: 'device', what: 'sensor glucose excluded', value: toMgdl(level.value, level.unit) });
    } else out.push({ kind: 'glucose', ...level, method: 'cgm' });
  }
  if (cell(columns.meter) !== '') {
    const level = Amount.glucose(cell(columns.meter), columns.unit, 'meter');
    if (!level) return 'value';
    out.push({ kind: 'glucose', ...level, method: 'meter' });
  }
  const isig = Amount.upTo(cell(columns.isig), 10_000);
  // A current without glucose: the sensor had not been calibrated yet.
  if (out.length === 0 && isig !== undefined) out.push({ kind: 'device', what: 'isig', value: isig });
  return out.length > 0 ? out : 'value';
}
