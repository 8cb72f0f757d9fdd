// Copyright the Islet authors. AGPL-3.0-or-later.
import { mgdlPerMmol, sensorLimits, toMgdl } from '@islet/core/Glucose';
import type { Glucose, GlucoseUnit } from '@islet/core/Reading';
import { glucoseMgdl, maxDurationMs } from './Limits.js';

const plain = /^[+-]?\d{1,9}(?:[.,]\d{1,20})?$/;

/** A number (never -0) as exports write it, with a point or a comma. Undefined for anything else; no thousands separators. */
export function parse(cell: string): number | undefined {
  const text = cell.trim();
  return plain.test(text) ? Number(text.replace(',', '.')) + 0 : undefined;
}

const long = /^-?\d{1,16}(?:\.\d{1,12})?$/;

/** A count of ms or seconds written as text. */
export const whole = (cell: string): number | undefined =>
  long.test(cell.trim()) ? Number(cell) : undefined;

/** A number of at least zero and at most `most`. */
export function upTo(cell: string, most: number): number | undefined {
  const value = parse(cell);
  return value !== undefined && value >= 0 && value <= most ? value : undefined;
}

const words: { [word: string]: 'low' | 'high' } = {
  low: 'low',
  lo: 'low',
  niedrig: 'low',
  bas: 'low',
  bajo: 'low',
  basso: 'low',
  laag: 'low',
  high: 'high',
  hi: 'high',
  hoch: 'high',
  élevé: 'high',
  alto: 'high',
  hoog: 'high',
};

export type Level = Pick<Glucose, 'value' | 'unit' | 'beyond'>;

/** A glucose cell: a number, or the word a sensor writes beyond its range. */
export function glucose(cell: string, unit: GlucoseUnit, method: Glucose['method']): Level | undefined {
  const beyond = words[cell.trim().toLowerCase()];
  if (beyond) return { value: sensorLimits[beyond], unit: 'mg/dL', beyond };
  const value = parse(cell);
  return value !== undefined && plausible(value, unit, method) ? { value, unit, beyond: null } : undefined;
}

/** Whether a number can be a person's glucose in this unit. No sensor goes as low as a meter. */
export function plausible(value: number, unit: GlucoseUnit, method: Glucose['method']): boolean {
  const mgdl = toMgdl(value, unit);
  const least = method === 'meter' ? glucoseMgdl.leastByMeter : glucoseMgdl.leastBySensor;
  return mgdl >= least && mgdl <= glucoseMgdl.most;
}

/** The most that is still believable in mmol/L, and the least that is in mg/dL, for a file as a whole. */
export const unitEdge = { mmolMost: 700 / mgdlPerMmol, mgdlLeast: glucoseMgdl.leastBySensor } as const;

const clock = /^(\d{1,3}):(\d{2}):(\d{2})$/;

/** `h:mm:ss` in ms. */
export function duration(cell: string): number | undefined {
  const found = clock.exec(cell.trim());
  if (!found) return undefined;
  const ms = (Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3])) * 1000;
  return ms <= maxDurationMs ? ms : undefined;
}

/** Units of insulin without the noise that four-byte numbers get when they are written out. */
export const dose = (units: number): number => Math.round(units * 1e5) / 1e5;
