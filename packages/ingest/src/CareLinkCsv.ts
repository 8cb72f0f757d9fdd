// Copyright the Islet authors. AGPL-3.0-or-later.
import { toMgdl } from '@islet/core/Glucose';
import * as Amount from './Amount.js';
import * as Basal from './Basal.js';
import { type Columns, type Name, of, wizard } from './CareLinkColumns.js';
import { clip } from './Clip.js';
import * as Dates from './Dates.js';
import { type Draft, type Event, settleRows, type Untimed } from './Draft.js';
import type { Asked, Format } from './Format.js';
import * as Header from './Header.js';
import * as Keep from './Keep.js';
import { maxCarbGrams, maxInsulinUnits, maxNameLength, maxNoteLength, maxSaidLength } from './Limits.js';
import { type Outcome, type Parsed, type Reason, type Remark, refused, untimed } from './Outcome.js';
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

type Row = { row: number; cell(name: Name): string; all: Table.Record; columns: Columns; device: string };

function read(records: Table.Record[], first: Columns, above: string[], asked: Asked): Parsed {
  let columns = first;
  let device = deviceOf(above);
  const rows = records.map((record): Row | Outcome => {
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
  const said = (row: Row) => `${row.cell('date')} ${row.cell('time')}`.trim();
  const dates = Dates.read(
    rows.map((row) => ('is' in row ? undefined : { said: said(row), lane: row.device })),
    asked,
  );
  const numbers: number[] = [];
  const meals = mealsOf(rows, dates.walls);
  const drafts = rows.map((row, i): Outcome | Draft => {
    if ('is' in row) return row;
    if (said(row) === '') return untimed(row.row);
    const wall = dates.walls[i];
    if (wall === undefined) return refused(row.row, 'time');
    const events = eventsOf(row, meals.has(i), numbers);
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
  return { outcomes: deliver(rows, settled.outcomes), unit: first.unit, numbers, remarks };
}

/** `-------,Paradigm Revel - 723,Pump,814962,-------` */
const deviceOf = (cells: string[]): string =>
  (cells[0] ?? '').startsWith('---')
    ? clip(`${(cells[1] ?? '').trim()} ${(cells[3] ?? '').trim()}`.trim(), maxNameLength)
    : '';

const carbsOf = (row: Row): number | undefined =>
  row.cell('carbs') === '' || !row.columns.grams ? 0 : Amount.upTo(row.cell('carbs'), maxCarbGrams);

/** Asking the wizard is not eating: it counts where a bolus follows, or where it advised none, and only the last time. */
function mealsOf(rows: (Row | Outcome)[], walls: (number | undefined)[]): Set<number> {
  const asks: { i: number; wall: number; grams: number; none: boolean }[] = [];
  const boluses: number[] = [];
  rows.forEach((row, i) => {
    const wall = walls[i];
    if ('is' in row || wall === undefined) return;
    if (row.cell('selected') !== '' || row.cell('delivered') !== '') boluses.push(wall);
    const grams = carbsOf(row);
    if (grams) asks.push({ i, wall, grams, none: Amount.parse(row.cell('estimate')) === 0 });
  });
  asks.sort((a, b) => a.wall - b.wall || b.i - a.i);
  boluses.sort((a, b) => a - b);
  const out = new Set<number>();
  asks.forEach((ask, n) => {
    const next = asks[n + 1];
    if (next && next.wall - ask.wall <= followMs) return;
    if (ask.none || within(boluses, ask.wall - beforeMs, ask.wall + followMs)) out.add(ask.i);
  });
  return out;
}

const beforeMs = 10_000;
const followMs = 2 * 60_000;

/** Whether a sorted list has a number in a range. */
function within(sorted: number[], from: number, to: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low]! <= to;
}

const rateWord = 'basal rate, U/h';

/** Rates get the time they were given for: until the next one that the pump's log has, after suspensions too. */
function deliver(rows: (Row | Outcome)[], outcomes: Outcome[]): Outcome[] {
  const found = outcomes.flatMap((outcome, i) => {
    const row = rows[i]!;
    if (outcome.is !== 'readings' || 'is' in row || row.cell('basal') === '') return [];
    const rate = outcome.readings.find((r) => r.kind === 'device' && r.what === rateWord);
    return rate?.kind === 'device' ? [{ outcome, rate, device: row.device }] : [];
  });
  const last = outcomes.reduce(
    (at, o) => (o.is === 'readings' ? Math.max(at, o.readings[0]!.at) : at),
    Number.NEGATIVE_INFINITY,
  );
  const inTime = found.length > 1 && found[0]!.rate.at > found.at(-1)!.rate.at ? found.toReversed() : found;
  const byDevice = new Map<string, typeof inTime>();
  for (const rate of inTime) {
    const own = byDevice.get(rate.device);
    if (own) own.push(rate);
    else byDevice.set(rate.device, [rate]);
  }
  for (const own of byDevice.values()) {
    const lengths = Basal.durations(
      own.map(({ rate }) => ({ at: rate.at, rate: rate.value, endsAt: null })),
      last,
    );
    own.forEach(({ outcome, rate }, i) => {
      const durationMs = lengths[i];
      if (durationMs === undefined) return;
      const { kind: _, what: __, value, ...common } = rate;
      const units = Basal.units(value ?? 0, durationMs);
      outcome.readings[outcome.readings.indexOf(rate)] = {
        ...common,
        kind: 'insulin',
        units,
        type: 'basal',
        durationMs,
      };
    });
  }
  return outcomes;
}

function eventsOf(row: Row, meal: boolean, numbers: number[]): Event[] | Reason {
  const { cell, columns } = row;
  const unit = columns.unit ?? 'mg/dL';
  const out: Event[] = [];
  for (const [name, method] of [
    ['bg', 'meter'],
    ['sensor', 'cgm'],
  ] as const) {
    if (cell(name) === '') continue;
    const number = Amount.parse(cell(name));
    if (number !== undefined) numbers.push(number);
    const level = Amount.glucose(cell(name), unit, method);
    if (!level) return 'value';
    out.push({ kind: 'glucose', ...level, method });
  }
  if (cell('calibration') !== '') {
    const level = Amount.glucose(cell('calibration'), unit, 'meter');
    if (!level) return 'value';
    out.push({ kind: 'device', what: 'calibration', value: toMgdl(level.value, level.unit) });
  }
  if (cell('delivered') !== '' || cell('selected') !== '') {
    const units = Amount.upTo(cell('delivered') || cell('selected'), maxInsulinUnits);
    const durationMs = cell('bolusDuration') === '' ? 0 : Amount.duration(cell('bolusDuration'));
    if (units === undefined || durationMs === undefined) return 'value';
    if (cell('delivered') !== '') out.push({ kind: 'insulin', units, type: 'bolus', durationMs });
    else out.push({ kind: 'device', what: 'bolus programmed', value: units });
  }
  if (cell('basal') !== '') {
    const rate = Amount.upTo(cell('basal'), maxInsulinUnits);
    if (rate === undefined) return 'value';
    out.push({ kind: 'device', what: rateWord, value: rate });
  }
  if (cell('prime') !== '') {
    const value = Amount.upTo(cell('prime'), maxInsulinUnits);
    if (value === undefined) return 'value';
    out.push(said(`prime ${cell('primeType')}`, value));
  }
  if (cell('tempAmount') !== '') {
    const value = Amount.parse(cell('tempAmount')) ?? null;
    out.push(said(`temp basal ${cell('tempType')} ${cell('tempDuration')}`, value));
  }
  for (const name of ['alarm', 'suspend'] as const)
    if (cell(name) !== '') out.push(said(`${name} ${cell(name)}`, null));
  if (cell('rewind') !== '') out.push(said('rewind', null));
  if (cell('newTime') !== '') out.push(said('clock set', null));
  const marked = cell('marker') === '' ? [] : marker(cell('marker'));
  const grams = carbsOf(row);
  if (grams === undefined) return 'value';
  if (meal && grams > 0) out.push({ kind: 'carbs', grams });
  out.push(...marked);
  if (wizard.some((name) => cell(name) !== '')) {
    const kept = Keep.document(
      'carelink bolus wizard',
      Object.fromEntries(wizard.map((name) => [name, cell(name)])),
    );
    if (typeof kept !== 'string') out.push(kept);
  }
  return out.length > 0 ? out : rest(row);
}

const said = (what: string, value: number | null): Event => ({
  kind: 'device',
  what: clip(what.trim().toLowerCase(), maxNameLength),
  value,
});

/** What the person marked: `Meal: 45.00grams`, `Exercise: 1`, `Insulin: 3.00`, or words. */
function marker(text: string): Event[] {
  const found = /^(\w+)\s*:?\s*(\d{1,4}(?:[.,]\d{1,3})?)?/.exec(text);
  const amount = found?.[2] === undefined ? undefined : Amount.parse(found[2]);
  const word = found?.[1]?.toLowerCase();
  if (word === 'meal' && amount !== undefined && /gram/i.test(text) && amount <= maxCarbGrams)
    return [{ kind: 'carbs', grams: amount }];
  if (word === 'exercise') return [{ kind: 'activity', what: 'exercise', amount: 0, durationMs: 0 }];
  if (word === 'insulin' && amount !== undefined && amount <= maxInsulinUnits)
    return [{ kind: 'insulin', units: amount, type: 'bolus', durationMs: 0 }];
  return [{ kind: 'note', text: clip(text, maxNoteLength) }];
}

/** A row of which only columns without meaning here are filled is kept as it stands. */
function rest(row: Row): Event[] | Reason {
  const isig = Amount.parse(row.cell('isig'));
  if (isig !== undefined) return [{ kind: 'device', what: 'isig', value: isig }];
  const { at } = row.columns;
  const skip = new Set([at.index, at.date, at.time]);
  const cells = row.all.cells.flatMap((cell, i) =>
    skip.has(i) || cell.trim() === '' ? [] : [[String(i), cell.trim()]],
  );
  if (cells.length === 0) return 'value';
  const kept = Keep.document('carelink row', Object.fromEntries(cells));
  return kept === 'large' ? kept : [kept];
}
