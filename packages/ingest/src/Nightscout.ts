// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading, Source } from '@islet/core/Reading';
import * as Basal from './Basal.js';
import type { Event } from './Draft.js';
import * as Fields from './Fields.js';
import type { Format } from './Format.js';
import * as Instant from './Instant.js';
import * as Json from './Json.js';
import * as Keep from './Keep.js';
import { maxNameLength, maxRows, maxSaidLength } from './Limits.js';
import * as NightscoutJson from './NightscoutJson.js';
import { type Item, itemsOf, type Kind, kindOf, looksEmpty } from './NightscoutKind.js';
import * as NightscoutTreatment from './NightscoutTreatment.js';
import { type Outcome, type Parsed, type Reason, refused, untimed } from './Outcome.js';
import * as PumpHistory from './PumpHistory.js';
import { TooLargeError } from './Text.js';
import type { Zone } from './Zone.js';

// All collections of Nightscout's API, each alone, mixed in one list, or as the fields of one object; and the files
// of OpenAPS, which Nightscout's records are made of.

/** A list, one record, an answer of API v3 (`{result}`), or an object of several collections. */
export const format: Format = {
  name: 'nightscout',
  recognise: ({ json }) => {
    if (json === undefined) return undefined;
    const items = itemsOf(json);
    const empty = Array.isArray(json) && json.length === 0;
    // Where a record stands is a hint; what it holds tells.
    const known = empty || items.some(({ of }) => kindOf(of) !== null);
    return known ? ({ zone }) => read(items, undefined, zone) : undefined;
  },
};

type Timed = { of: Json.Fields; when: When };
type When = { at: number; offsetMinutes: number; said: string };

/**
 * Reads records. Outcomes stand in the order of the items, `row` from 1; or in that of `rows`, which gives each item,
 * one after the other, the number of its row, and has outcomes for rows that are no items.
 */
export function read(items: Item[], rows: (number | Outcome)[] | undefined, zone: Zone): Parsed {
  if (items.length > maxRows) throw new TooLargeError(`There are more than ${maxRows} records.`);
  const numbers: number[] = [];
  const timed = items.map(({ kind, of }): Timed | undefined => {
    const when = Json.isFields(of) && kind !== 'entries' ? time(of, zone, kind) : undefined;
    return Json.isFields(of) && when ? { of, when } : undefined;
  });
  const rates = ratesOf(items, timed);
  const outcomes = items.map(({ kind, of }, i): Outcome => {
    const row = i + 1;
    if (!Json.isFields(of)) return refused(row, 'shape');
    if (kind === 'entries') return NightscoutJson.entry(asPosted(of), row, zone, numbers);
    if (kind === null) return unknown(of, row, timed[i]?.when);
    const when = timed[i]?.when;
    if (!when)
      return times.some((name) => Fields.text(of, [name]) !== '') ? refused(row, 'time') : untimed(row);
    const events = eventsOf(kind, of, rates.get(i));
    return typeof events === 'string'
      ? refused(row, events)
      : { row, is: 'readings', readings: named(kind, of, when, events) };
  });
  let next = 0;
  const placed = rows?.map((row): Outcome => (typeof row === 'number' ? { ...outcomes[next++]!, row } : row));
  const unit = items.some(({ kind }) => kind === 'entries') ? 'mg/dL' : null;
  return { outcomes: placed ?? outcomes, unit, numbers, remarks: [] };
}

/** Among known records, one of which only its time is known is kept as it is. */
function unknown(of: Json.Fields, row: number, when: When | undefined): Outcome {
  if (looksEmpty(of)) return refused(row, 'shape');
  if (!when) return untimed(row);
  const kept = Keep.document('unknown', of);
  if (kept === 'large') return refused(row, kept);
  return { row, is: 'readings', readings: named('unknown', of, when, [kept]) };
}

/** Sockets send entries with `mills` and `mgdl`, databases have names that are objects. */
function asPosted(given: Json.Fields): Json.Fields {
  const of = Json.isFields(given._id) ? { ...given, _id: Fields.id(given, ['_id']) } : given;
  if (!('mills' in of) || 'date' in of) return of;
  const value = of.type === 'mbg' ? { mbg: of.mbg ?? of.mgdl } : { sgv: of.sgv ?? of.mgdl };
  return { ...of, date: of.mills, ...(of.type === 'cal' ? {} : value) };
}

type Rate = { rate: number | null; basalMs: number | undefined };

/** The rates among the items, each with the time it was given, by its place. */
function ratesOf(items: Item[], timed: (Timed | undefined)[]): Map<number, Rate> {
  const minutes = PumpHistory.minutes(
    timed.flatMap((t, i) => (t && items[i]!.kind === 'pumphistory' ? [{ of: t.of, at: t.when.at }] : [])),
  );
  const found = timed.flatMap((t, index) => {
    if (!t) return [];
    const { kind } = items[index]!;
    const change =
      kind === 'treatments'
        ? NightscoutTreatment.basal(t.of, t.when.at)
        : kind === 'pumphistory'
          ? PumpHistory.basal(t.of, t.when.at, minutes)
          : undefined;
    return change ? [{ index, change }] : [];
  });
  const lengths = Basal.durations(
    found.map(({ change }) => change),
    null,
  );
  return new Map(found.map(({ index, change }, i) => [index, { rate: change.rate, basalMs: lengths[i] }]));
}

function eventsOf(kind: Kind, of: Json.Fields, rate: Rate | undefined): Event[] | Reason {
  switch (kind) {
    case 'treatments':
      return NightscoutTreatment.events(of, rate?.basalMs);
    case 'pumphistory':
      return PumpHistory.events(of, rate?.rate ?? null, rate?.basalMs);
    case 'activity':
      return activity(of);
    case 'profile':
      return only(Keep.profile('profile', of));
    case 'openaps':
      return only(Keep.document('iob' in of ? 'openaps iob' : 'openaps suggested', of));
    default:
      return only(Keep.document(kind, of));
  }
}

const only = (event: Event | 'large'): Event[] | 'large' => (event === 'large' ? event : [event]);

const maxBpm = 400;
const maxSteps = 1_000_000;

/** What xDrip+ sends of a watch. */
function activity(of: Json.Fields): Event[] | Reason {
  const type = Fields.text(of, ['type']);
  const bpm = Fields.upTo(of, ['bpm'], maxBpm);
  const steps = Fields.upTo(of, ['steps'], maxSteps);
  if (bpm === null || steps === null) return 'value';
  if (type.startsWith('hr-') && bpm !== undefined)
    return [{ kind: 'activity', what: 'heart-rate', amount: bpm, durationMs: 0 }];
  if (type.startsWith('steps-') && steps !== undefined)
    return [{ kind: 'activity', what: 'steps', amount: steps, durationMs: 0 }];
  return only(Keep.document('activity', of));
}

/** Where records say when. What the person entered comes before what a server added. */
const times = [
  'created_at',
  'timestamp',
  'date',
  'mills',
  'startDate',
  'time',
  'deliverAt',
  'timeStamp',
  'dateString',
  'sysTime',
];

function time(of: Json.Fields, zone: Zone, kind: Kind | null): When | undefined {
  // Settings count from their start, not from when they were stored.
  for (const name of kind === 'profile' ? ['startDate', ...times] : times) {
    const value = of[name];
    const said = Fields.text(of, [name], maxSaidLength);
    if (said === '') continue;
    const count =
      typeof value === 'number' ? value : /^\d{9,16}(\.\d+)?$/.test(said) ? Number(said) : undefined;
    const instant: Instant.Instant | undefined =
      count === undefined
        ? Instant.parse(said, zone)
        : { at: Instant.milliseconds(count, undefined), offsetMinutes: undefined };
    if (!instant || !Instant.inYears(instant.at)) continue;
    // The server keeps the offset it saw and writes UTC; its zero says nothing.
    const offset = instant.offsetMinutes ?? (Fields.number(of, ['utcOffset']) || undefined);
    return { at: instant.at, offsetMinutes: Instant.offsetOr(offset, zone, instant.at), said };
  }
  return undefined;
}

/** The readings of one record. The first carries its name, the others their kind beside it. */
function named(kind: string, of: Json.Fields, when: When, events: Event[]): Reading[] {
  const id = Fields.id(of, ['identifier', '_id', 'id', 'syncIdentifier', 'uuid']);
  const app =
    Fields.text(of, ['app', 'enteredBy', 'device']) || (kind === 'pumphistory' ? 'openaps' : 'nightscout');
  const device = Fields.text(of, ['device', 'pumpSerial', 'pumpId']);
  return events.map((event, i) => {
    const own = id === null || i === 0 ? id : `${id}/${event.kind}${i > 1 ? i : ''}`;
    const source: Source = { app, device, id: own !== null && own.length > maxNameLength ? null : own };
    return { ...event, ...when, source } as Reading;
  });
}
