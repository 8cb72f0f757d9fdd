// Copyright the Islet authors. AGPL-3.0-or-later.
import { type Glucose, maxText, type Reading } from '@islet/core/Reading';
import * as Amount from '@islet/ingest/Amount';
import type { Zone } from '@islet/ingest/Zone';
import { faultOf } from '../Validate.js';
import type { Ready } from './Collection.js';
import { canonical, type Fields, isFields, numberOf, textOf } from './Json.js';
import * as Moment from './Moment.js';

// What a record means in readings. The record itself is kept whole beside them, so nothing here has to be complete;
// but what is made must be right, since reports count it.

type Measured = Reading extends infer T
  ? T extends unknown
    ? Omit<T, 'at' | 'offsetMinutes' | 'said' | 'source'> & { suffix?: string }
    : never
  : never;

const minute = 60_000;
const longActing = /lantus|glargine|toujeo|basaglar|semglee|tresiba|degludec|levemir|detemir|\bnph\b|long/i;
const deviceEvents =
  /^(site change|sensor (start|change|stop)|pump battery change|insulin change|suspend pump|resume pump|openaps offline|d\.a\.d\. alert|temp basal)/i;

/** The readings of one version of a record: `id` names it, so that each of them is known again. */
export function readingsOf(record: Ready, source: { app: string; device: string }, id: string): Reading[] {
  if (record.fields.isValid === false) return [];
  const { at, offsetMinutes, said } = record;
  return measuredOf(record)
    .map(
      ({ suffix, ...measured }) =>
        ({
          ...measured,
          at,
          offsetMinutes,
          said,
          source: { ...source, id: suffix ? `${id}/${suffix}` : id },
        }) as Reading,
    )
    .filter((reading) => faultOf(reading) === undefined);
}

function measuredOf({ collection, fields }: Ready): Measured[] {
  if (collection === 'treatments') return treatment(fields);
  if (collection === 'activity') return activity(fields);
  if (collection === 'profile') return profile(fields);
  return [];
}

function treatment(fields: Fields): Measured[] {
  const eventType = (textOf(fields.eventType) ?? '').slice(0, 128);
  const found: Measured[] = [...insulin(fields, eventType)];
  const carbs = numberOf(fields.carbs);
  if (carbs !== undefined && carbs > 0) found.push({ kind: 'carbs', grams: carbs });
  const level = glucose(fields, eventType);
  if (level) found.push(level);
  const notes = textOf(fields.notes);
  if (notes) found.push({ kind: 'note', text: notes.slice(0, maxText.note) });
  const minutes = Math.max(0, numberOf(fields.duration) ?? 0);
  if (eventType === 'Exercise')
    found.push({ kind: 'activity', what: 'exercise', amount: minutes, durationMs: minutes * minute });
  if (deviceEvents.test(eventType) && !found.some((m) => m.kind === 'insulin'))
    found.push({ kind: 'device', what: eventType, value: numberOf(fields.percent) ?? null });
  return found;
}

function insulin(fields: Fields, eventType: string): Measured[] {
  const durationMs = Math.max(0, numberOf(fields.duration) ?? 0) * minute;
  if (/^(temp basal|suspend pump)/i.test(eventType)) return basal(fields, eventType, durationMs);
  const units = numberOf(fields.insulin);
  const found: Measured[] = [];
  const isSpread = /square|dual/i.test(textOf(fields.type) ?? '') || eventType === 'Combo Bolus';
  const type = longActing.test(`${textOf(fields.insulinType) ?? ''}`) ? 'long' : 'bolus';
  const later = eventType === 'Combo Bolus' ? numberOf(fields.splitExt) : undefined;
  if (units !== undefined && units > 0)
    found.push({ kind: 'insulin', units, type, durationMs: isSpread && !later ? durationMs : 0 });
  const all = numberOf(fields.enteredinsulin);
  // A combination: `insulin` is given now, this share of all over the time.
  if (later !== undefined && later > 0 && all !== undefined && all > 0)
    found.push({ kind: 'insulin', units: (all * later) / 100, type, durationMs, suffix: 'extended' });
  return found;
}

/** A rate over a time. Zero is a suspension; without a duration it is the end of one, which is a device event. */
function basal(fields: Fields, eventType: string, durationMs: number): Measured[] {
  if (durationMs === 0) return [];
  const isSuspension = /^suspend/i.test(eventType) || numberOf(fields.percent) === -100;
  const rate = isSuspension ? 0 : (numberOf(fields.absolute) ?? numberOf(fields.rate));
  const delivered = numberOf(fields.amount);
  if (rate === undefined && delivered === undefined) return [];
  const units = delivered ?? (rate! * durationMs) / (60 * minute);
  return [{ kind: 'insulin', units, type: 'basal', durationMs }];
}

/** Only what a person measured: a sensor's value in a treatment is in the entries already. */
function glucose(fields: Fields, eventType: string): (Measured & Pick<Glucose, 'kind'>) | undefined {
  const value = numberOf(fields.glucose) ?? numberOf(fields.mbg);
  const said = textOf(fields.glucoseType);
  const isMeter = said ? /finger|manual|meter/i.test(said) : eventType === 'BG Check' || eventType === 'Mbg';
  if (value === undefined || !isMeter) return undefined;
  const units = textOf(fields.units);
  // No meter shows less than 20 mg/dL or more than 33.3 mmol/L.
  const unit = units ? (/mmol/i.test(units) ? 'mmol/L' : 'mg/dL') : value < 34 ? 'mmol/L' : 'mg/dL';
  if (!Amount.plausible(value, unit, 'meter')) return undefined;
  return { kind: 'glucose', value, unit, beyond: null, method: 'meter' };
}

function activity(fields: Fields): Measured[] {
  const beats = numberOf(fields.bpm);
  if (beats !== undefined) return [{ kind: 'activity', what: 'heart-rate', amount: beats, durationMs: 0 }];
  const steps = numberOf(fields.steps);
  if (steps !== undefined) return [{ kind: 'activity', what: 'steps', amount: steps, durationMs: 0 }];
  return [];
}

function profile(fields: Fields): Measured[] {
  if (!isFields(fields.store)) return [];
  const kept = Object.fromEntries(
    Object.entries(fields).filter(
      ([name]) => !/^(_id|identifier|srv\w+|subject|modifiedBy|_islet)$/.test(name),
    ),
  );
  const text = canonical(kept);
  const what = (textOf(fields.defaultProfile) ?? 'nightscout').slice(0, 128);
  return text.length <= maxText.profile ? [{ kind: 'profile', what, text }] : [];
}

/** Carbs eaten after the bolus are a record of their own, at their own time (minutes after the bolus). */
export function split(record: Fields, zone: Zone): Fields[] {
  const minutes = numberOf(record.preBolus);
  const carbs = numberOf(record.carbs);
  if (!minutes || !carbs) return [record];
  const { carbs: _, ...bolus } = record;
  const moment = Moment.parse(record.eventTime ?? record.created_at ?? record.date ?? record.timestamp, zone);
  if (!moment) return [record];
  const eaten: Fields = {};
  for (const name of ['eventType', 'enteredBy', 'absorptionTime', 'foodType', 'app', 'utcOffset'])
    if (record[name] !== undefined) eaten[name] = record[name];
  for (const name of ['identifier', 'syncIdentifier', 'id', 'uuid', '_id'])
    if (textOf(record[name])) {
      eaten.identifier = `${textOf(record[name])}/carbs`;
      break;
    }
  return [bolus, { ...eaten, carbs, created_at: Moment.isoOf(moment.at + minutes * minute) }];
}
