// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit, Reading } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import type { Event } from './Draft.js';
import * as Fields from './Fields.js';
import type { Format } from './Format.js';
import * as Instant from './Instant.js';
import * as Json from './Json.js';
import { maxRows, maxSaidLength } from './Limits.js';
import { type Outcome, type Parsed, refused, untimed } from './Outcome.js';
import { TooLargeError } from './Text.js';
import * as Trend from './Trend.js';
import * as Witness from './Witness.js';
import type { Zone } from './Zone.js';

// What Abbott's server answers to followers: `FactoryTimestamp` is the sensor's UTC, `Timestamp` the phone's local time.

/** The answers `connections` (a list of people, each with the latest value) and `graph` (one, with half a day). */
export const format: Format = {
  name: 'librelinkup',
  recognise: ({ json }) => {
    if (!Json.isFields(json)) return undefined;
    const people = Array.isArray(json.data) ? json.data : [json.data ?? json];
    if (!people.some((one) => Json.isFields(one) && isPerson(one))) return undefined;
    return ({ zone }) => read(people, zone);
  },
};

const isPerson = (of: Json.Fields): boolean =>
  'graphData' in of || 'glucoseMeasurement' in of || 'glucoseMeasurement' in Json.inside(of.connection);

type Item =
  | { is: 'measurement' | 'sensor'; of: Json.Fields; serial: string }
  | { is: 'other' }
  | { is: 'shape' };

function read(people: unknown[], zone: Zone): Parsed {
  const ids = new Set(people.map((one) => (Json.isFields(one) ? patient(one) : '')));
  const items = people.flatMap(itemsOf);
  if (items.length > maxRows) throw new TooLargeError(`There are more than ${maxRows} values.`);
  const clocks: Witness.Clock[] = [];
  const outcomes = items.map((item, i): Outcome => {
    if (item.is === 'shape') return refused(i + 1, 'shape');
    if (item.is === 'other') return untimed(i + 1);
    // A follower's list mixes people; putting one's values among another's would be the worst of errors.
    if (ids.size > 1) return refused(i + 1, 'person');
    return item.is === 'sensor' ? sensor(item, i + 1, zone) : measurement(item, i + 1, zone, clocks);
  });
  return { outcomes, unit: null, numbers: [], remarks: Witness.remarks(zone, clocks) };
}

const patient = (of: Json.Fields): string =>
  Fields.text(of, ['patientId', 'id']) || Fields.text(Json.inside(of.connection), ['patientId', 'id']);

/** The rows of a person: names and alarm settings, sensors, the latest value (written twice), and the graph. */
function itemsOf(person: unknown): Item[] {
  if (!Json.isFields(person)) return [{ is: 'shape' }];
  const connection = 'connection' in person ? Json.inside(person.connection) : person;
  const out: Item[] = [{ is: 'other' }];
  const serial = Fields.text(Json.inside(connection.sensor), ['sn', 'deviceId']);
  if (Json.isFields(connection.sensor)) out.push({ is: 'sensor', of: connection.sensor, serial });
  for (const active of Json.list(person.activeSensors)) {
    const of = Json.isFields(active) ? Json.inside(active.sensor) : undefined;
    out.push(of ? { is: 'sensor', of, serial: Fields.text(of, ['sn', 'deviceId']) } : { is: 'shape' });
  }
  const values = [connection.glucoseMeasurement, connection.glucoseItem].filter(
    (v) => v !== undefined && v !== null,
  );
  for (const of of [...values, ...Json.list(person.graphData)])
    out.push(Json.isFields(of) ? { is: 'measurement', of, serial } : { is: 'shape' });
  return out;
}

function sensor({ of, serial }: { of: Json.Fields; serial: string }, row: number, zone: Zone): Outcome {
  const seconds = Fields.number(of, ['a']);
  if (seconds === undefined) return untimed(row);
  const at = Math.round(seconds * 1000) + 0;
  if (!Instant.inYears(at)) return refused(row, 'time');
  const source = { app: 'librelinkup', device: serial, id: null };
  const offsetMinutes = Instant.offsetOr(undefined, zone, at);
  const reading: Reading = {
    kind: 'device',
    what: 'sensor start',
    value: null,
    at,
    offsetMinutes,
    said: String(seconds),
    source,
  };
  return { row, is: 'readings', readings: [reading] };
}

function measurement(
  { of, serial }: { of: Json.Fields; serial: string },
  row: number,
  zone: Zone,
  clocks: Witness.Clock[],
): Outcome {
  const said = Fields.text(of, ['Timestamp', 'FactoryTimestamp'], maxSaidLength);
  if (said === '') return untimed(row);
  const wall = Instant.wallOf(Fields.text(of, ['Timestamp'], maxSaidLength));
  const utc = Instant.wallOf(Fields.text(of, ['FactoryTimestamp'], maxSaidLength));
  const at = utc ?? Instant.parse(said, zone)?.at;
  if (at === undefined || !Instant.inYears(at)) return refused(row, 'time');
  const clock = utc === undefined || wall === undefined ? undefined : Witness.clock(zone, at, wall);
  if (clock) clocks.push(clock);
  const event = level(of);
  if (!event) return refused(row, 'value');
  const source = { app: 'librelinkup', device: serial, id: null };
  const offsetMinutes = Instant.offsetOr(clock?.offsetMinutes, zone, at);
  return { row, is: 'readings', readings: [{ ...event, at, offsetMinutes, said, source } as Reading] };
}

/** Mg/dL stands there whatever the account's unit is; beyond the sensor's range it is the edge of it. */
function level(of: Json.Fields): Event | undefined {
  const mgdl = Fields.number(of, ['ValueInMgPerDl']);
  const unit: GlucoseUnit =
    mgdl === undefined && Fields.number(of, ['GlucoseUnits']) === 0 ? 'mmol/L' : 'mg/dL';
  const value = mgdl ?? Fields.number(of, ['Value']);
  if (value === undefined || !Amount.plausible(value, unit, 'cgm')) return undefined;
  const beyond = of.isLow === true ? 'low' : of.isHigh === true ? 'high' : null;
  const arrow = Trend.part(Trend.ofLibre(of.TrendArrow));
  return { kind: 'glucose', value, unit, beyond, method: 'cgm', ...arrow };
}
