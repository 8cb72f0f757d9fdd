// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Glucose from '../Glucose.js';
import { IsletError } from '../IsletError.js';
import type { Reading } from '../Reading.js';

/** One sensor glucose value, as every metric takes it. */
export type Point = {
  /** UTC, ms. */
  at: number;
  /** Minutes east of UTC, at that moment. */
  offsetMinutes: number;
  /** Canonical, not rounded. Where the sensor said a word, the limit it stands for. */
  mgdl: number;
  beyond: 'low' | 'high' | null;
};

/** From `from` up to, not including, `to`; UTC ms. */
export type Window = { from: number; to: number };

/**
 * The points of readings, in order of time: only glucose that a sensor measured by itself, since scans and
 * finger-sticks are taken when something seems wrong and would bend every mean.
 *
 * Readings of one instant become one point with the mean of their *distinct* values, so that hearing the same
 * reading by two ways changes nothing. The word "Low" or "High" is kept where all of them say it, and the
 * smallest offset where they differ. One measurement that two sources tell with clocks a little apart (an uploader
 * and an export of the same sensor) is one point, the earlier one: see `sameMs`. The order of the readings never matters.
 * Throws `METRICS_READING_INVALID` on a time, offset or value that is not a finite number.
 */
export function fromReadings(readings: Iterable<Reading>): Point[] {
  const heard: Heard[] = [];
  for (const r of readings) {
    if (r.kind !== 'glucose' || r.method !== 'cgm') continue;
    const mgdl = Glucose.toMgdl(r.value, r.unit);
    if (!Number.isFinite(r.at) || !Number.isFinite(r.offsetMinutes) || !Number.isFinite(mgdl))
      throw new InvalidReadingError();
    const point = { at: r.at, offsetMinutes: r.offsetMinutes, mgdl, beyond: r.beyond };
    heard.push({ point, tellers: new Set([`${r.source.app}\n${r.source.device}`]) });
  }
  heard.sort((a, b) => a.point.at - b.point.at || a.point.offsetMinutes - b.point.offsetMinutes);
  const kept: Heard[] = [];
  for (let i = 0; i < heard.length; ) {
    let end = i + 1;
    while (end < heard.length && heard[end]!.point.at === heard[i]!.point.at) end++;
    const one = end === i + 1 ? heard[i]! : merge(heard.slice(i, end));
    const before = toldBefore(kept, one);
    if (before) for (const teller of one.tellers) before.tellers.add(teller);
    else kept.push(one);
    i = end;
  }
  return kept.map(({ point }) => point);
}

/** A point, and the sources that told it. */
type Heard = { point: Point; tellers: Set<string> };

/** Half the interval of most sensors: further apart, equal values are two measurements. */
const sameMs = 150_000;
/** Values that a change of unit and rounding may set apart, mg/dL. */
const sameMgdl = 1;

/** The kept point that this one tells again. A source never repeats itself, so each tells a point once. */
function toldBefore(kept: Heard[], { point, tellers }: Heard): Heard | undefined {
  for (let i = kept.length - 1; i >= 0 && point.at - kept[i]!.point.at < sameMs; i--) {
    const { point: before, tellers: known } = kept[i]!;
    const isNew = [...tellers].every((teller) => !known.has(teller));
    if (isNew && Math.abs(before.mgdl - point.mgdl) <= sameMgdl) return kept[i]!;
  }
  return undefined;
}

function merge(same: Heard[]): Heard {
  const first = same[0]!.point;
  const values = [...new Set(same.map((h) => h.point.mgdl))].sort((a, b) => a - b);
  const point: Point = {
    at: first.at,
    offsetMinutes: first.offsetMinutes,
    mgdl: values.reduce((sum, v) => sum + v, 0) / values.length,
    beyond: same.every((h) => h.point.beyond === first.beyond) ? first.beyond : null,
  };
  return { point, tellers: new Set(same.flatMap((h) => [...h.tellers])) };
}

/**
 * The points inside a window, or all of them without one. Throws `METRICS_POINTS_UNORDERED` where the points
 * do not rise strictly in time, `METRICS_WINDOW_EMPTY` where the window has no length.
 */
export function within(points: readonly Point[], window?: Window): readonly Point[] {
  for (let i = 1; i < points.length; i++)
    if (!(points[i]!.at > points[i - 1]!.at)) throw new UnorderedPointsError();
  if (!window) return points;
  if (!(window.to > window.from)) throw new EmptyWindowError();
  return points.filter((p) => p.at >= window.from && p.at < window.to);
}

export class InvalidReadingError extends IsletError {
  override readonly name = 'Points.InvalidReadingError';
  constructor() {
    super(
      'METRICS_READING_INVALID',
      'A glucose reading has a time, offset or value that is not a finite number. Refuse it where it is ingested.',
    );
  }
}

export class UnorderedPointsError extends IsletError {
  override readonly name = 'Points.UnorderedPointsError';
  constructor() {
    super(
      'METRICS_POINTS_UNORDERED',
      'Metrics need points that rise strictly in time. Make them with Points.fromReadings.',
    );
  }
}

export class EmptyWindowError extends IsletError {
  override readonly name = 'Points.EmptyWindowError';
  constructor() {
    super('METRICS_WINDOW_EMPTY', 'The window of a metric ends before it begins. Give from < to, in ms.');
  }
}
