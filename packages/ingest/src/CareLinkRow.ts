// Copyright the Islet authors. AGPL-3.0-or-later.
import { toMgdl } from '@islet/core/Glucose';
import * as Amount from './Amount.js';
import { type Columns, type Name, wizard } from './CareLinkColumns.js';
import * as CareLinkMeals from './CareLinkMeals.js';
import { clip } from './Clip.js';
import type { Event } from './Draft.js';
import * as Keep from './Keep.js';
import { maxCarbGrams, maxInsulinUnits, maxNameLength, maxNoteLength } from './Limits.js';
import type { Reason } from './Outcome.js';
import type * as Table from './Table.js';

/** A row of CareLink's CSV, with the columns of the table it stands in. */
export type Row = {
  row: number;
  cell(name: Name): string;
  all: Table.Record;
  columns: Columns;
  device: string;
};

/** What a rate is called until it is known how long it was given. */
export const rateWord = 'basal rate, U/h';

/** Everything that a row says. `meal`: what the wizard was told was eaten. */
export function events(row: Row, meal: boolean, numbers: number[]): Event[] | Reason {
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
  const grams = CareLinkMeals.carbsOf(row);
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
