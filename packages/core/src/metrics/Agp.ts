// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Interpolate from './Interpolate.js';
import type { Point } from './Points.js';
import * as Quantile from './Quantile.js';
import * as Wear from './Wear.js';

export type BinMinutes = 5 | 15 | 30 | 60;

/** One stretch of the clock, across all days: after `fromMinute`, up to and including `toMinute` of the local day. */
export type Bin = {
  fromMinute: number;
  toMinute: number;
  /** How many local days have glucose here. Midnight itself ends the day before. */
  days: number;
  /** Percentiles, mg/dL, of type 7; null where no day has glucose here. */
  p05: number | null;
  p25: number | null;
  p50: number | null;
  p75: number | null;
  p95: number | null;
};

const minute = 60_000;
const day = 1440 * minute;

/**
 * The ambulatory glucose profile: the 5th, 25th, 50th, 75th and 95th percentile by local clock time across days
 * (Battelino 2019, doi 10.2337/dci19-0028), all bins of the day from midnight on. Points are first brought to an even
 * grid of the sensor's interval, or of the bin where that is finer, so that no day weighs more than another.
 * Nothing is smoothed: that is for whoever draws it.
 */
export function of(points: readonly Point[], binMinutes: BinMinutes = 5): Bin[] {
  const stepMs = Math.min(Wear.intervalOf(points), binMinutes * minute);
  const values: number[][] = Array.from({ length: 1440 / binMinutes }, () => []);
  const days = values.map(() => new Set<number>());
  for (const cell of Interpolate.grid(points, stepMs)) {
    const local = cell.at + cell.offsetMinutes * minute;
    const dayNumber = Math.ceil(local / day) - 1;
    const bin = Math.ceil((local - dayNumber * day) / (binMinutes * minute)) - 1;
    values[bin]!.push(cell.mgdl);
    days[bin]!.add(dayNumber);
  }
  return values.map((unsorted, i) => {
    const sorted = unsorted.sort((a, b) => a - b);
    return {
      fromMinute: i * binMinutes,
      toMinute: (i + 1) * binMinutes,
      days: days[i]!.size,
      p05: Quantile.of(sorted, 0.05),
      p25: Quantile.of(sorted, 0.25),
      p50: Quantile.of(sorted, 0.5),
      p75: Quantile.of(sorted, 0.75),
      p95: Quantile.of(sorted, 0.95),
    };
  });
}
