// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

const day = 86_400_000;

/** Offsets are the same all day, or change once in it. */
type Day = { before: number; changeAt: number; after: number };

/** A time zone of the IANA database, with what was learnt of it so far. */
export type Zone = {
  readonly name: string;
  readonly format: Intl.DateTimeFormat;
  readonly days: Map<number, Day>;
};

/** The zone of that name. Throws `INGEST_ZONE_UNKNOWN`. */
export function of(name: string): Zone {
  try {
    // Intl takes a missing zone for the machine's own, silently.
    if (typeof name !== 'string' || name === '') throw new RangeError('no zone');
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    return { name, format, days: new Map() };
  } catch (cause) {
    if (cause instanceof RangeError) throw new ZoneError(name);
    throw cause;
  }
}

/** Whether a name is one of the IANA database. */
export function isName(name: string): boolean {
  try {
    of(name);
    return true;
  } catch {
    return false;
  }
}

/** Local time minus UTC at a moment, ms. Before zones were agreed on, offsets have odd seconds. */
export function offset(zone: Zone, at: number): number {
  const number = Math.floor(at / day);
  let known = zone.days.get(number);
  if (!known) {
    if (zone.days.size > 100_000) zone.days.clear();
    known = study(zone, number * day);
    zone.days.set(number, known);
  }
  return at < known.changeAt ? known.before : known.after;
}

/** The same in whole minutes, east positive, as readings carry it. */
export const offsetMinutes = (zone: Zone, at: number): number => Math.round(offset(zone, at) / 60_000) + 0;

/**
 * The moments (UTC ms) at which the zone's clocks show this local time (ms as if UTC): one, two in the hour that
 * autumn repeats, none in the hour that spring leaves out.
 */
export function moments(zone: Zone, wall: number): number[] {
  const early = wall - offset(zone, wall - day);
  const late = wall - offset(zone, wall + day);
  const out = [early, late].filter((at, i, all) => all.indexOf(at) === i && at + offset(zone, at) === wall);
  return out.sort((a, b) => a - b);
}

/** The moment meant by a local time that spring leaves out: what a clock that was not put forward yet would say. */
export const skipped = (zone: Zone, wall: number): number => wall - offset(zone, wall - day);

function study(zone: Zone, start: number): Day {
  const before = measure(zone, start);
  const after = measure(zone, start + day);
  if (before === after) return { before, changeAt: start, after };
  let low = start;
  let high = start + day;
  while (high - low > 1000) {
    const middle = low + Math.floor((high - low) / 2000) * 1000;
    if (measure(zone, middle) === before) low = middle;
    else high = middle;
  }
  return { before, changeAt: high, after };
}

function measure(zone: Zone, at: number): number {
  const whole = Math.floor(at / 1000) * 1000;
  const part: { [type: string]: number } = {};
  for (const { type, value } of zone.format.formatToParts(whole)) part[type] = Number(value);
  return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!) - whole;
}

/** `INGEST_ZONE_UNKNOWN`: the name is not a time zone of the IANA database. */
export class ZoneError extends IsletError {
  override readonly name: string = 'ZoneError';
  constructor(zone: string) {
    super(
      'INGEST_ZONE_UNKNOWN',
      `${JSON.stringify(String(zone).slice(0, 40))} is not a time zone. Give the one the device was set to, like "Europe/Madrid".`,
    );
  }
}
