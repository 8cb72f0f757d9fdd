// Copyright the Islet authors. AGPL-3.0-or-later.
import { maxSaidLength, years } from './Limits.js';
import { parse as parseWall, toWall } from './WallTime.js';
import * as Zone from './Zone.js';

/** A moment, UTC ms, and how far local time was ahead of UTC in minutes where the text says so. */
export type Timestamp = { at: number; offset: number | undefined };

const zoned = /^(.{10,40}?) ?(Z|[+-]\d{2}:?\d{2})$/i;
const fine = /(\.\d{6})\d+$/;

/**
 * Reads a time that names its offset (RFC 3339, also with a space before time or offset, and with nanoseconds), or a
 * local one, which is then taken in `zone`. Undefined for anything else, and for a day without a time.
 */
export function parse(said: string, zone: Zone.Zone): Timestamp | undefined {
  if (said.length > maxSaidLength) return undefined;
  const found = zoned.exec(said.trim());
  const written = parseWall((found ? found[1]! : said).replace(fine, '$1'));
  if (!written?.yearFirst || !/\d[T ,]+\d/.test(said)) return undefined;
  const wall = toWall(written, 'month-first');
  if (wall === undefined) return undefined;
  if (!found) return { at: inZone(zone, wall), offset: undefined };
  if (found[2]!.toUpperCase() === 'Z') return { at: wall, offset: undefined };
  const digits = found[2]!.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3));
  if (Number(digits.slice(3)) > 59 || minutes > mostOffset) return undefined;
  const offset = digits.startsWith('-') ? 0 - minutes : minutes;
  return { at: wall - offset * 60_000, offset };
}

/** A local time (ms as if UTC) as a moment: the first of two in autumn's repeated hour. */
export const inZone = (zone: Zone.Zone, wall: number): number =>
  Zone.moments(zone, wall)[0] ?? Zone.skipped(zone, wall);

/** No clock on Earth is further from UTC than 14 hours; some files say a day. */
export const mostOffset = 1440;

export const isOffset = (minutes: number | undefined): minutes is number =>
  minutes !== undefined && Number.isInteger(minutes) && Math.abs(minutes) <= mostOffset;

/** Whether a moment lies in the years that readings may lie in. */
export const inYears = (at: number): boolean =>
  at >= Date.UTC(years.first, 0, 1) - 86_400_000 && at <= Date.UTC(years.last + 1, 0, 1) + 86_400_000;
