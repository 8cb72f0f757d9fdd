// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type { Reading, Source } from '@islet/core/Reading';
import { z } from 'zod';
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import type { Event } from './Draft.js';
import * as Instant from './Instant.js';
import * as JsonFault from './JsonFault.js';
import { maxNameLength, maxRows, maxSaidLength, maxValue } from './Limits.js';
import { type Outcome, type Parsed, type Reason, refused, untimed } from './Outcome.js';
import * as Sgv from './Sgv.js';
import { TooLargeError } from './Text.js';
import * as Trend from './Trend.js';
import type * as Zone from './Zone.js';

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
  direction: text,
  trend: number,
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
  const outcomes = list.map((item, i) => entry(item, i + 1, zone, numbers));
  return { outcomes, unit: 'mg/dL', numbers, remarks: [] };
}

/** Reads one entry. Its glucose number, if it has one in mg/dL, is added to `numbers`. */
export function entry(item: unknown, row: number, zone: Zone.Zone, numbers: number[]): Outcome {
  const parsed = Entry.safeParse(item);
  if (!parsed.success || Array.isArray(item)) return refused(row, 'shape');
  const of = parsed.data;
  if (of.date === undefined && !of.dateString && !of.sysTime) return untimed(row);
  const when = time(of, zone);
  if (!when) return refused(row, 'time');
  const source: Source = {
    app: of.app || of.device || 'nightscout',
    device: of.device ?? '',
    id: of.identifier || of._id || of.id || of.syncIdentifier || of.uuid || null,
  };
  const measured = measure(of, numbers);
  if (typeof measured === 'string') return refused(row, measured);
  return { row, is: 'readings', readings: [{ ...measured, ...when, source } as Reading] };
}

function measure(entry: Entry, numbers: number[]): Event | Reason {
  const unit = /mmol/i.test(entry.units ?? '') ? 'mmol/L' : 'mg/dL';
  const type = entry.type ?? (entry.mbg !== undefined ? 'mbg' : 'sgv');
  if (type === 'cal') {
    return entry.slope === undefined || Math.abs(entry.slope) > maxValue
      ? 'value'
      : { kind: 'device', what: 'sensor slope', value: entry.slope };
  }
  if (type !== 'sgv' && type !== 'mbg') return 'kind';
  const value = type === 'mbg' ? entry.mbg : (entry.sgv ?? entry.glucose);
  if (value === undefined) return 'value';
  if (type === 'sgv' && unit === 'mg/dL') {
    const event = Sgv.event(value);
    if (event === 'value' || event.kind === 'glucose') numbers.push(value);
    const trend = Trend.of(entry.direction) ?? Trend.of(entry.trend);
    return typeof event === 'object' && event.kind === 'glucose' ? { ...event, ...Trend.part(trend) } : event;
  }
  if (unit === 'mg/dL') numbers.push(value);
  const method = type === 'mbg' ? 'meter' : 'cgm';
  if (!Amount.plausible(value, unit, method)) return 'value';
  const trend = method === 'cgm' ? Trend.of(entry.direction) : undefined;
  return { kind: 'glucose', value, unit, beyond: null, method, ...Trend.part(trend) };
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
  const named = texts.map((t) => (t ? Instant.parse(t, zone) : undefined));
  const known = named.find((n) => n)?.at;
  const at = numeric === undefined ? known : Instant.milliseconds(numeric, known);
  if (at === undefined || !Instant.inYears(at)) return undefined;
  // The server turns `dateString` into UTC and keeps what it had in `utcOffset`; zero says nothing there.
  const offset = named.find((n) => n?.offsetMinutes)?.offsetMinutes ?? (entry.utcOffset || undefined);
  return { at, offsetMinutes: Instant.offsetOr(offset, zone, at), said };
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
