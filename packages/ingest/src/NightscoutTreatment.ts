// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import * as Basal from './Basal.js';
import { clip } from './Clip.js';
import type { Event } from './Draft.js';
import * as Fields from './Fields.js';
import type * as Json from './Json.js';
import * as Keep from './Keep.js';
import { maxCarbGrams, maxDurationMs, maxInsulinUnits, maxNameLength, maxNoteLength } from './Limits.js';
import type { Reason } from './Outcome.js';

// One record of Nightscout's collection `treatments`, as all its clients write them.

const typeOf = (of: Json.Fields): string => Fields.text(of, ['eventType']).toLowerCase();

const temp = /^temp ?basal/;
const suspend = /^suspend pump|^pump suspend/;
const resume = /^resume pump|^pump resume/;

/** Whether a record changes how much basal is given, and how. Percentages stay out: of what, the record does not say. */
export function basal(of: Json.Fields, at: number): Basal.Change | undefined {
  const type = typeOf(of);
  if (suspend.test(type)) return { at, rate: 0, endsAt: null };
  if (resume.test(type)) return { at, rate: null, endsAt: null };
  if (!temp.test(type) || of.isValid === false) return undefined;
  const minutes = Fields.number(of, ['duration']) ?? 0;
  const rate = Fields.number(of, ['absolute', 'rate']);
  if (minutes <= 0 || type.endsWith('end')) return { at, rate: null, endsAt: null };
  const usable = rate !== undefined && rate >= 0 && rate <= maxInsulinUnits && of.temp !== 'percentage';
  return { at, rate: usable ? rate : null, endsAt: at + minutes * 60_000 };
}

/** What a record says, at least one event; `basalMs` is how long its rate was given, where it has one. */
export function events(of: Json.Fields, basalMs: number | undefined): Event[] | Reason {
  if (of.isValid === false) return 'deleted';
  const type = typeOf(of);
  const out: Event[] = [];
  const insulin = insulinOf(of, type);
  if (insulin === 'value') return 'value';
  out.push(...insulin);
  const grams = Fields.upTo(of, ['carbs'], maxCarbGrams);
  if (grams === null) return 'value';
  if (grams) out.push({ kind: 'carbs', grams });
  const own = ofType(of, type, basalMs);
  if (typeof own === 'string') return own;
  out.push(...own, ...checked(of, type));
  const rest = of.notes === undefined ? '' : Fields.text(of, ['notes'], maxNoteLength);
  // Targets, overrides, and whatever is not known here say more than their notes do.
  if (out.length === 0 && (rest === '' || !noted.test(type))) {
    const kept = Keep.document('treatments', of);
    if (typeof kept === 'string') return kept;
    out.push(kept);
  }
  // What is written beside an illness is of health, too.
  if (rest !== '' && own[0]?.kind === 'health') own[0].text = rest;
  else if (rest !== '') out.push({ kind: 'note', text: rest });
  return out;
}

const noted = /^(note|announcement|question|<none>|)$/;

const slow =
  /tresiba|degludec|lantus|toujeo|basaglar|abasaglar|semglee|glargine|levemir|detemir|insulatard|protaphane|\bnph\b/i;

/** Doses; the part of a combined bolus that is given over time stands for itself. */
function insulinOf(of: Json.Fields, type: string): Event[] | 'value' {
  if (temp.test(type)) return [];
  const units = Fields.upTo(of, ['insulin'], maxInsulinUnits);
  const entered = Fields.upTo(of, ['enteredinsulin'], maxInsulinUnits);
  const split = Fields.upTo(of, ['splitExt'], 100);
  if (units === null || entered === null || split === null) return 'value';
  const minutes = Fields.upTo(of, ['duration'], maxDurationMs / 60_000) ?? 0;
  const durationMs = /bolus|smb/.test(type) ? minutes * 60_000 : 0;
  const out: Event[] = [];
  const later = entered && split ? Amount.dose((entered * split) / 100) : 0;
  if (units && Fields.text(of, ['type']).toUpperCase() === 'PRIMING')
    out.push({ kind: 'device', what: 'prime', value: units });
  else if (units) {
    const names = `${Fields.text(of, ['insulinType'])} ${Fields.text(of, ['insulinInjections'], maxNoteLength)}`;
    out.push({
      kind: 'insulin',
      units,
      type: slow.test(names) ? 'long' : 'bolus',
      durationMs: later ? 0 : durationMs,
    });
  }
  if (later) out.push({ kind: 'insulin', units: later, type: 'bolus', durationMs });
  return out;
}

const device =
  /change|sensor (start|stop)|prime|battery|d\.a\.d|openaps offline|rewind|reservoir|calibration/;
const health = /ill(ness)?\b|sick|stress|menstr|period|alcohol|symptom|medication/;

/** What only this type of record says. */
function ofType(of: Json.Fields, type: string, basalMs: number | undefined): Event[] | Reason {
  const change = basal(of, 0);
  if (change) {
    if (change.rate === null) {
      if (change.endsAt !== null) return one(Keep.document('treatments', of));
      return [{ kind: 'device', what: resume.test(type) ? 'pump resumed' : 'temp basal ended', value: null }];
    }
    if (basalMs === undefined)
      return [
        {
          kind: 'device',
          what: suspend.test(type) ? 'pump suspended' : 'temp basal, U/h',
          value: change.rate,
        },
      ];
    const amount = Fields.upTo(of, ['amount'], maxInsulinUnits);
    const units = amount ?? Basal.units(change.rate, basalMs);
    return [{ kind: 'insulin', units, type: 'basal', durationMs: basalMs }];
  }
  if (type === 'exercise') {
    const minutes = Fields.upTo(of, ['duration'], maxDurationMs / 60_000);
    if (minutes === null) return 'value';
    return [{ kind: 'activity', what: 'exercise', amount: 0, durationMs: (minutes ?? 0) * 60_000 }];
  }
  if (/^profile switch|^effective profile/.test(type)) return one(Keep.profile('treatments', of));
  if (health.test(type)) return [{ kind: 'health', what: clip(type, maxNameLength), text: '' }];
  if (device.test(type)) return [{ kind: 'device', what: clip(type, maxNameLength), value: null }];
  return [];
}

const one = (event: Event | 'large'): Event[] | 'large' => (event === 'large' ? event : [event]);

/** A finger-stick. A sensor's value in a treatment repeats an entry; one without unit is kept as it was written. */
function checked(of: Json.Fields, type: string): Event[] {
  const value = Fields.number(of, ['glucose', 'mbg']);
  const finger =
    /finger|manual/i.test(Fields.text(of, ['glucoseType'])) || type === 'bg check' || type === 'mbg';
  if (!value || !finger || /sensor/i.test(Fields.text(of, ['glucoseType']))) return [];
  const said = Fields.text(of, ['units']).toLowerCase();
  const unit: GlucoseUnit | undefined = said.startsWith('mmol')
    ? 'mmol/L'
    : said.startsWith('mg') || value > Amount.unitEdge.mmolMost
      ? 'mg/dL'
      : undefined;
  if (unit && Amount.plausible(value, unit, 'meter'))
    return [{ kind: 'glucose', value, unit, beyond: null, method: 'meter' }];
  const kept = Keep.document('treatments', of);
  return kept === 'large' ? [] : [kept];
}
