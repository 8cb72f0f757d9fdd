// Copyright the Islet authors. AGPL-3.0-or-later.

/**
 * A stream day: days from 1900-01-01 in the stream's own fixed offset from UTC, so that a person's Monday
 * is one day everywhere. Between 0 and 131,071 (the year 2258), the leaves of a key tree of depth 17.
 */
export type Day = number;

export const first: Day = 0;
export const last: Day = 2 ** 17 - 1;
const msPerDay = 86_400_000;
const epoch = Date.UTC(1900, 0, 1);

/** The day of a moment (UTC ms) in a stream whose days start `dayOffsetMinutes` east of UTC. */
export function of(at: number, dayOffsetMinutes: number): Day {
  const day = Math.floor((at + dayOffsetMinutes * 60_000 - epoch) / msPerDay);
  if (!isDay(day)) throw new RangeError('the time lies outside 1900 to 2258');
  return day;
}

export const isDay = (day: number): day is Day => Number.isInteger(day) && day >= first && day <= last;

/** When a day starts, UTC ms. */
export const startOf = (day: Day, dayOffsetMinutes: number): number =>
  epoch + day * msPerDay - dayOffsetMinutes * 60_000;

/** When a day ends (exclusive), UTC ms. */
export const endOf = (day: Day, dayOffsetMinutes: number): number => startOf(day + 1, dayOffsetMinutes);

/** `2026-11-23` to a day, or `undefined` where the text is no calendar date. */
export function parse(text: string): Day | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const at = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text) return undefined;
  const day = (at - epoch) / msPerDay;
  return isDay(day) ? day : undefined;
}

/** A day as `2026-11-23`. */
export const format = (day: Day): string => new Date(epoch + day * msPerDay).toISOString().slice(0, 10);
