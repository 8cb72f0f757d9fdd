// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Counts from './Counts.js';
import type { Point, Window } from './Points.js';
import * as Points from './Points.js';
import * as Wear from './Wear.js';

/** What follows from values alone, whatever their times. Glucose in mg/dL; null where not defined. */
export type Statistics = {
  /** How many values. Everything but this is null at 0; spread is null at 1. */
  n: number;
  /** Arithmetic mean. A word counts as the limit it stands for. */
  meanMgDl: number | null;
  /** Sample standard deviation, n-1. */
  sdMgDl: number | null;
  /** Coefficient of variation, 100 · SD / mean; stable up to 36 (Danne 2017, doi 10.2337/dc17-1600). */
  cvPercent: number | null;
  /** Glucose management indicator, 3.31 + 0.02392 · mean (Bergenstal 2018, doi 10.2337/dc18-1581). */
  gmiPercent: number | null;
  /** Exclusive bands of the value shown; the five add up to 100 (Battelino 2019, doi 10.2337/dci19-0028). */
  veryLowPercent: number | null;
  lowPercent: number | null;
  inRangePercent: number | null;
  highPercent: number | null;
  veryHighPercent: number | null;
  /** 70 to 140, a part of `inRangePercent` (Battelino 2023, doi 10.1016/S2213-8587(22)00319-9). */
  tightRangePercent: number | null;
  /**
   * Glycemia risk index, 0 to 100: 3.0 very low + 2.4 low + 1.6 very high + 0.8 high, in percent of exclusive
   * bands, capped (Klonoff 2023, doi 10.1177/19322968221085273).
   */
  gri: number | null;
};

export type Insufficiency = 'no-readings' | 'fewer-than-14-days' | 'sensor-active-below-70-percent';

export type Summary = Statistics & {
  /** See `Wear.inWindow` (with a window) and `Wear.betweenEnds` (without). */
  sensorActivePercent: number | null;
  /** How many points were a word, "Low" or "High". */
  beyondLow: number;
  beyondHigh: number;
  /** The window's length; without one, from the first point to one interval past the last. Days of 24 h. */
  days: number;
  /** Whether there are 14 days with the sensor active for 70 % (Danne 2017; Battelino 2019). */
  sufficient: boolean;
  /** Why not. Absent where sufficient. */
  insufficiency?: Insufficiency[];
};

const day = 86_400_000;
/** Fourteen local days, one of which may lose an hour to summer time, ms. */
const sufficientMs = 14 * day - 3_600_000;
const sufficientPercent = 70;

/**
 * The metrics of points, of those inside the window where one is given. They are given even where the data do not
 * suffice to judge by; show `sufficient` beside them.
 */
export function summarise(points: readonly Point[], window?: Window): Summary {
  const inside = Points.within(points, window);
  const wear = window ? Wear.inWindow(inside, window) : Wear.betweenEnds(inside);
  const ms = window ? window.to - window.from : span(inside, wear.intervalMs);
  const active = wear.activePercent;
  const insufficiency: Insufficiency[] = [];
  if (inside.length === 0) insufficiency.push('no-readings');
  if (ms < sufficientMs) insufficiency.push('fewer-than-14-days');
  if (active !== null && active < sufficientPercent) insufficiency.push('sensor-active-below-70-percent');
  return {
    ...statistics(Counts.of(inside), mean(inside), sd(inside)),
    sensorActivePercent: active,
    beyondLow: inside.filter((p) => p.beyond === 'low').length,
    beyondHigh: inside.filter((p) => p.beyond === 'high').length,
    days: ms / day,
    sufficient: insufficiency.length === 0,
    ...(insufficiency.length > 0 && { insufficiency }),
  };
}

/**
 * The same statistics from counts, as summary streams hold them: exactly those of the points with every value
 * rounded to whole mg/dL. Throws `METRICS_COUNTS_IMPOSSIBLE` on counts that contradict each other.
 */
export function fromCounts(counts: Counts.Counts): Statistics {
  Counts.check(counts);
  const variance = Counts.variance(counts);
  return statistics(
    counts,
    counts.n === 0 ? null : counts.sum / counts.n,
    variance === null ? null : Math.sqrt(variance),
  );
}

function statistics(c: Counts.Counts, meanMgDl: number | null, sdMgDl: number | null): Statistics {
  const percent = (count: number): number | null => (c.n === 0 ? null : (100 * count) / c.n);
  const risk = 3.0 * c.veryLow + 2.4 * c.low + 1.6 * c.veryHigh + 0.8 * c.high;
  return {
    n: c.n,
    meanMgDl,
    sdMgDl,
    cvPercent: meanMgDl === null || sdMgDl === null || meanMgDl <= 0 ? null : (100 * sdMgDl) / meanMgDl,
    gmiPercent: meanMgDl === null ? null : 3.31 + 0.02392 * meanMgDl,
    veryLowPercent: percent(c.veryLow),
    lowPercent: percent(c.low),
    inRangePercent: percent(c.inRange),
    highPercent: percent(c.high),
    veryHighPercent: percent(c.veryHigh),
    tightRangePercent: percent(c.tight),
    gri: c.n === 0 ? null : Math.min(100, (100 * risk) / c.n),
  };
}

function mean(points: readonly Point[]): number | null {
  if (points.length === 0) return null;
  return points.reduce((sum, p) => sum + p.mgdl, 0) / points.length;
}

/** In two passes: the sum of squares less the square of the sum would lose digits. */
function sd(points: readonly Point[]): number | null {
  const middle = mean(points);
  if (middle === null || points.length < 2) return null;
  const squares = points.reduce((sum, p) => sum + (p.mgdl - middle) ** 2, 0);
  return Math.sqrt(squares / (points.length - 1));
}

const span = (points: readonly Point[], intervalMs: number): number =>
  points.length === 0 ? 0 : points.at(-1)!.at - points[0]!.at + intervalMs;
