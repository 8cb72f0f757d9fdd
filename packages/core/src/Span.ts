// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Day } from './Day.js';
import type { Stream } from './Stream.js';

/**
 * The stream days that one summary speaks of. Spans never overlap and never move: two weeks that are a day apart would
 * give that day away. Stream day 0, 1900-01-01, was a Monday, so a week runs from Monday to Sunday (ISO 8601), and a
 * report is of the weeks 2k and 2k+1 counted from there. A summary lies on the last day of its span.
 */
export type Span = { firstDay: Day; lastDay: Day };

const lengths: Partial<Record<Stream, number>> = { 'glucose/week': 7, 'glucose/report': 14 };

/** The summary streams that speak of more than one day. */
export const streams = Object.keys(lengths) as Stream[];

/** How many days a span of this stream has. */
export const lengthOf = (stream: Stream): number => lengths[stream] ?? 1;

/** The span of a stream that a day is in. */
export function of(stream: Stream, day: Day): Span {
  const length = lengthOf(stream);
  const firstDay = day - (day % length);
  return { firstDay, lastDay: firstDay + length - 1 };
}

/**
 * Of a range of days, those that are in whole spans; `undefined` where none is. A grant of a range opens exactly these,
 * so half a week says nothing of its week.
 */
export function within(stream: Stream, { firstDay, lastDay }: Span): Span | undefined {
  const length = lengthOf(stream);
  const first = Math.ceil(firstDay / length) * length;
  const last = Math.floor((lastDay + 1) / length) * length - 1;
  return first <= last ? { firstDay: first, lastDay: last } : undefined;
}

/** Whether the whole span of a summary that lies on this day is inside a range. */
export function isInside(stream: Stream, day: Day, range: Span): boolean {
  const span = of(stream, day);
  return span.firstDay >= range.firstDay && span.lastDay <= range.lastDay;
}
