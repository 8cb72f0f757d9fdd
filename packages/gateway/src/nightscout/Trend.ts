// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Trend from '@islet/core/metrics/Trend';
import { trends } from '@islet/core/Reading';

/** Nightscout's words for how fast glucose moves, by mg/dL a minute: each up to its limit. */
const steps = [
  [-3.5, 'DoubleDown'],
  [-2, 'SingleDown'],
  [-1, 'FortyFiveDown'],
  [1, 'Flat'],
  [2, 'FortyFiveUp'],
  [3.5, 'SingleUp'],
  [Number.POSITIVE_INFINITY, 'DoubleUp'],
] as const;

export type Point = { at: number; mgdl: number };

/** The direction at the last of some points, which stand in order of time; `NONE` where too little is known. */
export function of(points: readonly Point[], index: number): string {
  const speed = Trend.speedAt(points, index);
  return speed === null ? 'NONE' : steps.find(([limit]) => speed <= limit)![1];
}

/** In the order of their numbers. */
const numbered: readonly string[] = trends.slice(0, 10);

/** The number that watches know a direction by. */
export const numberOf = (direction: string): number => {
  const spaced = { NotComputable: 'NOT COMPUTABLE', RateOutOfRange: 'RATE OUT OF RANGE' }[direction];
  return Math.max(0, numbered.indexOf(spaced ?? direction));
};
