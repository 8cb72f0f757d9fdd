// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Kind } from './FhirObservation.js';
import * as Json from './Json.js';
import { maxDurationMs, maxInsulinUnits } from './Limits.js';
import type { Reason } from './Outcome.js';
import type { Part } from './Part.js';

type Acting = 'rapid' | 'long' | 'bolus';

/** SNOMED CT: insulin, short-acting, and long-acting insulin. */
const concepts = new Map<string, Acting>([
  ['67866001', 'bolus'],
  ['411531001', 'rapid'],
  ['25305005', 'long'],
]);

/** ATC: fast-acting; intermediate, mixed and long-acting; any other insulin. */
const classes: [RegExp, Acting][] = [
  [/^A10AB/, 'rapid'],
  [/^A10A[CDE]/, 'long'],
  [/^A10A/, 'bolus'],
];

/** What reads insulin that was given. Undefined for other medicines, and where the medicine is only referred to. */
export function kind(resource: Json.Fields): Kind | undefined {
  const concept = Json.inside(resource.medicationCodeableConcept);
  const acting = Json.list(concept.coding)
    .map(Json.inside)
    .map(actingOf)
    .find((a) => a !== undefined);
  const named = acting ?? (/insulin/i.test(Json.text(concept.text) ?? '') ? 'bolus' : undefined);
  return named && { read: (r, durationMs) => given(r, named, durationMs) };
}

function actingOf({ code, system }: Json.Fields): Acting | undefined {
  if (typeof code !== 'string') return undefined;
  if (system === 'http://www.whocc.no/atc') return classes.find(([known]) => known.test(code))?.[1];
  return system === 'http://snomed.info/sct' ? concepts.get(code) : undefined;
}

const units = new Set<unknown>(['[iU]', '[IU]', 'U', 'IU', 'units', 'unit']);
const rates = new Set<unknown>(['[iU]/h', '[IU]/h', 'U/h', 'IU/h', 'U/hr', 'units/h']);
const hourMs = 3_600_000;

function given(resource: Json.Fields, acting: Acting, durationMs: number | null): Part[] | Reason {
  // `not-done` says that nothing was given; what is only meant to be has not been.
  if (!['completed', 'in-progress', 'stopped', 'on-hold'].some((s) => s === resource.status)) return 'value';
  const dosage = Json.inside(resource.dosage);
  const rate = rateOf(dosage);
  if (rate === 'broken') return 'value';
  if (rate !== undefined) {
    if (durationMs === null) return [{ kind: 'device', what: 'basal rate U/h', value: rate }];
    const amount = Json.upTo((rate * durationMs) / hourMs, maxInsulinUnits);
    if (amount === undefined || durationMs > maxDurationMs) return 'value';
    return [{ kind: 'insulin', type: 'basal', units: amount, durationMs }];
  }
  const dose = Json.inside(dosage.dose);
  const amount = Json.upTo(dose.value, maxInsulinUnits);
  if (amount === undefined || !units.has(dose.code ?? dose.unit) || (durationMs ?? 0) > maxDurationMs)
    return 'value';
  return [{ kind: 'insulin', type: acting, units: amount, durationMs: durationMs ?? 0 }];
}

/** Units per hour. A ratio may name any time as its denominator; only whole hours are read. */
function rateOf(dosage: Json.Fields): number | 'broken' | undefined {
  const { rateQuantity, rateRatio } = dosage;
  if (rateQuantity !== undefined) {
    const { value, code, unit } = Json.inside(rateQuantity);
    const rate = Json.upTo(value, maxInsulinUnits);
    return rate !== undefined && rates.has(code ?? unit) ? rate : 'broken';
  }
  if (rateRatio === undefined) return undefined;
  const above = Json.inside(Json.inside(rateRatio).numerator);
  const below = Json.inside(Json.inside(rateRatio).denominator);
  const hours = Json.upTo(below.value, 168);
  const amount = Json.upTo(above.value, maxInsulinUnits);
  const known = units.has(above.code ?? above.unit) && (below.code ?? below.unit) === 'h';
  return known && hours && amount !== undefined ? amount / hours : 'broken';
}
