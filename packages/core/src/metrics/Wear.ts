// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Point, Window } from './Points.js';
import * as Points from './Points.js';
import * as Quantile from './Quantile.js';

const minute = 60_000;

/** The intervals at which sensors report, ms. */
export const intervals = [minute, 5 * minute, 15 * minute] as const;

/** Taken where fewer than two points show none, ms. */
export const usualInterval = 5 * minute;

export type Wear = {
  /** The sensor's interval, ms. */
  intervalMs: number;
  /** How many slots of that length hold a point. */
  present: number;
  /** How many would, had the sensor been worn and heard throughout. */
  expected: number;
  /** 100 · present / expected, at most 100; null where nothing could be expected. */
  activePercent: number | null;
};

/**
 * The sensor's interval, ms: the median step between points, snapped to the nearest (by ratio) of 1, 5, 15 min.
 * A point within half of the shortest interval after another is the same measurement by a second way, not a step.
 */
export function intervalOf(points: readonly Point[]): number {
  const steps: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { at } of points) {
    if (at - last < intervals[0] / 2) continue;
    if (Number.isFinite(last)) steps.push(at - last);
    last = at;
  }
  const median = Quantile.of(
    steps.sort((a, b) => a - b),
    0.5,
  );
  if (median === null) return usualInterval;
  const distance = (interval: number) => Math.abs(Math.log(interval / median));
  return intervals.reduce((best, i) => (distance(i) < distance(best) ? i : best));
}

/**
 * How much of a window the sensor was active. "% active" has no single definition; this is *slots of the sensor's
 * interval that hold a reading, of all slots in the window* (with a 14-day window: what iglu calls manual). A gap at
 * either end of the window counts as missing.
 */
export function inWindow(points: readonly Point[], window: Window): Wear {
  const inside = Points.within(points, window);
  const intervalMs = intervalOf(inside);
  const expected = Math.max(1, Math.round((window.to - window.from) / intervalMs));
  return wear(intervalMs, slots(inside, intervalMs), expected);
}

/**
 * How much of the time between the first and the last point the sensor was active: (expected - missing) / expected,
 * where each step between neighbours misses its length over the interval, rounded, less one (what iglu calls
 * automatic). It cannot see what is missing before the first point or after the last: prefer `inWindow`.
 */
export function betweenEnds(points: readonly Point[]): Wear {
  const inside = Points.within(points);
  const intervalMs = intervalOf(inside);
  let missing = 0;
  for (let i = 1; i < inside.length; i++)
    missing += Math.max(0, Math.round((inside[i]!.at - inside[i - 1]!.at) / intervalMs) - 1);
  const present = slots(inside, intervalMs);
  return wear(intervalMs, present, present + missing);
}

/**
 * How many distinct slots the points fill. Slots do not lie on a fixed lattice, since readings that jitter by a
 * second around its lines would fill only half of it: a slot is due one interval after the slot before, a point
 * more than half an interval early belongs to that one, and a point more than half an interval late starts anew.
 */
function slots(points: readonly Point[], intervalMs: number): number {
  let filled = 0;
  let due = Number.NEGATIVE_INFINITY;
  for (const { at } of points) {
    if (at < due - intervalMs / 2) continue;
    filled++;
    due = (at > due + intervalMs / 2 ? at : due) + intervalMs;
  }
  return filled;
}

const wear = (intervalMs: number, present: number, expected: number): Wear => ({
  intervalMs,
  present,
  expected,
  activePercent: expected === 0 ? null : Math.min(100, (100 * present) / expected),
});
