// Copyright the Islet authors. AGPL-3.0-or-later.
// Sources write one moment in many ways. What was said is kept exactly; where it is one of the common ways of
// writing the concluded time, the way's number stands for the text.

const two = (n: number): string => String(n).padStart(2, '0');

const ways: ((local: Date, utc: Date) => string)[] = [
  (l) => `${dateOf(l)} ${timeOf(l)}`,
  (l) => `${dateOf(l)}T${timeOf(l)}`,
  (_, u) => u.toISOString(),
  (_, u) => `${dateOf(u)}T${timeOf(u)}Z`,
  (l) => `${two(l.getUTCDate())}-${two(l.getUTCMonth() + 1)}-${yearOf(l)} ${minuteOf(l)}`,
  (l) => `${two(l.getUTCMonth() + 1)}-${two(l.getUTCDate())}-${yearOf(l)} ${minuteOf(l)}`,
  () => '',
];

const [dayFirst, monthFirst] = [4, 5];

const yearOf = (d: Date): string => String(d.getUTCFullYear()).padStart(4, '0');
const dateOf = (d: Date): string => `${yearOf(d)}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
const minuteOf = (d: Date): string => `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
const timeOf = (d: Date): string => `${minuteOf(d)}:${two(d.getUTCSeconds())}`;

const write = (way: number, at: number, offsetMinutes: number): string | undefined =>
  ways[way]?.(new Date(at + offsetMinutes * 60_000), new Date(at));

/** The number of the way, or the text itself. */
export function shorten(said: string, at: number, offsetMinutes: number): number | string {
  const way = ways.findIndex((_, i) => write(i, at, offsetMinutes) === said);
  return way === -1 ? said : way;
}

/** The text again, or `undefined` for what `shorten` does not write: a way that is not known, or not the shortest. */
export function lengthen(short: number | string, at: number, offsetMinutes: number): string | undefined {
  if (typeof short === 'string') return shorten(short, at, offsetMinutes) === short ? short : undefined;
  const text = write(short, at, offsetMinutes);
  // Only the two that turn day and month around can be alike, on the fifth of May.
  return short === monthFirst && text === write(dayFirst, at, offsetMinutes) ? undefined : text;
}
