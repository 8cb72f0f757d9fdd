// Copyright the Islet authors. AGPL-3.0-or-later.

/** What a clock on the wall of a zone shows. */
export type Wall = { year: number; month: number; day: number; hour: number; minute: number; second: number };

const formats = new Map<string, Intl.DateTimeFormat>();
const minute = 60_000;
const day = 86_400_000;

/** The local time of a moment (UTC ms) in an IANA zone. */
export function at(moment: number, zone: string): Wall {
  const local = new Date(moment + offsetMinutes(moment, zone) * minute);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  };
}

const known = new Map<string, number>();

/** Local time minus UTC in whole minutes, east positive. Offsets change on the quarter of an hour, so one is asked for each. */
export function offsetMinutes(moment: number, zone: string): number {
  const quarter = Math.floor(moment / (15 * minute));
  const key = `${zone}/${quarter}`;
  let offset = known.get(key);
  if (offset === undefined) {
    if (known.size > 200_000) known.clear();
    offset = measure(quarter * 15 * minute, zone);
    known.set(key, offset);
  }
  return offset;
}

function measure(moment: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    const parts = {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    } as const;
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, ...parts, hourCycle: 'h23' });
    formats.set(zone, format);
  }
  const [date, time] = format.format(moment).split(' ') as [string, string];
  return Math.round((Date.parse(`${date}T${time}:00Z`) - moment) / minute);
}

/** The moments of local midnight of the `count` days that begin with the day in which `moment` lies, and of the next. */
export function midnights(moment: number, count: number, zone: string): number[] {
  const start = moment + offsetMinutes(moment, zone) * minute;
  const first = start - (((start % day) + day) % day);
  return Array.from({ length: count + 1 }, (_, i) => {
    const local = first + i * day;
    const guess = local - offsetMinutes(local, zone) * minute;
    return local - offsetMinutes(guess, zone) * minute;
  });
}

/** A number with leading zeros. */
export const padded = (value: number, width = 2): string => String(value).padStart(width, '0');
