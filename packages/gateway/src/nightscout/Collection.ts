// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Zone } from '@islet/ingest/Zone';
import * as ZoneOf from '@islet/ingest/Zone';
import { at, type Fields, isFields, isShallow, numberOf, withoutSecrets } from './Json.js';
import * as Moment from './Moment.js';

/** Nightscout's collections. Their records are kept whole, as documents. */
export const collections = [
  'entries',
  'treatments',
  'devicestatus',
  'profile',
  'food',
  'activity',
  'settings',
] as const;
export type Collection = (typeof collections)[number];
export const isCollection = (text: string): text is Collection =>
  (collections as readonly string[]).includes(text);

/** Where a record of each collection says its time, the surest first. */
const times = {
  entries: ['date', 'dateString', 'sysTime', 'created_at'],
  treatments: ['eventTime', 'created_at', 'date', 'timestamp', 'mills', 'sysTime'],
  devicestatus: ['created_at', 'date', 'mills'],
  profile: ['startDate', 'created_at', 'date', 'mills'],
  food: ['created_at', 'date'],
  activity: ['created_at', 'timeStamp', 'date', 'mills'],
  settings: ['created_at', 'date'],
} as const satisfies { [C in Collection]: string[] };

/** The member that questions without a time of their own are about. */
export const timeField = (collection: Collection): string =>
  collection === 'entries' ? 'date' : collection === 'profile' ? 'startDate' : 'created_at';

/** A record made ready: cleaned, with its time. */
export type Ready = {
  collection: Collection;
  fields: Fields;
  at: number;
  offsetMinutes: number;
  said: string;
  /** Whether the record said its own time. */
  timed: boolean;
};

export type Fault = 'shape' | 'time';

export type Clock = { zone: Zone; now: number };

/** Cleans a record as Nightscout does, without losing what it cannot understand. */
export function ready(collection: Collection, record: unknown, clock: Clock): Ready | Fault {
  if (!isFields(record) || !isShallow(record)) return 'shape';
  const fields = withoutSecrets(record) as Fields;
  for (const name of serverFields) delete fields[name];
  const name = times[collection].find((field) => isSaid(at(fields, field)));
  const said = name === undefined ? undefined : at(fields, name);
  const moment = name === undefined ? { at: clock.now, offset: undefined } : Moment.parse(said, clock.zone);
  if (!moment || !isDate(moment.at)) return 'time';
  const named = numberOf(at(fields, 'utcOffset'));
  const usable = named !== undefined && Number.isInteger(named) && Math.abs(named) <= 1440 && named !== 0;
  const offsetMinutes = moment.offset ?? (usable ? named : ZoneOf.offsetMinutes(clock.zone, moment.at));
  tidy(collection, fields, moment, clock);
  return {
    collection,
    fields,
    at: moment.at,
    offsetMinutes,
    said:
      said === undefined || typeof said === 'object' ? Moment.isoOf(moment.at) : String(said).slice(0, 64),
    timed: name !== undefined,
  };
}

const isSaid = (value: unknown): boolean =>
  (typeof value === 'string' && value.trim() !== '') || (typeof value === 'number' && Number.isFinite(value));
/** Times that have an ISO text of four year digits and a stream day. */
const isDate = (ms: number): boolean => ms >= Date.UTC(1900, 0, 3) && ms < Date.UTC(2258, 0, 1);

/** What only the server says of a record. */
export const serverFields = ['srvCreated', 'srvModified', 'subject', 'modifiedBy', '_islet'] as const;

function tidy(collection: Collection, fields: Fields, moment: Moment.Moment, clock: Clock): void {
  const iso = Moment.isoOf(moment.at);
  if (collection === 'treatments') {
    delete fields.eventTime;
    tidyTreatment(fields);
  }
  if (collection === 'devicestatus') cutPredictions(fields);
  if (collection === 'entries') {
    fields.date = moment.at;
    fields.sysTime = iso;
    fields.dateString = iso;
  } else if (collection === 'profile') {
    fields.startDate ??= iso;
    // The moment a profile was written is not the moment it starts.
    const written = Moment.parse(at(fields, 'created_at'), clock.zone);
    fields.created_at = Moment.isoOf(written && isDate(written.at) ? written.at : clock.now);
  } else fields.created_at = iso;
  fields.utcOffset = moment.offset ?? numberOf(at(fields, 'utcOffset')) ?? 0;
}

const numbers = [
  'glucose',
  'targetTop',
  'targetBottom',
  'carbs',
  'insulin',
  'duration',
  'percent',
  'absolute',
  'relative',
  'preBolus',
] as const;
/** Where empty or zero says nothing. `absolute` and `duration` are not here: zero is a suspension. */
const nothings = [
  'carbs',
  'insulin',
  'percent',
  'relative',
  'notes',
  'targetTop',
  'targetBottom',
  'preBolus',
] as const;

function tidyTreatment(fields: Fields): void {
  for (const name of numbers) {
    if (typeof fields[name] !== 'string') continue;
    const number = numberOf(fields[name]);
    if (number !== undefined) fields[name] = number;
    else if (fields[name].trim() === '') delete fields[name];
  }
  for (const name of nothings) if (!fields[name] || fields[name] === '0') delete fields[name];
  if ('glucose' in fields && !numberOf(fields.glucose))
    for (const name of ['glucose', 'glucoseType', 'units']) delete fields[name];
  if (fields.eventType === 'Announcement') fields.isAnnouncement = true;
}

/** Five minutes each: a day of predictions. */
const maxPredictions = 288;

function cutPredictions(fields: Fields): void {
  for (const path of ['openaps.suggested.predBGs', 'openaps.enacted.predBGs', 'loop.predicted']) {
    const lists = at(fields, path);
    if (!isFields(lists)) continue;
    for (const [name, list] of Object.entries(lists))
      if (Array.isArray(list) && list.length > maxPredictions) lists[name] = list.slice(0, maxPredictions);
  }
}
