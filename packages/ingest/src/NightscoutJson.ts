// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type { Reading, Source } from '@islet/core/Reading';
import { z } from 'zod';
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import type { Format } from './Format.js';
import * as JsonFault from './JsonFault.js';
import { maxNameLength, maxRows, maxSaidLength, years } from './Limits.js';
import { type Outcome, type Parsed, type Reason, refused, untimed } from './Outcome.js';
import { TooLargeError } from './Text.js';
import { parse as parseTime, toWall } from './WallTime.js';
import * as Zone from './Zone.js';

export const format: Format = {
  name: 'nightscout',
  recognise: ({ json }) => {
    const list = json === undefined ? undefined : entries(json);
    return list && (({ zone }) => read(list, zone));
  },
};

const text = z
  .union([
    z
      .string()
      .max(maxNameLength)
      .transform((t) => clip(t, maxNameLength)),
    z.number().transform(String),
  ])
  .optional()
  .catch(undefined);

const number = z
  .union([z.number(), z.string().max(maxNameLength).transform(Amount.parse)])
  .optional()
  .catch(undefined);

/** What is read of an entry. Clients send numbers as texts and nulls, and fields of their own; none of it is fatal. */
const Entry = z.object({
  type: text,
  date: z
    .union([z.number(), z.string().max(maxNameLength)])
    .optional()
    .catch(undefined),
  dateString: text,
  sysTime: text,
  utcOffset: number,
  sgv: number,
  mbg: number,
  glucose: number,
  slope: number,
  units: text,
  app: text,
  device: text,
  identifier: text,
  _id: text,
  id: text,
  syncIdentifier: text,
  uuid: text,
});

type Entry = z.infer<typeof Entry>;

/** The entries of a file or a request body: an array, one object, or the answer of API v3. Undefined for anything else. */
export function entries(body: unknown): unknown[] | undefined {
  if (Array.isArray(body)) return body.length === 0 || body.some(isEntry) ? body : undefined;
  if (typeof body !== 'object' || body === null) return undefined;
  if ('result' in body && Array.isArray(body.result)) return entries(body.result);
  return isEntry(body) ? [body] : undefined;
}

function isEntry(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('eventType' in value) return false;
  return 'sgv' in value || 'mbg' in value || ('type' in value && value.type === 'cal');
}

/** Reads a file. Throws `INGEST_BAD_JSON`. */
export function parse(file: string): unknown {
  const text = file.charCodeAt(0) === 0xfeff ? file.slice(1) : file;
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message quotes the file, so it is not passed on.
    throw new BadJsonError(JsonFault.position(text));
  }
}

/** Reads entries, of a file or as an uploader posts them. Outcomes stand in the order of the entries, `row` from 1. */
export function read(list: unknown[], zone: Zone.Zone): Parsed {
  if (list.length > maxRows)
    throw new TooLargeError(`There are more than ${maxRows} entries. Send fewer at once.`);
  const numbers: number[] = [];
  const outcomes = list.map((item, i) => one(item, i + 1, zone, numbers));
  return { outcomes, unit: 'mg/dL', numbers, remarks: [] };
}

function one(item: unknown, row: number, zone: Zone.Zone, numbers: number[]): Outcome {
  const parsed = Entry.safeParse(item);
  if (!parsed.success || Array.isArray(item)) return refused(row, 'shape');
  const entry = parsed.data;
  if (entry.date === undefined && !entry.dateString && !entry.sysTime) return untimed(row);
  const when = time(entry, zone);
  if (!when) return refused(row, 'time');
  const source: Source = {
    app: entry.app || entry.device || 'nightscout',
    device: entry.device ?? '',
    id: entry.identifier || entry._id || entry.id || entry.syncIdentifier || entry.uuid || null,
  };
  const measured = measure(entry, numbers);
  if (typeof measured === 'string') return refused(row, measured);
  return { row, is: 'readings', readings: [{ ...measured, ...when, source } as Reading] };
}

type Measured = Reading extends infer T
  ? T extends unknown
    ? Omit<T, 'at' | 'offsetMinutes' | 'said' | 'source'>
    : never
  : never;

/** Numbers with which a Dexcom receiver says that it has no glucose, and those that stand for its words. */
const lastErrorCode = 12;
const word = { 39: 'low', 401: 'high' } as const;

function measure(entry: Entry, numbers: number[]): Measured | Reason {
  const unit = /mmol/i.test(entry.units ?? '') ? 'mmol/L' : 'mg/dL';
  const type = entry.type ?? (entry.mbg !== undefined ? 'mbg' : 'sgv');
  if (type === 'cal') {
    return entry.slope === undefined ? 'value' : { kind: 'device', what: 'sensor slope', value: entry.slope };
  }
  if (type !== 'sgv' && type !== 'mbg') return 'kind';
  const value = type === 'mbg' ? entry.mbg : (entry.sgv ?? entry.glucose);
  if (value === undefined) return 'value';
  if (type === 'sgv' && unit === 'mg/dL' && Number.isInteger(value) && value >= 0 && value <= lastErrorCode) {
    return { kind: 'device', what: 'sensor error', value };
  }
  if (unit === 'mg/dL') numbers.push(value);
  const method = type === 'mbg' ? 'meter' : 'cgm';
  if (!Amount.plausible(value, unit, method)) return 'value';
  const beyond = type === 'sgv' && unit === 'mg/dL' ? (word[value as keyof typeof word] ?? null) : null;
  return { kind: 'glucose', value, unit, beyond, method };
}

type When = { at: number; offsetMinutes: number; said: string };

function time(entry: Entry, zone: Zone.Zone): When | undefined {
  const { date } = entry;
  const numeric = typeof date === 'number' ? date : date === undefined ? undefined : Amount.whole(date);
  const texts = [
    typeof date === 'string' && numeric === undefined ? date : undefined,
    entry.dateString,
    entry.sysTime,
  ];
  const said = clip(texts.find((t) => t) ?? String(date), maxSaidLength);
  const named = texts.map((t) => (t ? instant(t, zone) : undefined));
  const known = named.find((n) => n)?.at;
  const at = numeric === undefined ? known : milliseconds(numeric, known);
  if (at === undefined || !inYears(at)) return undefined;
  // The server turns `dateString` into UTC and keeps what it had in `utcOffset`; zero says nothing there.
  const offset = named.find((n) => n?.offset)?.offset ?? (entry.utcOffset || undefined);
  const usable = offset !== undefined && Number.isInteger(offset) && Math.abs(offset) <= 1440;
  return { at, offsetMinutes: usable ? offset : Zone.offsetMinutes(zone, at), said };
}

/** A time from 2000 to 2200 counted in seconds; counted in ms it would lie in the first weeks of 1970. */
const seconds = { least: 946_684_800, most: 7_258_118_400 } as const;

/** Some clients count seconds. Where the entry also says its time in words, the nearer is meant. */
function milliseconds(date: number, known: number | undefined): number {
  if (date < seconds.least || date > seconds.most) return Math.round(date) + 0;
  const isMs = known !== undefined && Math.abs(known - date) < Math.abs(known - date * 1000);
  return Math.round(isMs ? date : date * 1000);
}

const inYears = (at: number): boolean =>
  at >= Date.UTC(years.first, 0, 1) - 86_400_000 && at <= Date.UTC(years.last + 1, 0, 1) + 86_400_000;

const zoned = /^(.{8,40}?) ?(Z|[+-]\d{2}:?\d{2})$/;

/** A time with a zone (`Z`, `+01:00`, `+0100`), or a local one. `offset` is undefined where it is not said or UTC. */
function instant(said: string, zone: Zone.Zone): { at: number; offset: number | undefined } | undefined {
  const found = zoned.exec(said);
  const written = parseTime(found ? found[1]! : said);
  const wall = written && toWall(written, 'month-first');
  if (wall === undefined) return undefined;
  if (!found) return { at: Zone.moments(zone, wall)[0] ?? Zone.skipped(zone, wall), offset: undefined };
  const digits = found[2] === 'Z' ? '+0000' : found[2]!.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3));
  const offset = digits.startsWith('-') ? -minutes : minutes;
  return { at: wall - offset * 60_000, offset: offset || undefined };
}

/** `INGEST_BAD_JSON`: the text is not JSON. Says where, never what. */
export class BadJsonError extends IsletError {
  override readonly name: string = 'BadJsonError';
  constructor(position: number) {
    super(
      'INGEST_BAD_JSON',
      `The file begins like JSON but is broken at character ${position}. It may be cut off: export it again.`,
    );
  }
}
