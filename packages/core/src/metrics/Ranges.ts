// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Point } from './Points.js';

/** The five exclusive bands of the consensus (Battelino 2019, doi 10.2337/dci19-0028). */
export type Band = 'veryLow' | 'low' | 'inRange' | 'high' | 'veryHigh';

/** Bands from low to high. */
export const bands = ['veryLow', 'low', 'inRange', 'high', 'veryHigh'] as const satisfies Band[];

/** Their limits, mg/dL: very low < 54 ≤ low < 70 ≤ in range ≤ 180 < high ≤ 250 < very high. */
export const limits = { veryLow: 54, low: 70, high: 180, veryHigh: 250 } as const;

/** The tight range, both ends inside, mg/dL (Battelino 2023, doi 10.1016/S2213-8587(22)00319-9). */
export const tight = { low: 70, high: 140 } as const;

type Value = Pick<Point, 'mgdl' | 'beyond'>;

/** The value as shown in mg/dL, half up: what is judged, so that the screen and the band never disagree. */
export const shown = (value: Value): number => Math.round(value.mgdl);

/** The band a point falls in. "Low" is very low and "High" very high, whatever number stands in for the word. */
export function bandOf(value: Value): Band {
  if (value.beyond === 'low') return 'veryLow';
  if (value.beyond === 'high') return 'veryHigh';
  const g = shown(value);
  if (g < limits.veryLow) return 'veryLow';
  if (g < limits.low) return 'low';
  if (g <= limits.high) return 'inRange';
  return g <= limits.veryHigh ? 'high' : 'veryHigh';
}

/** Whether a point is in the tight range, which lies inside `inRange`. */
export const isTight = (value: Value): boolean => bandOf(value) === 'inRange' && shown(value) <= tight.high;
