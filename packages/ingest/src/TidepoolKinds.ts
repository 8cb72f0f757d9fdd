// Copyright the Islet authors. AGPL-3.0-or-later.
import { toMgdl } from '@islet/core/Glucose';
import { type GlucoseUnit, maxText } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import * as Json from './Json.js';
import {
  maxCarbGrams,
  maxDurationMs,
  maxInsulinUnits,
  maxKetoneMmol,
  maxNameLength,
  maxNoteLength,
} from './Limits.js';
import type { Reason } from './Outcome.js';
import type { Part } from './Part.js';

/** What can only be told from all records together: when the file has boluses of their own. */
export type Context = { boluses: ReadonlySet<string> };

export function context(records: readonly unknown[]): Context {
  const times = records.map(Json.inside).filter((r) => r.type === 'bolus');
  return { boluses: new Set(times.map((r) => String(r.time))) };
}

type Read = (record: Json.Fields, context: Context) => Part[] | Reason;

const readers = new Map<string, Read>([
  ['cbg', (r) => glucose(r, 'cgm')],
  ['smbg', (r) => glucose(r, r.subType === 'scanned' ? 'scan' : 'meter')],
  ['bloodKetone', ketone],
  ['basal', basal],
  ['bolus', bolus],
  ['insulin', dose],
  ['wizard', wizard],
  ['food', food],
  ['physicalActivity', exercise],
  ['deviceEvent', deviceEvent],
  ['upload', () => [{ kind: 'device', what: 'upload', value: null }]],
  ['reportedState', reportedState],
  ['pumpSettings', settings],
  ['cgmSettings', settings],
  ['controllerSettings', settings],
  ['settings', settings],
  ['controllerStatus', document],
  ['pumpStatus', document],
  ['dosingDecision', document],
  ['alert', document],
  ['water', document],
]);

export const isKnown = (type: string): boolean => readers.has(type);

/** What a record says, or why it is refused. */
export function parts(record: Json.Fields, context: Context): Part[] | Reason {
  const read = typeof record.type === 'string' ? readers.get(record.type) : undefined;
  return read ? read(record, context) : 'kind';
}

function unitOf(record: Json.Fields): GlucoseUnit | undefined {
  const said = Json.text(record.units)?.toLowerCase();
  return said === 'mmol/l' ? 'mmol/L' : said === 'mg/dl' ? 'mg/dL' : undefined;
}

/** A sensor's or meter's number with its unit: the unit is checked against all of them. */
export function level(record: Json.Fields): { value: number; unit: GlucoseUnit } | undefined {
  if (record.type !== 'cbg' && record.type !== 'smbg') return undefined;
  const value = Json.number(record.value);
  const unit = unitOf(record);
  return value === undefined || unit === undefined ? undefined : { value, unit };
}

function glucose(record: Json.Fields, method: 'cgm' | 'scan' | 'meter'): Part[] | Reason {
  const found = level(record);
  if (!found || !Amount.plausible(found.value, found.unit, method)) return 'value';
  return [{ kind: 'glucose', ...found, beyond: beyond(record), method }];
}

/** The uploader writes the limit where the device said a word, and says so in an annotation. */
function beyond(record: Json.Fields): 'low' | 'high' | null {
  const note = Json.list(record.annotations)
    .map(Json.inside)
    .find((a) => a.code === 'bg/out-of-range');
  return note?.value === 'low' || note?.value === 'high' ? note.value : null;
}

function ketone(record: Json.Fields): Part[] | Reason {
  const value = Json.upTo(record.value, maxKetoneMmol);
  if (value === undefined || unitOf(record) === 'mg/dL') return 'value';
  return [{ kind: 'device', what: 'ketone mmol/L', value }];
}

const hourMs = 3_600_000;

function basal(record: Json.Fields): Part[] | Reason {
  const suspended = record.deliveryType === 'suspend';
  const rate = suspended ? 0 : rateOf(record);
  if (rate === undefined) return 'value';
  if (record.duration === undefined || record.duration === null) {
    // The last of an upload is still running: there is a rate, but no amount yet.
    return [{ kind: 'device', what: 'basal rate U/h', value: rate }];
  }
  const durationMs = Json.upTo(record.duration, maxDurationMs);
  if (durationMs === undefined) return 'value';
  const units = (rate * durationMs) / hourMs;
  return units > maxInsulinUnits ? 'value' : [{ kind: 'insulin', type: 'basal', units, durationMs }];
}

function rateOf(record: Json.Fields): number | undefined {
  const rate = Json.upTo(record.rate, maxInsulinUnits);
  if (rate !== undefined) return rate;
  const percent = Json.upTo(record.percent, 10);
  const usual = Json.upTo(Json.inside(record.suppressed).rate, maxInsulinUnits);
  return percent === undefined || usual === undefined ? undefined : percent * usual;
}

/** What was delivered. `expected…` is what had been asked for, where the two differ. */
function bolus(record: Json.Fields): Part[] | Reason {
  const out: Part[] = [];
  if (record.normal !== undefined) {
    const units = Json.upTo(record.normal, maxInsulinUnits);
    if (units === undefined) return 'value';
    out.push({ kind: 'insulin', type: 'bolus', units, durationMs: 0 });
  }
  if (record.extended !== undefined) {
    const units = Json.upTo(record.extended, maxInsulinUnits);
    const durationMs = Json.upTo(record.duration, maxDurationMs);
    if (units === undefined || durationMs === undefined) return 'value';
    out.push({ kind: 'insulin', type: 'bolus', units, durationMs, part: 'extended' });
  }
  return out.length > 0 ? out : 'value';
}

const acting = new Map<unknown, 'rapid' | 'long'>([
  ['rapid', 'rapid'],
  ['short', 'rapid'],
  ['intermediate', 'long'],
  ['long', 'long'],
]);

/** An injection that a person wrote down. */
function dose(record: Json.Fields): Part[] | Reason {
  const units = Json.upTo(Json.inside(record.dose).total, maxInsulinUnits);
  if (units === undefined) return 'value';
  const simple = Json.inside(Json.inside(record.formulation).simple);
  const type = acting.get(simple.actingType) ?? 'bolus';
  return [{ kind: 'insulin', type, units, durationMs: 0 }];
}

/** The calculator's carbs are readings; its glucose may be a sensor's that stands elsewhere, so it stays inside. */
function wizard(record: Json.Fields, { boluses }: Context): Part[] | Reason {
  const out: Part[] = [];
  const { carbInput } = record;
  if (carbInput !== undefined && carbInput !== null) {
    const grams = Json.upTo(carbInput, maxCarbGrams);
    if (grams === undefined) return 'value';
    if (grams > 0) out.push({ kind: 'carbs', grams });
  }
  // The uploader's own files carry the bolus within, as a copy of one that stands in the file too.
  const within = Json.fields(record.bolus);
  if (within && !boluses.has(String(within.time))) {
    const parts = bolus(within);
    if (typeof parts === 'string') return parts;
    out.push(...parts.map((p): Part => ({ ...p, part: p.part ? `bolus-${p.part}` : 'bolus' })));
  }
  const kept = document({ ...record, bolus: within ? undefined : record.bolus });
  return typeof kept === 'string' ? kept : [...out, { ...kept[0]!, part: 'wizard' }];
}

function food(record: Json.Fields): Part[] | Reason {
  const nutrition = Json.inside(record.nutrition);
  const out: Part[] = [];
  const { net, units } = Json.inside(nutrition.carbohydrate);
  if (net !== undefined) {
    const grams = Json.upTo(net, maxCarbGrams);
    if (grams === undefined || (units !== undefined && units !== 'grams')) return 'value';
    out.push({ kind: 'carbs', grams });
  }
  const name = Json.text(record.name, maxNoteLength);
  if (name) out.push({ kind: 'note', text: name, part: 'name' });
  return out.length > 0 ? out : document(record);
}

const intensity = new Map<unknown, number>([
  ['low', 1],
  ['medium', 2],
  ['high', 3],
]);

const unitMs = new Map<unknown, number>([
  ['seconds', 1000],
  ['minutes', 60_000],
  ['hours', hourMs],
]);

function exercise(record: Json.Fields): Part[] | Reason {
  const { value, units } = Json.inside(record.duration);
  const length = (Json.number(value) ?? Number.NaN) * (unitMs.get(units) ?? Number.NaN);
  const durationMs = value === undefined ? 0 : Json.upTo(length, maxDurationMs);
  if (durationMs === undefined) return 'value';
  const amount = intensity.get(record.reportedIntensity) ?? 0;
  const out: Part[] = [{ kind: 'activity', what: 'exercise', amount, durationMs }];
  const steps = Json.upTo(Json.inside(record.step).count, 1_000_000);
  if (steps !== undefined)
    out.push({ kind: 'activity', what: 'steps', amount: steps, durationMs, part: 'steps' });
  const name = Json.text(record.name, maxNoteLength);
  if (name) out.push({ kind: 'note', text: name, part: 'name' });
  return out;
}

function deviceEvent(record: Json.Fields): Part[] | Reason {
  const subType = Json.text(record.subType);
  if (!subType) return 'kind';
  if (subType === 'calibration') {
    const value = Json.number(record.value);
    const unit = unitOf(record);
    if (value === undefined || !unit || !Amount.plausible(value, unit, 'meter')) return 'value';
    return [{ kind: 'device', what: 'calibration', value: toMgdl(value, unit) }];
  }
  const told = [record.alarmType, record.primeTarget, record.status, record.overrideType];
  const more = told.find((t) => typeof t === 'string' && t.length <= 40 && t !== '');
  // Before the events of an upload are joined, `status` is a whole record; afterwards it may be another's identity.
  const word = subType === 'reservoirChange' ? undefined : more;
  const what = word ? `${subType} ${String(word)}` : subType;
  return [
    { kind: 'device', what: what.slice(0, maxNameLength), value: Json.upTo(record.volume, 10_000) ?? null },
  ];
}

/** Illness, stress, a period: what a person said of their health. */
function reportedState(record: Json.Fields): Part[] | Reason {
  const states = Json.list(record.states).map(Json.inside);
  const out = states.flatMap(({ state, severity, stateOther }, i): Part[] => {
    const what = Json.text(state);
    const grade = Json.number(severity);
    const text = Json.text(stateOther, maxNoteLength) ?? (grade === undefined ? '' : `severity ${grade}`);
    return what ? [{ kind: 'health', what, text, ...(i > 0 && { part: String(i) }) }] : [];
  });
  return out.length > 0 ? out : document(record);
}

function settings(record: Json.Fields): Part[] | Reason {
  const text = told(record, maxText.profile);
  return text === undefined ? 'large' : [{ kind: 'profile', what: String(record.type), text }];
}

function document(record: Json.Fields): [Part] | Reason {
  const text = told(record, maxText.document);
  return text === undefined ? 'large' : [{ kind: 'document', what: `tidepool ${String(record.type)}`, text }];
}

/** The record without what belongs to the account it lay in, and not to the person's health. */
const account = /^_|^(byUser|createdUserId|modifiedUserId|userId|uploadId|client|revision)$/;

const told = (record: Json.Fields, most: number): string | undefined =>
  Json.json(Object.fromEntries(Object.entries(record).filter(([name]) => !account.test(name))), most);
