// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Fields, type Item, MalformedError } from './codec.js';
import { type Kind, kinds, type Reading, type Source } from './Reading.js';
import * as Said from './Said.js';

// A run of readings as bytes: sources are written once, times as differences. Order is kept.

const name = 'islet/readings';
export const maxReadings = 20_000;

export function encodeRun(readings: Reading[]): Uint8Array {
  const sources = new Map<string, number>();
  const sourceList: Item[] = [];
  let before = 0;
  const rows = readings.map((r): Item => {
    const key = JSON.stringify([r.source.app, r.source.device]);
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
    ];
  });
  return encode(name, 1, [sourceList, rows]);
}

export function decodeRun(bytes: Uint8Array): Reading[] {
  const f = decode(name, 1, bytes);
  const sources = f.list((g) => g.tuple((t) => ({ app: t.text(256), device: t.text(256) })), maxReadings);
  let at = 0;
  const readings = f.list((g) => {
    const reading = g.tuple((t) => takeReading(t, sources, at));
    at = reading.at;
    return reading;
  }, maxReadings);
  f.end();
  return readings;
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
  }
}

const units = ['mg/dL', 'mmol/L'] as const;
const beyonds = [null, 'low', 'high'] as const;
const methods = ['cgm', 'scan', 'meter'] as const;
const insulins = ['rapid', 'long', 'bolus', 'basal'] as const;
const activities = ['exercise', 'steps', 'heart-rate'] as const;

function takeReading(f: Fields, sources: Omit<Source, 'id'>[], before: number): Reading {
  const kind: Kind = kinds[f.int(0, kinds.length - 1)]!;
  const source = sources[f.int()];
  if (!source) throw new MalformedError(name, 'names a source it does not list');
  const at = before + f.int(-Number.MAX_SAFE_INTEGER);
  const offsetMinutes = f.int(-1440, 1440);
  const said = Said.lengthen(takeSaid(f), at, offsetMinutes);
  if (said === undefined) throw new MalformedError(name, 'has a time written in an unknown way');
  const id = f.nullable((g) => g.text(256));
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
      };
    case 'insulin':
      return { kind, ...common, units: f.number(), type: insulins[f.int(0, 3)]!, durationMs: f.number() };
    case 'carbs':
      return { kind, ...common, grams: f.number() };
    case 'activity':
      return { kind, ...common, what: activities[f.int(0, 2)]!, amount: f.number(), durationMs: f.number() };
    case 'device':
      return { kind, ...common, what: f.text(256), value: f.nullable((g) => g.number()) };
    case 'note':
      return { kind, ...common, text: f.text(8192) };
  }
}

const takeSaid = (f: Fields): number | string => {
  const value = f.item();
  if (typeof value === 'number' || (typeof value === 'string' && value.length <= 64)) return value;
  throw new MalformedError(name, 'has a time that is neither text nor a way of writing');
};
