// Copyright the Islet authors. AGPL-3.0-or-later.
import { toMgdl } from '@islet/core/Glucose';
import type { GlucoseUnit } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import * as ClarityWords from './ClarityWords.js';
import { clip } from './Clip.js';
import * as Dates from './Dates.js';
import { type Draft, type Event, settleRows, type Untimed } from './Draft.js';
import type { Asked, Format } from './Format.js';
import * as Header from './Header.js';
import * as Keep from './Keep.js';
import { maxCarbGrams, maxInsulinUnits, maxNameLength, maxNoteLength } from './Limits.js';
import { type Outcome, type Parsed, type Reason, type Remark, refused, untimed } from './Outcome.js';
import * as Table from './Table.js';
import * as Unit from './Unit.js';

export const format: Format = {
  name: 'clarity',
  recognise: ({ text }) => {
    const header = Header.find(text, columns);
    if (!header || text === undefined) return undefined;
    const { separator, line, found } = header;
    return (asked) => read(Table.read(text, separator, line, found.width), found, asked);
  },
};

/** Where each column stands; -1 where the export has none. */
export type Columns = {
  width: number;
  time: number;
  type: number;
  subtype: number;
  info: number;
  device: number;
  glucose: number;
  insulin: number;
  carbs: number;
  duration: number;
  tick: number;
  transmitter: number;
  unit: GlucoseUnit;
  /** The names are in another language; the places were taken for granted. */
  translated: boolean;
};

/** The columns of a Dexcom Clarity export, or undefined where these are not its column names. */
export function columns(names: string[]): Columns | undefined {
  const plain = names.map(Header.plain);
  const find = (start: string) => plain.findIndex((name) => name.startsWith(start));
  const named = find('event type') >= 0 && find('timestamp') >= 0 && find('glucose value') >= 0;
  // Clarity translates the names, never the order.
  const translated = !named && plain.length >= 13 && plain[0] === 'index' && /hh:mm:ss/.test(plain[1]!);
  if (!named && !translated) return undefined;
  const at = (start: string, place: number) => (named ? find(start) : place < plain.length ? place : -1);
  const glucose = at('glucose value', 7);
  const unit = Unit.declared(plain[glucose]!);
  if (!unit) return undefined;
  const rate = at('glucose rate of change', 11);
  Unit.same([unit, Unit.declared(plain[rate] ?? '') ?? unit]);
  return {
    width: names.length,
    time: at('timestamp', 1),
    type: at('event type', 2),
    subtype: at('event subtype', 3),
    info: at('patient info', 4),
    device: at('source device id', 6),
    glucose,
    insulin: at('insulin value', 8),
    carbs: at('carb value', 9),
    duration: at('duration', 10),
    tick: at('transmitter time', 12),
    transmitter: at('transmitter id', 13),
    unit,
    translated,
  };
}

/** Reads the records of an export. */
export function read(records: Table.Record[], columns: Columns, asked: Asked): Parsed {
  // The export itself writes the year first; a spreadsheet that saved it again may not.
  const dates = Dates.read(
    records.map((r) => (r.bad ? undefined : { said: r.cells[columns.time] ?? '', lane: '' })),
    asked,
  );
  const outcomes: (Outcome | Draft)[] = [];
  const numbers: number[] = [];
  records.forEach((record, i) => {
    outcomes.push(row(record, dates.walls[i], columns, numbers));
  });
  const settled = settleRows(asked.zone, outcomes);
  const remarks: Remark[] = [...settled.remarks, ...dates.remarks];
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

function row(
  record: Table.Record,
  wall: number | undefined,
  columns: Columns,
  numbers: number[],
): Outcome | Draft {
  if (record.bad) return refused(record.row, record.bad);
  const cell = (column: number) => (column < 0 ? '' : (record.cells[column] ?? '').trim());
  const said = cell(columns.time);
  if (said === '') return untimed(record.row);
  if (wall === undefined) return refused(record.row, 'time');
  const number = Amount.parse(cell(columns.glucose));
  if (number !== undefined && ClarityWords.typeOf(cell(columns.type)) === 'egv') numbers.push(number);
  const event = eventOf(cell, columns);
  if (typeof event === 'string') return refused(record.row, event);
  const ticks = Amount.parse(cell(columns.tick));
  const id = identity(cell, columns);
  const source = { app: 'clarity', device: clip(cell(columns.device), maxNameLength), id };
  const readings = [{ ...event, said, source } as Untimed];
  return { row: record.row, wall, tick: ticks === undefined ? null : ticks * 1000, lane: '', readings };
}

/** The transmitter and its own count of seconds name a measurement, whatever phone or receiver heard it. */
function identity(cell: (column: number) => string, columns: Columns): string | null {
  const tick = cell(columns.tick);
  // Older exports name no transmitter; there the receiver's name has to do.
  const transmitter = cell(columns.transmitter < 0 ? columns.device : columns.transmitter);
  if (!tick || !transmitter || tick.length + transmitter.length >= maxNameLength) return null;
  return `${transmitter}/${tick}`;
}

const intensity: { [subtype: string]: number } = { light: 1, medium: 2, heavy: 3 };

function eventOf(cell: (column: number) => string, columns: Columns): Event | Reason {
  const subtype = cell(columns.subtype);
  switch (ClarityWords.typeOf(cell(columns.type))) {
    case 'egv': {
      const level = Amount.glucose(cell(columns.glucose), columns.unit, 'cgm');
      return level ? { kind: 'glucose', ...level, method: 'cgm' } : 'value';
    }
    case 'calibration': {
      const value = Amount.parse(cell(columns.glucose));
      if (value === undefined || !Amount.plausible(value, columns.unit, 'meter')) return 'value';
      return { kind: 'device', what: 'calibration', value: toMgdl(value, columns.unit) };
    }
    case 'insulin': {
      const units = Amount.upTo(cell(columns.insulin), maxInsulinUnits);
      const type = subtype === 'Fast-Acting' ? 'rapid' : subtype === 'Long-Acting' ? 'long' : 'bolus';
      return units === undefined ? 'value' : { kind: 'insulin', units, type, durationMs: 0 };
    }
    case 'carbs': {
      const grams = Amount.upTo(cell(columns.carbs), maxCarbGrams);
      return grams === undefined ? 'value' : { kind: 'carbs', grams };
    }
    case 'exercise': {
      const durationMs = cell(columns.duration) === '' ? 0 : Amount.duration(cell(columns.duration));
      if (durationMs === undefined) return 'value';
      return {
        kind: 'activity',
        what: 'exercise',
        amount: intensity[subtype.toLowerCase()] ?? 0,
        durationMs,
      };
    }
    case 'alert': {
      const level = Amount.glucose(cell(columns.glucose), columns.unit, 'meter');
      const what = clip(`alert ${subtype.toLowerCase()}`.trim(), maxNameLength);
      return { kind: 'device', what, value: level ? toMgdl(level.value, level.unit) : null };
    }
    case 'device':
      return { kind: 'device', what: 'device', value: null };
    // Illness, stress, alcohol, a period: of the person's health, and no business of who may read notes.
    case 'health': {
      const said = cell(columns.info);
      return {
        kind: 'health',
        what: clip(subtype.toLowerCase() || 'health', maxNameLength),
        text: clip(said, maxNoteLength),
      };
    }
    case 'note': {
      const text = [subtype, cell(columns.info)].filter((t) => t !== '').join(': ');
      return text ? { kind: 'note', text: clip(text, maxNoteLength) } : 'value';
    }
    default:
      return unknown(cell, columns);
  }
}

/** An event whose type is not known: its columns say what a dose and a meal are; anything else is kept as it stands. */
function unknown(cell: (column: number) => string, columns: Columns): Event | Reason {
  if (cell(columns.type) === '') return 'kind';
  const units = Amount.upTo(cell(columns.insulin), maxInsulinUnits);
  if (units !== undefined) return { kind: 'insulin', units, type: 'bolus', durationMs: 0 };
  const grams = Amount.upTo(cell(columns.carbs), maxCarbGrams);
  if (grams !== undefined) return { kind: 'carbs', grams };
  const names = ['type', 'subtype', 'info', 'glucose', 'duration'] as const;
  const said = names.map((name) => [name, cell(columns[name])]).filter(([, text]) => text !== '');
  return Keep.document('clarity event', Object.fromEntries(said));
}
