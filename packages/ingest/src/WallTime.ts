// Copyright the Islet authors. AGPL-3.0-or-later.
import { maxSaidLength, years } from './Limits.js';

/** Which number of `a-b-year` is the day. */
export type DateOrder = 'day-first' | 'month-first';

/** A local time as written: numbers that do not say yet which of them is the month. */
export type Written = {
  /** `year` where it stood in front. Otherwise the first two numbers wait for a `DateOrder`. */
  first: number;
  second: number;
  year: number;
  yearFirst: boolean;
  /** Ms since midnight. */
  time: number;
  /** Written with AM or PM. */
  twelve: boolean;
};

const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ,]+(.+))?$/;
const dayOrMonth = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:[T ,]+(.+))?$/;
/** Days since 1899-12-30, as spreadsheets keep times. */
const serial = /^([2-9]\d{4})\.(\d{1,17})$/;
const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(?: ?([AP])\.?M\.?)?$/i;

/** Reads `2018-11-01T00:02:05`, `12-04-1961 22:30`, `8/1/18 4:07 PM`, `43405.5014` and their kin. Undefined for anything else. */
export function parse(cell: string): Written | undefined {
  const text = cell.trim();
  if (text.length > maxSaidLength) return undefined;
  const days = serial.exec(text);
  if (days) return ofSerial(Number(days[0]));
  const yearFirst = iso.exec(text);
  const found = yearFirst ?? dayOrMonth.exec(text);
  if (!found) return undefined;
  const time = found[4] === undefined ? { ms: 0, twelve: false } : timeOfDay(found[4]);
  if (!time) return undefined;
  const [a, b, c] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const rest = { time: time.ms, twelve: time.twelve };
  if (yearFirst) return { year: a, first: b, second: c, yearFirst: true, ...rest };
  return { first: a, second: b, year: found[3]!.length === 2 ? 2000 + c : c, yearFirst: false, ...rest };
}

function ofSerial(days: number): Written {
  const date = new Date(Date.UTC(1899, 11, 30) + Math.round(days * 86_400) * 1000);
  const [year, first, second] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  return { year, first, second, yearFirst: true, time: date.getTime() % 86_400_000, twelve: false };
}

function timeOfDay(text: string): { ms: number; twelve: boolean } | undefined {
  const found = clock.exec(text);
  if (!found) return undefined;
  const [, h, m, s = '0', fraction = '0', half] = found;
  let hour = Number(h);
  if (half) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
  }
  if (hour > 23 || Number(m) > 59 || Number(s) > 59) return undefined;
  const ms = Math.floor(Number(`0.${fraction}`) * 1000);
  return { ms: ((hour * 60 + Number(m)) * 60 + Number(s)) * 1000 + ms, twelve: half !== undefined };
}

/**
 * The local time as ms, counted as if it were UTC. Undefined for a date that the calendar does not have.
 * A year of two digits is this century's; exports with such years are younger than it.
 */
export function toWall(written: Written, order: DateOrder): number | undefined {
  const { year, first, second, yearFirst } = written;
  const [month, day] = yearFirst || order === 'month-first' ? [first, second] : [second, first];
  if (year < years.first || year > years.last) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.getTime() + written.time;
}
