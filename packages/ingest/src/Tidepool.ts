// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit, Source } from '@islet/core/Reading';
import { clip } from './Clip.js';
import { drift } from './Draft.js';
import type { Asked, Format } from './Format.js';
import * as Instant from './Instant.js';
import * as Json from './Json.js';
import { maxRows, maxSaidLength } from './Limits.js';
import * as NotTaken from './NotTaken.js';
import { type Outcome, type Parsed, type Remark, refused, untimed } from './Outcome.js';
import { outcome, type When } from './Part.js';
import * as People from './People.js';
import { TooLargeError } from './Text.js';
import * as TidepoolKinds from './TidepoolKinds.js';
import * as Zone from './Zone.js';

/** Records of Tidepool's data model, as its uploader, its API and its JSON export write them. */
export const format: Format = {
  name: 'tidepool',
  recognise({ json }) {
    const records = listed(json);
    return records && ((asked) => read(records, asked));
  },
};

/** Records looked at before a file is said to be of another kind. */
const looked = 50;

function listed(json: unknown): readonly unknown[] | undefined {
  const found = Array.isArray(json) ? json : Json.inside(json).data;
  return Array.isArray(found) && found.slice(0, looked).some(isRecord) ? found : undefined;
}

/** A type alone would be too little: other programs have a `food` or a `note` too. */
function isRecord(value: unknown): boolean {
  const record = Json.fields(value);
  if (!record || typeof record.type !== 'string' || !TidepoolKinds.isKnown(record.type)) return false;
  return 'uploadId' in record || 'deviceTime' in record || 'guid' in record;
}

function read(records: readonly unknown[], asked: Asked): Parsed {
  if (records.length > maxRows) throw new TooLargeError(`There are more than ${maxRows} records.`);
  const context = TidepoolKinds.context(records);
  const levels: { value: number; unit: GlucoseUnit }[] = [];
  const others = NotTaken.none();
  const clocks: Clocks = { off: 0, drift: 0, served: 0, ticks: new Map() };
  const outcomes = records.map((item, i): Outcome => {
    const record = Json.fields(item);
    if (!record) return refused(i + 1, 'shape');
    const when = time(record, asked.zone, clocks);
    if (when === undefined) return untimed(i + 1);
    if (when === 'broken') return refused(i + 1, 'time');
    const parts = TidepoolKinds.parts(record, context);
    if (typeof parts === 'string') {
      if (parts === 'kind') NotTaken.count(others, record.type);
      return refused(i + 1, parts);
    }
    clocks.off = furthest(clocks.off, Json.number(record.conversionOffset));
    clocks.drift = furthest(clocks.drift, Json.number(record.clockDriftOffset));
    const level = TidepoolKinds.level(record);
    if (level) levels.push(level);
    return outcome(i + 1, parts, when, source(record));
  });
  const units = new Set(levels.map((l) => l.unit));
  const unit = units.size === 1 ? levels[0]!.unit : null;
  const numbers = unit === null ? [] : levels.map((l) => l.value);
  const people = records.map((record) => Json.text(Json.inside(record)._userId));
  return { outcomes: People.alone(outcomes, people), unit, numbers, remarks: remarks(others, clocks) };
}

const furthest = (a: number, b: number | undefined): number =>
  b !== undefined && Math.abs(b) > Math.abs(a) ? b : a;

/**
 * Tidepool's conclusion is `time`, and the device's own clock `deviceTime`. What the device said is kept beside our
 * reading of it, so that a wrong conclusion can be mended.
 */
function time(record: Json.Fields, zone: Zone.Zone, clocks: Clocks): When | undefined | 'broken' {
  const concluded = Json.text(record.time, maxSaidLength);
  const device = Json.text(record.deviceTime, maxSaidLength);
  const written = concluded ?? device;
  if (written === undefined) return typeof record.time === 'number' ? 'broken' : undefined;
  const instant = Instant.exact(written, zone);
  if (!instant) return 'broken';
  const minutes = Json.number(record.timezoneOffset);
  const known = Instant.isOffset(minutes) ? minutes : undefined;
  const own = concluded === undefined && known !== undefined ? byDevice(record, written, known) : instant.at;
  const at = witnessed(record, own, zone, clocks);
  if (!Instant.inYears(at)) return 'broken';
  const offsetMinutes = (known ?? instant.offsetMinutes ?? Zone.offsetMinutes(zone, at)) + 0;
  return { at, offsetMinutes, said: clip(device ?? written, maxSaidLength) };
}

/** What Tidepool would have concluded: the device showed the moment, its zone's offset, and how wrong it was set. */
function byDevice(record: Json.Fields, said: string, minutes: number): number {
  const shown = Instant.wallOf(said) ?? Number.NaN;
  return Math.round(shown - minutes * 60_000 - (Json.number(record.conversionOffset) ?? 0));
}

/** Witnesses of the device's clock. A server's time beside the device's decides; a transmitter's own count only tells. */
function witnessed(record: Json.Fields, own: number, zone: Zone.Zone, clocks: Clocks): number {
  const payload = Json.inside(record.payload);
  const server = Instant.exact(Json.text(payload.systemTime, maxSaidLength) ?? '', zone);
  const at = server && Instant.inYears(server.at) ? server.at : own;
  if (Math.abs(at - own) >= strayMs) clocks.served++;
  const tick = Json.number(payload.transmitterTicks);
  if (tick !== undefined && record.type === 'cbg') {
    const name = `${Json.text(record.deviceId) ?? ''}/${Json.text(payload.transmitterId) ?? ''}`;
    const points = clocks.ticks.get(name) ?? [];
    clocks.ticks.set(name, points);
    points.push({ at, tick: tick * 1000 });
  }
  return at;
}

function source(record: Json.Fields): Source {
  const origin = Json.inside(record.origin);
  const device = Json.inside(Json.inside(origin.payload).device);
  const named = Json.text(record.deviceId) ?? Json.text(device.name) ?? Json.text(origin.name);
  const id = Json.text(record.id) ?? Json.text(record.guid) ?? null;
  return { app: 'tidepool', device: named ?? '', id };
}

/** What is known of a file's clocks. */
type Clocks = {
  /** The largest of what clocks were set wrong by, and had drifted by, ms. */
  off: number;
  drift: number;
  /** Records whose time was taken from a server. */
  served: number;
  /** By transmitter. */
  ticks: Map<string, { at: number; tick: number }[]>;
};

const strayMs = 120_000;
const minuteMs = 60_000;
const dayMs = 86_400_000;

function remarks(others: NotTaken.Counts, clocks: Clocks): Remark[] {
  const out = NotTaken.remarks(others);
  if (Math.abs(clocks.off) >= dayMs) {
    const days = Math.round(Math.abs(clocks.off) / dayMs);
    const text = `The device's clock was set wrong by up to ${days} days. Tidepool put its times right, and they were taken so; what the clock said is kept beside.`;
    out.push({ code: 'clock-wrong', text });
  }
  if (clocks.served > 0) {
    const text = `In ${clocks.served} records the time of Dexcom's server is not the one concluded from the device's clock; the server's was taken.`;
    out.push({ code: 'clock-wrong', text });
  }
  const strayed = [...clocks.ticks.values()].reduce(
    (n, points) => n + drift(points.sort((a, b) => a.tick - b.tick)),
    0,
  );
  if (strayed > 0) {
    const text = `The times and the transmitter's own clock part by half an hour or more at ${strayed} places. Times around there may be wrong.`;
    out.push({ code: 'clock-set', text });
  }
  // The sum of small corrections by hand, not how wrong the clock was at a record: as Tidepool does, we only say it.
  if (Math.abs(clocks.drift) >= minuteMs) {
    const minutes = Math.round(Math.abs(clocks.drift) / minuteMs);
    const text = `The device's clock was put right by hand by up to ${minutes} minutes in all. How wrong it was at each moment is not known: its times may be off by as much.`;
    out.push({ code: 'clock-drift', text });
  }
  return out;
}
