// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';

/** A `--from` or `--to` as a stream day. Throws `CLI_BAD_DATE`. */
export function dayOf(text: string, option: string): Day.Day {
  const day = Day.parse(text);
  if (day === undefined) throw new BadDateError(option);
  return day;
}

/** Two dates as a range. Throws `CLI_BAD_DATE`. */
export function rangeOf(from: string, to: string): { firstDay: Day.Day; lastDay: Day.Day } {
  const firstDay = dayOf(from, '--from');
  const lastDay = dayOf(to, '--to');
  if (lastDay < firstDay) throw new BadDateError('--to');
  return { firstDay, lastDay };
}

/** The end of a day in UTC ms, or a moment given whole. */
export function untilOf(text: string): number {
  const day = Day.parse(text);
  if (day !== undefined) return Day.endOf(day, -new Date().getTimezoneOffset());
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new BadDateError('--until');
  return at;
}

export class BadDateError extends IsletError {
  override readonly name = 'BadDateError';
  constructor(option: string) {
    super('CLI_BAD_DATE', `${option} needs a date like 2026-11-23, and --to must not be before --from.`);
  }
}
