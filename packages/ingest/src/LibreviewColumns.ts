// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit } from '@islet/core/Reading';
import * as Header from './Header.js';
import * as Unit from './Unit.js';

/** The columns by the starts of their names; a later layout inserted one, so places alone do not tell. */
const names = {
  device: 'device',
  serial: 'serial number',
  time: 'device timestamp',
  type: 'record type',
  historic: 'historic glucose',
  scan: 'scan glucose',
  someRapid: 'non-numeric rapid-acting insulin',
  rapid: 'rapid-acting insulin',
  someFood: 'non-numeric food',
  grams: 'carbohydrates (grams)',
  servings: 'carbohydrates (servings)',
  gramsPerServing: 'grams of carbs per serving',
  someLong: 'non-numeric long-acting insulin',
  long: 'long-acting insulin',
  notes: 'notes',
  strip: 'strip glucose',
  ketone: 'ketone',
  meal: 'meal insulin',
  correction: 'correction insulin',
  change: 'user change insulin',
} as const;

export type Name = keyof typeof names;

/** The layout of today, for exports whose names are translated. */
const today: Name[] = [
  'device',
  'serial',
  'time',
  'type',
  'historic',
  'scan',
  'someRapid',
  'rapid',
  'someFood',
  'grams',
  'servings',
  'someLong',
  'long',
  'notes',
  'strip',
  'ketone',
  'meal',
  'correction',
  'change',
];

export type Columns = {
  width: number;
  at: { [name in Name]: number };
  unit: GlucoseUnit | null;
  translated: boolean;
};

/** The columns of a LibreView export, or undefined where these are not its column names. */
export function of(cells: string[]): Columns | undefined {
  const plain = cells.map(Header.plain);
  const at = {} as { [name in Name]: number };
  for (const name of Object.keys(names) as Name[])
    at[name] = plain.findIndex((p) => p.startsWith(names[name]));
  // `Device` is also how `Device Timestamp` begins; the 2018 layout has `Meter Timestamp` and no device.
  at.device = plain.indexOf(names.device);
  if (at.time < 0) at.time = plain.indexOf('meter timestamp');
  const named = at.time >= 0 && at.type >= 0 && (at.historic >= 0 || at.scan >= 0 || at.strip >= 0);
  const units = (places: number[]) => places.flatMap((p) => Unit.declared(plain[p] ?? '') ?? []);
  const translated =
    !named && plain.length >= today.length && units([4, 5, 14]).length === 3 && units([15])[0] === 'mmol/L';
  if (translated) for (const name of Object.keys(names) as Name[]) at[name] = today.indexOf(name);
  if (!named && !translated) return undefined;
  const unit = Unit.same(units([at.historic, at.scan, at.strip]));
  return { width: cells.length, at, unit, translated };
}
