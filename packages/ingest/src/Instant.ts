// Copyright the Islet authors. AGPL-3.0-or-later.
import { maxSaidLength, years } from './Limits.js';
import { type DateOrder, parse as parseTime, toWall } from './WallTime.js';
import * as Zone from './Zone.js';

/** A moment. `offsetMinutes` is undefined where none was said, or UTC, which says nothing of the person's clock. */
export type Instant = { at: number; offsetMinutes: number | undefined };

const zoned = /^(.{8,40}?) ?(Z|[+-]\d{2}:?\d{2})$/;

const full = /^(.{10,40}?) ?(Z|[+-]\d{2}:?\d{2})$/i;
const fine = /(\.\d{6})\d+$/;

/**
 * The same, strictly: the year first (RFC 3339, also with a space before time or offset, and with nanoseconds), a time
 * of day, an offset that can be one. Here UTC is an offset where it is written as one (`+00:00`), and not as `Z`.
 */
export function exact(said: string, zone: Zone.Zone): Instant | undefined {
  if (said.length > maxSaidLength) return undefined;
  const found = full.exec(said.trim());
  const written = parseTime((found ? found[1]! : said).replace(fine, '$1'));
  if (!written?.yearFirst || !/\d[T ,]+\d/.test(said)) return undefined;
  const wall = toWall(written, 'month-first');
  if (wall === undefined) return undefined;
  if (!found) return { at: inZone(zone, wall), offsetMinutes: undefined };
  if (found[2]!.toUpperCase() === 'Z') return { at: wall, offsetMinutes: undefined };
  const minutes = minutesOf(found[2]!);
  if (Number(found[2]!.slice(-2)) > 59 || !isOffset(minutes)) return undefined;
  return { at: wall - minutes * 60_000, offsetMinutes: minutes };
}

/** A local time (ms as if UTC) as a moment: the first of two in autumn's repeated hour. */
export const inZone = (zone: Zone.Zone, wall: number): number =>
  Zone.moments(zone, wall)[0] ?? Zone.skipped(zone, wall);

/** A time with a zone (`Z`, `+01:00`, `+0100`), or one by the clocks of `zone`. Undefined for anything else. */
export function parse(said: string, zone: Zone.Zone, order: DateOrder = 'month-first'): Instant | undefined {
  const found = zoned.exec(said);
  const written = parseTime(found ? found[1]! : said);
  const wall = written && toWall(written, order);
  if (wall === undefined) return undefined;
  if (!found) return { at: inZone(zone, wall), offsetMinutes: undefined };
  const minutes = minutesOf(found[2]!);
  return { at: wall - minutes * 60_000, offsetMinutes: minutes || undefined };
}

/** What a clock showed, ms as if UTC, whatever zone stands behind it. */
export function wallOf(said: string): number | undefined {
  const written = parseTime(zoned.exec(said)?.[1] ?? said);
  return written && toWall(written, 'month-first');
}

/** Minutes east, of `Z`, `+01:00` or `+0100`. */
export function minutesOf(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith('-') ? 0 - minutes : minutes;
}

/** Whether a moment (UTC ms) lies in the years that readings may have. */
export const inYears = (at: number): boolean =>
  at >= Date.UTC(years.first, 0, 1) - 86_400_000 && at <= Date.UTC(years.last + 1, 0, 1) + 86_400_000;

/** No clock on Earth is further from UTC than 14 hours; some files say a day. */
const mostOffset = 1440;

export const isOffset = (minutes: number | undefined): minutes is number =>
  minutes !== undefined && Number.isInteger(minutes) && Math.abs(minutes) <= mostOffset;

/** An offset as readings carry it: what was said where it can be one, else that of the zone. */
export const offsetOr = (said: number | undefined, zone: Zone.Zone, at: number): number =>
  isOffset(said) ? said : Zone.offsetMinutes(zone, at);

/** A time from 2000 to 2200 counted in seconds; counted in ms it would lie in the first weeks of 1970. */
const seconds = { least: 946_684_800, most: 7_258_118_400 } as const;

/** Some clients count seconds. Where the record also says its time in words, the nearer is meant. */
export function milliseconds(date: number, known: number | undefined): number {
  if (date < seconds.least || date > seconds.most) return Math.round(date) + 0;
  const isMs = known !== undefined && Math.abs(known - date) < Math.abs(known - date * 1000);
  return Math.round(isMs ? date : date * 1000);
}
