// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit } from '@islet/core/Reading';
import * as Header from './Header.js';
import * as Unit from './Unit.js';

/** The columns by their names in English and German; other languages are kept row by row as they stand. */
const names = {
  time: /^(timestamp|zeitstempel)$/,
  glucose: /^(cgm[ -])?(blood )?(glucose( value)?|glukosewert|blutzucker)\s*\(m/,
  manual: /^(manual reading|reading type|manuelle messung|manuelles ablesen)/,
  trend: /trend|transmitter/,
  units: /^(insulin delivered|abgegebenes insulin)/,
  initial: /^(initial delivery|erste abgabe|anfängliche abgabe)/,
  extended: /^(extended delivery|verlängerte abgabe|verzögerte abgabe)/,
  input: /^(blood glucose input|blutzuckereingabe|glukosewerteingabe)/,
  carbs: /^(carbs( input)?|carbohydrates|kh(-eingabe)?|kohlenhydrat\S*)\s*\(g/,
  type: /^(insulin[ -]type?|insulin-typ)$/,
  duration: /^(duration|dauer)\s*\(min/,
  percent: /^(percentage|prozentsatz)/,
  rate: /^rate/,
  dose: /^(dose \(units\)|value|wert)$/,
  total: /^(total |gesamt)/,
  alarm: /^(alarm\/|alarm$)/,
  name: /^(name|food description)$/,
  intensity: /^(intensity|intensität)/,
  medication: /^(medication type|medikamententyp|medikament)/,
  value: /^(value|wert|notes?|notizen?)$/,
  device: /^(serial number|seriennummer|device)$/,
} as const;

export type Name = keyof typeof names;

export type Kind =
  | 'glucose'
  | 'bolus'
  | 'basal'
  | 'dose'
  | 'carbs'
  | 'alarm'
  | 'exercise'
  | 'medication'
  | 'note'
  | 'other';

export type Columns = {
  width: number;
  names: string[];
  at: { [name in Name]: number };
  kind: Kind;
  method: 'cgm' | 'meter';
  unit: GlucoseUnit | null;
};

/** The columns of one of Glooko's tables, or undefined. `titled`: the person's name and a range of dates stand above. */
export function of(cells: string[], titled: boolean): Columns | undefined {
  const plain = cells.map(Header.plain);
  const at = {} as { [name in Name]: number };
  for (const name of Object.keys(names) as Name[]) at[name] = plain.findIndex((p) => names[name].test(p));
  if (at.time !== 0 || plain.length < 2) return undefined;
  const has = (...all: Name[]) => all.every((name) => at[name] >= 0);
  const kind = kindOf(has);
  // Without the title many a table begins with a timestamp: then only what Glooko alone has tells.
  const told =
    has('units') ||
    has('alarm') ||
    has('total', 'device') ||
    (has('glucose', 'device') && /^cgm/.test(plain[at.glucose]!));
  if (!titled && !told) return undefined;
  const unit = Unit.same([at.glucose, at.input].flatMap((place) => Unit.declared(plain[place] ?? '') ?? []));
  const cgm = /^cgm/.test(plain[at.glucose] ?? '') || (has('trend') && !has('manual'));
  return {
    width: cells.length,
    names: cells.map((c) => c.trim()),
    at,
    kind,
    method: cgm ? 'cgm' : 'meter',
    unit,
  };
}

function kindOf(has: (...all: Name[]) => boolean): Kind {
  if (has('glucose')) return 'glucose';
  if (has('total')) return 'other';
  if (has('duration') && (has('rate') || has('percent'))) return 'basal';
  if (has('units')) return 'bolus';
  if (has('alarm')) return 'alarm';
  if (has('medication')) return 'medication';
  if (has('duration')) return 'exercise';
  if (has('carbs')) return 'carbs';
  if (has('dose', 'type')) return 'dose';
  return has('value') ? 'note' : 'other';
}
