// Copyright the Islet authors. AGPL-3.0-or-later.
import { decodeAny, encode, type Fields, type Item, MalformedError } from './codec.js';
import * as Days from './Day.js';
import {
  type Kind,
  kinds,
  maxName,
  maxSaid,
  maxText,
  type Reading,
  type Source,
  type Trend,
  trends,
} from './Reading.js';
import * as Said from './Said.js';

// A run of readings as bytes: sources are written once, times as differences. Order is kept. Version 2 has an arrow in
// each row of glucose; a run without any arrow is written in version 1.

const name = 'islet/readings';
export const maxReadings = 20_000;
/** Offsets lie within a day either side, */
const maxOffset = 1440;
/** so that every time within these (UTC ms) has a stream day, whatever the offset. */
const earliest = Days.startOf(Days.first + 1, 0);
const latest = Days.endOf(Days.last - 1, 0) - 1;

/** Whether a reading's texts are within their limits: what is not could be written, but never read again. */
export function fits(r: Reading): boolean {
  const { app, device, id } = r.source;
  if (r.said.length > maxSaid) return false;
  if (app.length > maxName || device.length > maxName || (id ?? '').length > maxName) return false;
  if ('what' in r && r.what.length > maxName) return false;
  return !('text' in r) || r.text.length <= maxText[r.kind];
}

const isTimed = (r: Reading): boolean =>
  Number.isInteger(r.at) &&
  r.at >= earliest &&
  r.at <= latest &&
  Number.isInteger(r.offsetMinutes) &&
  Math.abs(r.offsetMinutes) <= maxOffset;

const areFinite = (items: Item[]): boolean => items.every((i) => typeof i !== 'number' || Number.isFinite(i));

/** Throws a RangeError for a reading that could not be read again: the caller was to ask `fits`, and judge its numbers. */
export function encodeRun(readings: Reading[]): Uint8Array {
  if (readings.length > maxReadings || !readings.every((r) => fits(r) && isTimed(r) && areFinite(own(r))))
    throw new RangeError('readings beyond limits');
  const withTrends = readings.some((r) => r.kind === 'glucose' && r.trend !== undefined);
  const sources = new Map<string, number>();
  const sourceList: Item[] = [];
  let before = 0;
  const rows = readings.map((r): Item => {
    const key = keyOf(r.source);
    let source = sources.get(key);
    if (source === undefined) {
      source = sourceList.length;
      sources.set(key, source);
      sourceList.push([r.source.app, r.source.device]);
    }
    const elapsed = r.at - before;
    before = r.at;
    return [
      kinds.indexOf(r.kind),
      source,
      elapsed,
      r.offsetMinutes,
      Said.shorten(r.said, r.at, r.offsetMinutes),
      r.source.id,
      ...own(r),
      ...(withTrends && r.kind === 'glucose' ? [r.trend === undefined ? null : trends.indexOf(r.trend)] : []),
    ];
  });
  return encode(name, withTrends ? 2 : 1, [sourceList, rows]);
}

export function decodeRun(bytes: Uint8Array): Reading[] {
  const { version, fields: f } = decodeAny(name, [1, 2], bytes);
  const sources = f.list(
    (g) => g.tuple((t) => ({ app: t.text(maxName), device: t.text(maxName) })),
    maxReadings,
  );
  const run: Run = { sources, used: 0, at: 0, withTrends: version === 2 };
  const readings = f.list((g) => g.tuple((t) => takeReading(t, run)), maxReadings);
  f.end();
  if (run.used !== sources.length || new Set(sources.map(keyOf)).size !== sources.length)
    throw new MalformedError(name, 'lists a source twice or for nothing');
  if (run.withTrends && !readings.some((r) => r.kind === 'glucose' && r.trend !== undefined))
    throw new MalformedError(name, 'is of version 2 without any arrow');
  return readings;
}

/** What reading a run has come to. Sources stand in the order of their first use. */
type Run = { sources: Omit<Source, 'id'>[]; used: number; at: number; withTrends: boolean };

/** What tells sources apart: their names as they are written, where half a surrogate pair becomes U+FFFD. */
function keyOf({ app, device }: Omit<Source, 'id'>): string {
  const key = JSON.stringify([app, device]);
  if (!key.includes('\\ud')) return key;
  return JSON.stringify([app, device].map((text) => text.replace(/\p{Surrogate}/gu, '\ufffd')));
}

function own(r: Reading): Item[] {
  switch (r.kind) {
    case 'glucose':
      return [r.value, units.indexOf(r.unit), beyonds.indexOf(r.beyond), methods.indexOf(r.method)];
    case 'insulin':
      return [r.units, insulins.indexOf(r.type), r.durationMs];
    case 'carbs':
      return [r.grams];
    case 'activity':
      return [activities.indexOf(r.what), r.amount, r.durationMs];
    case 'device':
      return [r.what, r.value];
    case 'note':
      return [r.text];
    case 'health':
    case 'profile':
    case 'document':
      return [r.what, r.text];
  }
}

const units = ['mg/dL', 'mmol/L'] as const;
const beyonds = [null, 'low', 'high'] as const;
const methods = ['cgm', 'scan', 'meter'] as const;
const insulins = ['rapid', 'long', 'bolus', 'basal'] as const;
const activities = ['exercise', 'steps', 'heart-rate'] as const;

function takeReading(f: Fields, run: Run): Reading {
  const kind: Kind = kinds[f.int(0, kinds.length - 1)]!;
  const place = f.int();
  const source = run.sources[place];
  if (!source || place > run.used) throw new MalformedError(name, 'names a source it does not list next');
  if (place === run.used) run.used++;
  const at = run.at + f.int(-Number.MAX_SAFE_INTEGER);
  if (!(at >= earliest && at <= latest)) throw new MalformedError(name, 'has a time outside 1900 to 2258');
  run.at = at;
  const offsetMinutes = f.int(-maxOffset, maxOffset);
  const said = Said.lengthen(takeSaid(f), at, offsetMinutes);
  if (said === undefined)
    throw new MalformedError(name, 'has a time written in an unknown way, or not in the shortest');
  const id = f.nullable((g) => g.text(maxName));
  const common = { at, offsetMinutes, said, source: { ...source, id } };
  switch (kind) {
    case 'glucose':
      return {
        kind,
        ...common,
        value: f.number(),
        unit: units[f.int(0, 1)]!,
        beyond: beyonds[f.int(0, 2)]!,
        method: methods[f.int(0, 2)]!,
        ...(run.withTrends && takeTrend(f)),
      };
    case 'insulin':
      return { kind, ...common, units: f.number(), type: insulins[f.int(0, 3)]!, durationMs: f.number() };
    case 'carbs':
      return { kind, ...common, grams: f.number() };
    case 'activity':
      return { kind, ...common, what: activities[f.int(0, 2)]!, amount: f.number(), durationMs: f.number() };
    case 'device':
      return { kind, ...common, what: f.text(maxName), value: f.nullable((g) => g.number()) };
    case 'note':
      return { kind, ...common, text: f.text(maxText.note) };
    case 'health':
    case 'profile':
    case 'document':
      return { kind, ...common, what: f.text(maxName), text: f.text(maxText[kind]) };
  }
}

const takeTrend = (f: Fields): { trend?: Trend } => {
  const trend = f.nullable((g) => trends[g.int(0, trends.length - 1)]!);
  return trend === null ? {} : { trend };
};

const takeSaid = (f: Fields): number | string => {
  const value = f.item();
  if (typeof value === 'number' || (typeof value === 'string' && value.length <= maxSaid)) return value;
  throw new MalformedError(name, 'has a time that is neither text nor a way of writing');
};
