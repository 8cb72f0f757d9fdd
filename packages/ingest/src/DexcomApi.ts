// Copyright the Islet authors. AGPL-3.0-or-later.
import { toMgdl } from '@islet/core/Glucose';
import type { GlucoseUnit, Reading } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import { drift, type Event } from './Draft.js';
import * as Fields from './Fields.js';
import type { Format } from './Format.js';
import * as Instant from './Instant.js';
import * as Json from './Json.js';
import * as Keep from './Keep.js';
import {
  maxCarbGrams,
  maxDurationMs,
  maxInsulinUnits,
  maxNoteLength,
  maxRows,
  maxSaidLength,
} from './Limits.js';
import { type Outcome, type Parsed, type Reason, refused, untimed } from './Outcome.js';
import { TooLargeError } from './Text.js';
import * as Trend from './Trend.js';
import * as Unit from './Unit.js';
import * as Witness from './Witness.js';
import type { Zone } from './Zone.js';

// Answers of Dexcom's API, versions 2 and 3: `systemTime` is UTC, `displayTime` what the person saw.

const kinds = ['egvs', 'events', 'calibrations', 'devices', 'alerts', 'dataRange'] as const;
type Kind = (typeof kinds)[number];

/** One answer, or a list of pages. */
export const format: Format = {
  name: 'dexcom-api',
  recognise: ({ json }) => {
    const pages = (Array.isArray(json) ? json : [json]).filter(Json.isFields);
    if (!pages.some((page) => records(page).some(({ kind, item }) => typical(kind, item)))) return undefined;
    return ({ zone }) => read(Array.isArray(json) ? json : [json], zone);
  },
};

type Item = { kind: Kind; item: unknown; unit: unknown };

/** The records of a page: version 3 says in one word what all of them are, version 2 names its lists. */
function records(page: Json.Fields): Item[] {
  const type = Fields.text(page, ['recordType']).toLowerCase();
  const named = kinds.find((kind) => type !== '' && (kind === type || kind === `${type}s`));
  if (named) return Json.list(page.records).map((item) => ({ kind: named, item, unit: page.unit }));
  const range = kinds.slice(0, 3).filter((kind) => 'start' in Json.inside(page[kind]));
  if (range.length > 0)
    return range.map((kind) => ({ kind: 'dataRange', item: page[kind], unit: undefined }));
  return kinds.flatMap((kind) =>
    Json.list(page[kind]).map((item): Item => ({ kind, item, unit: page.unit })),
  );
}

function typical(kind: Kind, item: unknown): boolean {
  if (!Json.isFields(item)) return false;
  if (kind === 'dataRange') return 'systemTime' in Json.inside(item.start);
  return 'systemTime' in item || (kind === 'devices' && 'lastUploadDate' in item);
}

type State = {
  zone: Zone;
  clocks: Witness.Clock[];
  numbers: { [unit in GlucoseUnit]: number[] };
  ticks: Map<string, { at: number; tick: number }[]>;
};

function read(pages: unknown[], zone: Zone): Parsed {
  const items = pages.flatMap((page) => (Json.isFields(page) ? records(page) : [undefined]));
  if (items.length > maxRows) throw new TooLargeError(`There are more than ${maxRows} records.`);
  const state: State = { zone, clocks: [], numbers: { 'mg/dL': [], 'mmol/L': [] }, ticks: new Map() };
  const outcomes = items.map((item, i) => (item ? one(item, i + 1, state) : refused(i + 1, 'shape')));
  const remarks = Witness.remarks(zone, state.clocks);
  const strayed = [...state.ticks.values()].reduce((n, points) => n + drift(points), 0);
  if (strayed > 0) {
    const text = `The file's UTC and the transmitter's own clock part by half an hour or more at ${strayed} places: the receiver was set by hand. Times around there may be wrong.`;
    remarks.push({ code: 'clock-set', text });
  }
  const { 'mg/dL': mgdl, 'mmol/L': mmol } = state.numbers;
  Unit.check('mg/dL', mgdl);
  Unit.check('mmol/L', mmol);
  const unit = mmol.length === 0 ? 'mg/dL' : mgdl.length === 0 ? 'mmol/L' : null;
  return { outcomes, unit, numbers: [], remarks };
}

function one({ kind, item, unit }: Item, row: number, state: State): Outcome {
  if (!Json.isFields(item)) return refused(row, 'shape');
  // It says from when to when there is data, and holds none.
  if (kind === 'dataRange') return untimed(row);
  const said = Fields.text(item, ['displayTime', 'systemTime', 'lastUploadDate'], maxSaidLength);
  if (said === '') return untimed(row);
  const when = time(item, state);
  if (!when) return refused(row, 'time');
  if (Fields.text(item, ['eventStatus', 'status']).toLowerCase() === 'deleted')
    return refused(row, 'deleted');
  const event = eventOf(
    kind,
    item,
    Fields.text(item, ['unit']) || (typeof unit === 'string' ? unit : ''),
    state,
  );
  if (typeof event === 'string') return refused(row, event);
  const device = Fields.text(item, ['transmitterId', 'transmitterGeneration', 'displayDevice']);
  const tick = Fields.number(item, ['transmitterTicks']);
  if (tick !== undefined && kind === 'egvs') {
    const points = state.ticks.get(device);
    const point = { at: when.at, tick: tick * 1000 };
    if (points) points.push(point);
    else state.ticks.set(device, [point]);
  }
  const source = { app: 'dexcom-api', device, id: Fields.id(item, ['recordId', 'eventId']) };
  return { row, is: 'readings', readings: [{ ...event, ...when, said, source } as Reading] };
}

/** Version 2 writes UTC without saying so; version 3 says it, and the offset of what was shown. */
function time(item: Json.Fields, state: State): { at: number; offsetMinutes: number } | undefined {
  const written = Fields.text(item, ['systemTime', 'lastUploadDate'], maxSaidLength);
  const displayed = Fields.text(item, ['displayTime'], maxSaidLength);
  const system = written === '' ? undefined : Instant.parse(asUtc(written), state.zone);
  const shown = displayed === '' ? undefined : Instant.parse(displayed, state.zone);
  const at = system?.at ?? shown?.at;
  if (at === undefined || !Instant.inYears(at)) return undefined;
  const wall = Instant.wallOf(displayed);
  if (!system || wall === undefined)
    return { at, offsetMinutes: Instant.offsetOr(shown?.offsetMinutes, state.zone, at) };
  const clock = Witness.clock(state.zone, at, wall, shown?.offsetMinutes);
  state.clocks.push(clock);
  return { at, offsetMinutes: Instant.offsetOr(clock.offsetMinutes, state.zone, at) };
}

const asUtc = (said: string): string =>
  /(Z|[+-]\d{2}:?\d{2})$/.test(said) && said.length > 19 ? said : `${said}Z`;

function eventOf(kind: Kind, item: Json.Fields, unitSaid: string, state: State): Event | Reason {
  const unit: GlucoseUnit = /mmol/i.test(unitSaid) ? 'mmol/L' : 'mg/dL';
  switch (kind) {
    case 'egvs': {
      const status = Fields.text(item, ['status']).toLowerCase();
      const arrow = Trend.part(Trend.of(item.trend));
      const value = Fields.number(item, ['value', 'smoothedValue', 'realtimeValue']);
      if (status === 'low' || status === 'high') {
        const level = Amount.glucose(status, unit, 'cgm')!;
        return { kind: 'glucose', ...level, method: 'cgm', ...arrow };
      }
      if (value === undefined) return 'value';
      state.numbers[unit].push(value);
      if (!Amount.plausible(value, unit, 'cgm')) return 'value';
      return { kind: 'glucose', value, unit, beyond: null, method: 'cgm', ...arrow };
    }
    case 'calibrations': {
      const value = Fields.number(item, ['value']);
      if (value === undefined || !Amount.plausible(value, unit, 'meter')) return 'value';
      return { kind: 'device', what: 'calibration', value: toMgdl(value, unit) };
    }
    case 'events':
      return entered(item, unit);
    case 'alerts': {
      const name = Fields.text(item, ['alertName']).toLowerCase();
      const state = Fields.text(item, ['alertState']).toLowerCase();
      return { kind: 'device', what: `alert ${name} ${state}`.trim().slice(0, 200), value: null };
    }
    default:
      return Keep.profile('dexcom alert schedules', item);
  }
}

const intensity: { [subtype: string]: number } = { light: 1, medium: 2, heavy: 3 };

/** What the person typed in. Anything that is of health, and nothing else, is kept apart from notes. */
function entered(item: Json.Fields, unit: GlucoseUnit): Event | Reason {
  const type = Fields.text(item, ['eventType']).toLowerCase();
  const subtype = Fields.text(item, ['eventSubType']);
  const value = Fields.number(item, ['value']);
  const said = Fields.text(item, ['value'], maxNoteLength);
  const upTo = (most: number) => (value !== undefined && value >= 0 && value <= most ? value : undefined);
  switch (type) {
    case 'carbs': {
      const grams = upTo(maxCarbGrams);
      return grams === undefined ? 'value' : { kind: 'carbs', grams };
    }
    case 'insulin': {
      const units = upTo(maxInsulinUnits);
      const kinds = { fastacting: 'rapid', longacting: 'long' } as const;
      const type = kinds[subtype.toLowerCase() as keyof typeof kinds] ?? 'bolus';
      return units === undefined ? 'value' : { kind: 'insulin', units, type, durationMs: 0 };
    }
    case 'exercise': {
      const minutes = value === undefined ? 0 : upTo(maxDurationMs / 60_000);
      if (minutes === undefined) return 'value';
      const amount = intensity[subtype.toLowerCase()] ?? 0;
      return { kind: 'activity', what: 'exercise', amount, durationMs: minutes * 60_000 };
    }
    case 'bloodglucose':
      return value !== undefined && Amount.plausible(value, unit, 'meter')
        ? { kind: 'glucose', value, unit, beyond: null, method: 'meter' }
        : 'value';
    case 'health':
      return { kind: 'health', what: subtype || 'health', text: said };
    case 'note':
    case 'notes':
      return said === '' ? 'value' : { kind: 'note', text: said };
    default:
      return type === '' ? 'kind' : Keep.document(`dexcom ${type}`, item);
  }
}
