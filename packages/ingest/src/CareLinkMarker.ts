// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import type { Event } from './Draft.js';
import * as Fields from './Fields.js';
import * as Json from './Json.js';
import { maxCarbGrams, maxDurationMs, maxInsulinUnits } from './Limits.js';
import type { Reason } from './Outcome.js';

/** The pump decides anew every five minutes how much basal to give. */
const autoBasalMs = 5 * 60_000;

/** One of the markers of CareLink Connect: insulin, meals, finger-sticks, and what else its graph shows. */
export function events(of: Json.Fields, unit: GlucoseUnit): Event | Event[] | Reason {
  const data = { ...of, ...Json.inside(Json.inside(of.data).dataValues) };
  const amount = (names: string[], most: number) => Fields.upTo(data, names, most);
  const type = Fields.text(of, ['type']).toLowerCase();
  switch (type) {
    case 'auto_basal_delivery': {
      const units = amount(['bolusAmount'], maxInsulinUnits);
      return typeof units === 'number'
        ? { kind: 'insulin', units: Amount.dose(units), type: 'basal', durationMs: autoBasalMs }
        : 'value';
    }
    case 'insulin': {
      const fast = amount(['deliveredFastAmount'], maxInsulinUnits);
      const extended = amount(['deliveredExtendedAmount'], maxInsulinUnits);
      if (fast === null || extended === null || (fast ?? extended) === undefined) return 'value';
      const minutes = amount(['effectiveDuration', 'programmedDuration'], maxDurationMs / 60_000) ?? 0;
      const out: Event[] = [];
      if (fast !== undefined && (fast > 0 || !extended))
        out.push({ kind: 'insulin', units: fast, type: 'bolus', durationMs: 0 });
      if (extended)
        out.push({ kind: 'insulin', units: extended, type: 'bolus', durationMs: minutes * 60_000 });
      return out;
    }
    case 'meal': {
      const grams = amount(['amount'], maxCarbGrams);
      return typeof grams === 'number' ? { kind: 'carbs', grams } : 'value';
    }
    case 'bg':
    case 'bg_reading':
    case 'calibration': {
      const value = Fields.number(data, ['unitValue', 'value', 'bgValue', 'amount']);
      const in_ = value !== undefined && value <= Amount.unitEdge.mmolMost ? 'mmol/L' : 'mg/dL';
      if (value === undefined || !Amount.plausible(value, unit === 'mg/dL' ? 'mg/dL' : in_, 'meter'))
        return 'value';
      const meter: Event = {
        kind: 'glucose',
        value,
        unit: unit === 'mg/dL' ? 'mg/dL' : in_,
        beyond: null,
        method: 'meter',
      };
      return type === 'calibration'
        ? [meter, { kind: 'device', what: 'sensor calibrated', value: null }]
        : meter;
    }
    case '':
      return 'kind';
    default:
      return { kind: 'device', what: `carelink ${type}`.slice(0, 200), value: null };
  }
}
