// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import * as CareLinkMarker from './CareLinkMarker.js';
import { type Draft, type Event, settleRows, type Untimed } from './Draft.js';
import * as Fields from './Fields.js';
import type { Format } from './Format.js';
import * as Instant from './Instant.js';
import * as Json from './Json.js';
import * as Keep from './Keep.js';
import { maxRows, maxSaidLength } from './Limits.js';
import { type Outcome, type Parsed, type Reason, type Remark, refused, untimed } from './Outcome.js';
import { TooLargeError } from './Text.js';
import * as WindowsZone from './WindowsZone.js';
import * as Zone from './Zone.js';

// What Medtronic's CareLink Connect answers to its apps. Times are the pump's own local times, also where a `Z` or
// an offset of zero stands behind them; `clientTimeZoneName` is a name of Windows.

/** One answer, with or without the envelope `patientData`. */
export const format: Format = {
  name: 'carelink-connect',
  recognise: ({ json }) => {
    if (!Json.isFields(json)) return undefined;
    const body = 'patientData' in json ? Json.inside(json.patientData) : json;
    if (!Array.isArray(body.sgs) || !('markers' in body || 'medicalDeviceFamily' in body)) return undefined;
    return ({ zone }) => read(body, zone);
  },
};

type Item = { kind: 'sg' | 'marker' | 'limits' | 'notice' | 'status'; of: unknown };

function read(body: Json.Fields, asked: Zone.Zone): Parsed {
  const notices = Json.inside(body.notificationHistory);
  const lists: [Item['kind'], readonly unknown[]][] = [
    ['sg', Json.list(body.sgs)],
    ['sg', Json.isFields(body.lastSG) ? [body.lastSG] : []],
    ['marker', Json.list(body.markers)],
    ['limits', Json.list(body.limits)],
    ['notice', Json.list(notices.clearedNotifications)],
    ['notice', Json.list(notices.activeNotifications)],
    ['notice', lastAlarm(body, notices)],
    ['status', [body]],
  ];
  const items = lists.flatMap(([kind, list]) => list.map((of): Item => ({ kind, of })));
  if (items.length > maxRows) throw new TooLargeError(`There are more than ${maxRows} records.`);
  const remarks: Remark[] = [];
  const zone = zoneOf(body, asked, remarks);
  const strayMs = stray(body, zone, remarks);
  const numbers: number[] = [];
  const unit = unitOf(body);
  const rows = items.map((item, i) => one(item, i + 1, { unit, numbers, strayMs, body }));
  const settled = settleRows(zone, rows);
  return { outcomes: settled.outcomes, unit, numbers, remarks: [...remarks, ...settled.remarks] };
}

/** The last alarm, as the list of notifications has it where it is there: it says when it began. */
function lastAlarm(body: Json.Fields, notices: Json.Fields): unknown[] {
  if (!Json.isFields(body.lastAlarm)) return [];
  const id = Fields.id(body.lastAlarm, ['GUID', 'referenceGUID']);
  const all = [...Json.list(notices.clearedNotifications), ...Json.list(notices.activeNotifications)];
  const same = all.find((of) => id !== null && Json.isFields(of) && of.referenceGUID === id);
  return [same ?? body.lastAlarm];
}

/** The file's own zone, where it has one that is known. */
function zoneOf(body: Json.Fields, asked: Zone.Zone, remarks: Remark[]): Zone.Zone {
  const said = Fields.text(body, ['clientTimeZoneName']);
  const name = WindowsZone.iana(said) ?? (said.includes('/') && Zone.isName(said) ? said : undefined);
  if (name === undefined) {
    const text = `The file's own time zone is not known here; its times were read by ${asked.name}.`;
    if (said !== '') remarks.push({ code: 'zone-unknown', text });
    return asked;
  }
  if (name === asked.name) return asked;
  const zone = Zone.of(name);
  const at = Fields.number(body, ['currentServerTime', 'lastConduitUpdateServerDateTime']) ?? 0;
  if (Zone.offset(zone, at) !== Zone.offset(asked, at)) {
    const text = `The file names its own time zone, ${name}; its times were read by that, not by ${asked.name}.`;
    remarks.push({ code: 'zone-of-file', text });
  }
  return zone;
}

/** Uploads follow the pump's clock by minutes; anything more is a clock set wrongly. */
const uploadMs = 15 * 60_000;

/**
 * By how much the pump's clock was wrong when it was uploaded: its local time, which stands there counted as if it were
 * UTC, beside the server's.
 */
function stray(body: Json.Fields, zone: Zone.Zone, remarks: Remark[]): number {
  const wall = Fields.number(body, ['medicalDeviceTime', 'lastMedicalDeviceDataUpdateTime']);
  const server = Fields.number(body, [
    'lastMedicalDeviceDataUpdateServerTime',
    'lastConduitUpdateServerDateTime',
  ]);
  if (wall === undefined || server === undefined || wall <= 0 || !Instant.inYears(server)) return 0;
  const off = wall - (server + Zone.offset(zone, server));
  if (Math.abs(off) < uploadMs || !Instant.inYears(wall)) return 0;
  const minutes = Math.round(off / 60_000);
  const text = `The pump's clock was ${Math.abs(minutes)} minutes ${minutes > 0 ? 'fast' : 'slow'} beside the server's; all times were moved by that.`;
  remarks.push({ code: 'clock-wrong', text });
  return minutes * 60_000;
}

/** Accounts in mmol/L get some answers in mg/dL; the numbers themselves cannot be mistaken. */
function unitOf(body: Json.Fields): GlucoseUnit {
  if (!/mmol/i.test(Fields.text(body, ['bgUnits', 'bgunits']))) return 'mg/dL';
  const values = Json.list(body.sgs).flatMap((of) =>
    Json.isFields(of) ? (Fields.number(of, ['sg']) ?? 0) : 0,
  );
  return values.some((v) => v > Amount.unitEdge.mmolMost) ? 'mg/dL' : 'mmol/L';
}

type State = { unit: GlucoseUnit; numbers: number[]; strayMs: number; body: Json.Fields };

const times = ['timestamp', 'dateTime', 'datetime', 'triggeredDateTime', 'lastConduitDateTime'];

function one({ kind, of }: Item, row: number, state: State): Outcome | Draft {
  if (!Json.isFields(of)) return refused(row, 'shape');
  // Notifications say when they came, and when they were seen to.
  const said = Fields.text(of, kind === 'notice' ? ['triggeredDateTime', ...times] : times, maxSaidLength);
  if (said === '') return untimed(row);
  const wall = Instant.wallOf(said);
  if (wall === undefined) return refused(row, 'time');
  const event = eventOf(kind, of, state);
  if (typeof event === 'string') return refused(row, event);
  const device = Fields.text(Json.inside(state.body.medicalDeviceInformation), ['deviceSerialNumber']);
  const serial =
    kind === 'sg' ? Fields.text(Json.inside(state.body.cgmInfo), ['sensorSerialNumber']) : device;
  const id = kind === 'notice' ? Fields.id(of, ['referenceGUID', 'GUID', 'instanceId']) : null;
  const readings = [event]
    .flat()
    .map((e) => ({ ...e, said, source: { app: 'carelink-connect', device: serial, id } }) as Untimed);
  return { row, wall: wall - state.strayMs, tick: null, lane: kind, readings };
}

function eventOf(kind: Item['kind'], of: Json.Fields, state: State): Event | Event[] | Reason {
  switch (kind) {
    case 'sg':
      return sensed(of, state);
    case 'marker':
      return CareLinkMarker.events(of, state.unit);
    case 'limits':
      return Keep.profile('carelink alert limits', of);
    case 'notice': {
      const type = Fields.text(of, ['type', 'kind']).toLowerCase() || 'notice';
      const value = Fields.value(Json.inside(of.additionalInfo), ['sg']) ?? null;
      return {
        kind: 'device',
        what: `${type} ${Fields.text(of, ['faultId', 'messageId', 'code'])}`.trim().slice(0, 200),
        value,
      };
    }
    case 'status': {
      const left = [
        'sgs',
        'markers',
        'limits',
        'notificationHistory',
        'lastAlarm',
        'lastSG',
        'firstName',
        'lastName',
        'username',
      ];
      return Keep.document(
        'carelink status',
        Object.fromEntries(Object.entries(of).filter(([name]) => !left.includes(name))),
      );
    }
  }
}

function sensed(of: Json.Fields, state: State): Event | Reason {
  const sensor = Fields.text(of, ['sensorState']);
  if (/^SG_(BELOW|ABOVE)_/.test(sensor)) {
    const level = Amount.glucose(/BELOW/.test(sensor) ? 'low' : 'high', 'mg/dL', 'cgm')!;
    return { kind: 'glucose', ...level, method: 'cgm' };
  }
  const value = Fields.number(of, ['sg']);
  if (value === undefined) return 'value';
  // Zero is a slot without a value; the state says why.
  if (value === 0)
    return { kind: 'device', what: `sensor ${sensor.toLowerCase() || 'without value'}`, value: null };
  state.numbers.push(value);
  if (!Amount.plausible(value, state.unit, 'cgm')) return 'value';
  return { kind: 'glucose', value, unit: state.unit, beyond: null, method: 'cgm' };
}
