// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit } from '@islet/core/Reading';
import * as Header from './Header.js';
import * as Unit from './Unit.js';

/** The columns by the starts of their names, in the order that exports of 2018 and later have them. */
const names = {
  index: 'index',
  date: 'date',
  time: 'time',
  newTime: 'new device time',
  bg: 'bg reading',
  meter: 'linked bg meter id',
  basal: 'basal rate (',
  tempAmount: 'temp basal amount',
  tempType: 'temp basal type',
  tempDuration: 'temp basal duration',
  bolusType: 'bolus type',
  selected: 'bolus volume selected',
  delivered: 'bolus volume delivered',
  bolusDuration: 'bolus duration',
  primeType: 'prime type',
  prime: 'prime volume delivered',
  alarm: 'alarm',
  suspend: 'suspend',
  rewind: 'rewind',
  estimate: 'bwz estimate',
  targetHigh: 'bwz target high bg',
  targetLow: 'bwz target low bg',
  carbRatio: 'bwz carb ratio',
  sensitivity: 'bwz insulin sensitivity',
  carbs: 'bwz carb input',
  wizardBg: 'bwz bg input',
  correction: 'bwz correction estimate',
  food: 'bwz food estimate',
  active: 'bwz active insulin',
  calibration: 'sensor calibration bg',
  sensor: 'sensor glucose',
  isig: 'isig value',
  marker: 'event marker',
} as const;

export type Name = keyof typeof names;

export const wizard: Name[] = [
  'estimate',
  'targetHigh',
  'targetLow',
  'carbRatio',
  'sensitivity',
  'carbs',
  'wizardBg',
  'correction',
  'food',
  'active',
];

export type Columns = {
  width: number;
  at: { [name in Name]: number };
  unit: GlucoseUnit | null;
  /** Carbohydrates stand there in grams; older pumps could be set to exchanges. */
  grams: boolean;
  translated: boolean;
};

/** The columns of a CareLink export, or undefined where these are not its column names. */
export function of(cells: string[]): Columns | undefined {
  const plain = cells.map(Header.plain);
  if (plain[0] !== 'index') return undefined;
  const all = Object.keys(names) as Name[];
  const find = (name: Name) => plain.findIndex((p) => p.startsWith(names[name]));
  const named =
    find('date') > 0 && find('time') > 0 && (find('bg') > 0 || find('sensor') > 0 || find('basal') > 0);
  const units = (places: number[]) => places.flatMap((p) => Unit.declared(plain[p] ?? '') ?? []);
  // Translated exports keep the order: glucose columns tell whether it is the known one.
  const translated = !named && plain.length >= all.length && units([4, 29, 30]).length === 3;
  if (!named && !translated) return undefined;
  const at = {} as { [name in Name]: number };
  all.forEach((name, place) => {
    at[name] = named ? find(name) : place;
  });
  return {
    width: cells.length,
    at,
    unit: Unit.same(units([at.bg, at.calibration, at.sensor])),
    grams: !/exchange/.test(plain[at.carbs] ?? ''),
    translated,
  };
}
