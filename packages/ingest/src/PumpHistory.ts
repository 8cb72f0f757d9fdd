// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Amount from './Amount.js';
import * as Basal from './Basal.js';
import { clip } from './Clip.js';
import type { Event } from './Draft.js';
import * as Fields from './Fields.js';
import type * as Json from './Json.js';
import * as Keep from './Keep.js';
import { maxCarbGrams, maxDurationMs, maxInsulinUnits, maxNameLength } from './Limits.js';
import type { Reason } from './Outcome.js';

// One record of OpenAPS's `pumphistory.json`: what a Medtronic pump's memory says, with `_type`.

/** The minutes of each temporary rate; they stand in a record of their own, of the same moment. */
export function minutes(list: { of: Json.Fields; at: number }[]): Map<number, number> {
  const found = list.flatMap(({ of, at }): [number, number][] => {
    const value = of._type === 'TempBasalDuration' ? Fields.number(of, ['duration (min)']) : undefined;
    return value === undefined ? [] : [[at, value]];
  });
  return new Map(found);
}

/** Whether a record changes how much basal is given, and how. */
export function basal(of: Json.Fields, at: number, minutes: Map<number, number>): Basal.Change | undefined {
  if (of._type === 'PumpSuspend') return { at, rate: 0, endsAt: null };
  if (of._type === 'PumpResume') return { at, rate: null, endsAt: null };
  if (of._type !== 'TempBasal') return undefined;
  const rate = Fields.upTo(of, ['rate'], maxInsulinUnits);
  const length = minutes.get(at);
  if (typeof rate !== 'number' || of.temp === 'percent' || length === 0)
    return { at, rate: null, endsAt: null };
  return { at, rate, endsAt: length === undefined ? null : at + length * 60_000 };
}

export function events(of: Json.Fields, rate: number | null, basalMs: number | undefined): Event[] | Reason {
  const type = Fields.text(of, ['_type']);
  switch (type) {
    case 'Bolus': {
      const units = Fields.upTo(of, ['amount'], maxInsulinUnits);
      const length = Fields.upTo(of, ['duration'], maxDurationMs / 60_000) ?? 0;
      if (typeof units !== 'number') return 'value';
      return [{ kind: 'insulin', units, type: 'bolus', durationMs: length * 60_000 }];
    }
    case 'TempBasal':
    case 'PumpSuspend': {
      if (rate !== null && basalMs !== undefined)
        return [{ kind: 'insulin', units: Basal.units(rate, basalMs), type: 'basal', durationMs: basalMs }];
      return [{ kind: 'device', what: rate === null ? 'temp basal ended' : 'temp basal, U/h', value: rate }];
    }
    case 'JournalEntryMealMarker': {
      const grams = Fields.upTo(of, ['carb_input', 'amount'], maxCarbGrams);
      return typeof grams === 'number' ? [{ kind: 'carbs', grams }] : 'value';
    }
    case 'BGReceived':
    case 'CalBGForPH': {
      const value = Fields.number(of, ['amount', 'bg']);
      if (value === undefined || !Amount.plausible(value, 'mg/dL', 'meter')) return 'value';
      return [{ kind: 'glucose', value, unit: 'mg/dL', beyond: null, method: 'meter' }];
    }
    case 'Bolus Wizard':
    case 'BolusWizard': {
      const kept = Keep.document('pumphistory', of);
      return kept === 'large' ? kept : [kept];
    }
    default: {
      const value = Fields.value(of, ['amount', 'rate', 'duration (min)', 'value']) ?? null;
      return [{ kind: 'device', what: clip(`pump ${type}`, maxNameLength), value }];
    }
  }
}
