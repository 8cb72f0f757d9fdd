// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '../IsletError.js';
import type { Point } from './Points.js';
import * as Ranges from './Ranges.js';

/**
 * What a summary stream holds of an hour or a day: whole numbers only, so that sums are exact and the counts of
 * parts always add up to the counts of the whole. `sum` and `sumSquares` are of the values shown, whole mg/dL.
 */
export type Counts = {
  n: number;
  sum: number;
  sumSquares: number;
  veryLow: number;
  low: number;
  inRange: number;
  high: number;
  veryHigh: number;
  /** 70 to 140; these are counted in `inRange` too. */
  tight: number;
};

export const empty: Counts = {
  n: 0,
  sum: 0,
  sumSquares: 0,
  veryLow: 0,
  low: 0,
  inRange: 0,
  high: 0,
  veryHigh: 0,
  tight: 0,
};

const fields = Object.keys(empty) as (keyof Counts)[];

/** The counts of points, in any order. */
export function of(points: Iterable<Point>): Counts {
  const counts = { ...empty };
  for (const p of points) {
    const g = Ranges.shown(p);
    counts.n++;
    counts.sum += g;
    counts.sumSquares += g * g;
    counts[Ranges.bandOf(p)]++;
    if (Ranges.isTight(p)) counts.tight++;
  }
  return counts;
}

/** The counts of two disjoint sets together. Commutative and associative, with `empty` as its zero. */
export function add(a: Counts, b: Counts): Counts {
  const sum = { ...empty };
  for (const f of fields) sum[f] = a[f] + b[f];
  return sum;
}

/**
 * The sample variance (n-1), (mg/dL)², or null below two values. Computed in whole numbers of any size: the two
 * terms nearly cancel, and a float would lose what is left.
 */
export function variance(c: Counts): number | null {
  if (c.n < 2) return null;
  const n = BigInt(c.n);
  const sum = BigInt(c.sum);
  return Number(n * BigInt(c.sumSquares) - sum * sum) / (c.n * (c.n - 1));
}

/**
 * Throws `METRICS_COUNTS_IMPOSSIBLE` where no set of readings could have these counts. Counts come out of
 * segments that others wrote; a wrong one must not become a plausible number on a report.
 */
export function check(c: Counts): void {
  const whole = fields.every((f) => Number.isSafeInteger(c[f]) && c[f] >= 0);
  const banded = c.veryLow + c.low + c.inRange + c.high + c.veryHigh === c.n && c.tight <= c.inRange;
  // Cauchy–Schwarz; also says that no values have no sum.
  if (!whole || !banded || BigInt(c.n) * BigInt(c.sumSquares) < BigInt(c.sum) * BigInt(c.sum))
    throw new ImpossibleCountsError();
  if (c.n === 0 && c.sumSquares !== 0) throw new ImpossibleCountsError();
}

export class ImpossibleCountsError extends IsletError {
  override readonly name = 'Counts.ImpossibleCountsError';
  constructor() {
    super(
      'METRICS_COUNTS_IMPOSSIBLE',
      'The counts of a glucose summary contradict each other. Fetch the summary again, or compute it from the readings.',
    );
  }
}
