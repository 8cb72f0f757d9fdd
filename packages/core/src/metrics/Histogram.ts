// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Point } from './Points.js';
import * as Quantile from './Quantile.js';
import * as Ranges from './Ranges.js';

/** How many values lie in each bin of 10 mg/dL, as `[bin, count]`, rising; empty bins are left out. */
export type Histogram = [bin: number, count: number][];

/** mg/dL. */
export const width = 10;
/** Bin 60 takes 600 mg/dL and above: sensors end there. */
export const lastBin = 60;

/** The histogram of points' values as shown, in whole mg/dL. */
export function of(points: Iterable<Point>): Histogram {
  const counts = new Map<number, number>();
  for (const point of points) {
    const bin = Math.min(lastBin, Math.floor(Ranges.shown(point) / width));
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b);
}

export const count = (histogram: Histogram): number => histogram.reduce((sum, [, n]) => sum + n, 0);

/**
 * The quantile of type 7 with every value moved to the middle of its bin, mg/dL; null without values. That moves every
 * value below 600 mg/dL by at most 4.5 mg/dL and keeps their order, so it moves every quantile by at most 4.5 too.
 */
export function quantile(histogram: Histogram, p: number): number | null {
  const values = histogram.flatMap(([bin, n]) => Array<number>(n).fill(bin * width + (width - 1) / 2));
  return Quantile.of(values, p);
}
