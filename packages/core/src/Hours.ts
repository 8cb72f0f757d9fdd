// Copyright the Islet authors. AGPL-3.0-or-later.

/**
 * When in a week a grant holds: on some weekdays, from a minute of the day to another (not included), in local time at a
 * fixed offset east of UTC. A window over midnight is two grants. The contract judges its block time in the same way.
 */
export type Hours = {
  /** Bit 0 is Monday, bit 6 Sunday. */
  weekdays: number;
  /** 0 … 1439 */
  fromMinute: number;
  /** 1 … 1440, after `fromMinute`. */
  toMinute: number;
  offsetMinutes: number;
};

export const minutesPerDay = 1440;
export const everyDay = 127;
/** 1970-01-01 was a Thursday. */
const weekdayOfEpoch = 3;

/** No restriction, in its one form; the offset still says when a rolling window's day begins. */
export const always = (offsetMinutes: number): Hours => ({
  weekdays: everyDay,
  fromMinute: 0,
  toMinute: minutesPerDay,
  offsetMinutes,
});

export const isAlways = ({ weekdays, fromMinute, toMinute }: Hours): boolean =>
  weekdays === everyDay && fromMinute === 0 && toMinute === minutesPerDay;

/** Whether the hours hold at a moment, UTC ms. */
export function holds({ weekdays, fromMinute, toMinute, offsetMinutes }: Hours, at: number): boolean {
  const minutes = Math.floor(at / 60_000) + offsetMinutes;
  const days = Math.floor(minutes / minutesPerDay);
  const minute = minutes - days * minutesPerDay;
  const weekday = (((days + weekdayOfEpoch) % 7) + 7) % 7;
  return ((weekdays >> weekday) & 1) === 1 && fromMinute <= minute && minute < toMinute;
}
