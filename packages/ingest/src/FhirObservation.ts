// Copyright the Islet authors. AGPL-3.0-or-later.
import { sensorLimits } from '@islet/core/Glucose';
import type { Glucose, GlucoseUnit } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import * as Json from './Json.js';
import { maxCarbGrams, maxDurationMs, maxKetoneMmol } from './Limits.js';
import type { Reason } from './Outcome.js';
import type { Part } from './Part.js';

/** What reads a resource of a kind. `durationMs` is null where the resource names a moment. */
export type Kind = { read(resource: Json.Fields, durationMs: number | null): Part[] | Reason };

type Method = Glucose['method'];

const day = 86_400_000;

/** LOINC codes of single measurements. Laboratories' glucose (serum, plasma) is no device's, and is not taken. */
const kinds = new Map<string, Kind>([
  // Interstitial fluid: the CGM guide's.
  ...['99504-3', '105272-9'].map((code) => [code, glucose('cgm')] as const),
  // Body fluid: what sensors were coded as before.
  ...['2344-0', '14745-4'].map((code) => [code, glucose('cgm')] as const),
  // Blood, and capillary blood, also by glucometer.
  ...['2339-0', '15074-8', '2340-8', '32016-8', '14743-9', '41653-7'].map(
    (code) => [code, glucose('meter')] as const,
  ),
  ['9059-7', { read: (r) => amount(r, ['g'], maxCarbGrams, (grams) => ({ kind: 'carbs', grams })) }],
  // Steps in some time, and in a day.
  ['55423-8', { read: (r, ms) => steps(r, ms ?? 0) }],
  ['41950-7', { read: (r, ms) => steps(r, ms ?? day) }],
  ['8867-4', { read: heart }],
  ['55411-3', { read: exercise }],
  ['53061-8', { read: ketone }],
]);

/** Codes of the CGM guide's summaries: panels, mean, ranges, GMI, variation, days, sensor activity. */
const summaries = new Set(
  '107931-8 97507-8 105273-7 106793-3 104642-4 104641-6 97510-2 104640-8 104639-0 97506-0 104638-2 104636-6 104637-4'.split(
    ' ',
  ),
);

const loinc = 'http://loinc.org';

/** The LOINC codes of a CodeableConcept. */
export function codes(concept: unknown): string[] {
  return Json.list(Json.inside(concept).coding)
    .map(Json.inside)
    .flatMap(({ system, code }) =>
      typeof code === 'string' && (system === loinc || system === undefined) ? [code] : [],
    );
}

export function kind(resource: Json.Fields): Kind | 'summary' | undefined {
  const all = codes(resource.code);
  const known = all.find((code) => kinds.has(code));
  if (known !== undefined) return kinds.get(known);
  return all.some((code) => summaries.has(code)) ? 'summary' : undefined;
}

type Quantity = { value: number | undefined; unit: string; comparator: unknown };

/** Units are told by their UCUM code, or, where that is missing, by what is displayed. */
function quantity(value: unknown): Quantity {
  const { value: number, code, unit, comparator } = Json.inside(value);
  return { value: Json.number(number), unit: Json.text(code) ?? Json.text(unit) ?? '', comparator };
}

function unitOf(text: string): GlucoseUnit | undefined {
  const plain = text.toLowerCase();
  return plain === 'mg/dl' ? 'mg/dL' : plain === 'mmol/l' ? 'mmol/L' : undefined;
}

const beyonds = new Map<unknown, 'low' | 'high'>([
  ['<', 'low'],
  ['<=', 'low'],
  ['>', 'high'],
  ['>=', 'high'],
]);

function glucose(method: Method): Kind {
  return {
    read(resource) {
      if (resource.valueSampledData !== undefined) return sampled(resource.valueSampledData, method);
      if (resource.valueQuantity === undefined) {
        // The sensor said that it has none.
        const absent = Json.fields(resource.dataAbsentReason);
        return absent ? [{ kind: 'device', what: 'sensor error', value: null }] : 'value';
      }
      const { value, unit: said, comparator } = quantity(resource.valueQuantity);
      const unit = unitOf(said);
      if (value === undefined || unit === undefined || !Amount.plausible(value, unit, method)) return 'value';
      return [{ kind: 'glucose', value, unit, beyond: beyonds.get(comparator) ?? null, method }];
    },
  };
}

/** Samples of one resource: a month by the minute. */
const maxSamples = 50_000;
const maxSpanMs = 400 * day;

/** Numbers at a fixed distance, with `E` for an error, `L` and `U` for what is beyond the lower and upper limit. */
function sampled(value: unknown, method: Method): Part[] | Reason {
  const data = Json.inside(value);
  const origin = quantity(data.origin);
  const unit = unitOf(origin.unit);
  const period = Json.upTo(data.period, maxDurationMs);
  const factor = data.factor === undefined ? 1 : Json.number(data.factor);
  if (unit === undefined || origin.value === undefined || !period || factor === undefined) return 'value';
  if (data.dimensions !== 1 || typeof data.data !== 'string' || data.data.length > maxSamples * 12)
    return 'value';
  const words = data.data.split(' ').filter((word) => word !== '');
  if (words.length > maxSamples || words.length * period > maxSpanMs) return 'large';
  const out: Part[] = [];
  for (const [i, word] of words.entries()) {
    const at = { after: Math.round(i * period), ...(i > 0 && { part: String(i) }) };
    if (word === 'E') out.push({ kind: 'device', what: 'sensor error', value: null, ...at });
    else if (word === 'L' || word === 'U') {
      const beyond = word === 'L' ? 'low' : 'high';
      out.push({ kind: 'glucose', value: sensorLimits[beyond], unit: 'mg/dL', beyond, method, ...at });
    } else {
      const number = Amount.parse(word);
      const level = number === undefined ? Number.NaN : origin.value + number * factor;
      if (!Amount.plausible(level, unit, method)) return 'value';
      out.push({ kind: 'glucose', value: level, unit, beyond: null, method, ...at });
    }
  }
  return out;
}

function amount(
  resource: Json.Fields,
  units: string[],
  most: number,
  make: (value: number) => Part,
): Part[] | Reason {
  const { value, unit } = quantity(resource.valueQuantity);
  const found = Json.upTo(value, most);
  return found === undefined || !units.includes(unit) ? 'value' : [make(found)];
}

function steps(resource: Json.Fields, durationMs: number): Part[] | Reason {
  if (durationMs > maxDurationMs) return 'value';
  // Most systems count without a unit; UCUM writes that as 1, or names what is counted in braces.
  const units = ['', '1', '{steps}', '{#}', 'steps', '/d', '{steps}/d', '1/(24.h)', '/(24.h)'];
  return amount(resource, units, 1_000_000, (steps) => ({
    kind: 'activity',
    what: 'steps',
    amount: steps,
    durationMs,
  }));
}

function heart(resource: Json.Fields, durationMs: number | null): Part[] | Reason {
  const length = durationMs ?? 0;
  if (length > maxDurationMs) return 'value';
  const make = (value: number): Part => ({
    kind: 'activity',
    what: 'heart-rate',
    amount: value,
    durationMs: length,
  });
  return amount(resource, ['/min', '{beats}/min', 'beats/min', '{Beats}/min', 'bpm'], 500, make);
}

function exercise(resource: Json.Fields): Part[] | Reason {
  return amount(resource, ['min'], maxDurationMs / 60_000, (minutes) => ({
    kind: 'activity',
    what: 'exercise',
    amount: 0,
    durationMs: minutes * 60_000,
  }));
}

/** 53061-8: beta-hydroxybutyrate in blood by test strip. */
function ketone(resource: Json.Fields): Part[] | Reason {
  return amount(resource, ['mmol/L'], maxKetoneMmol, (value) => ({
    kind: 'device',
    what: 'ketone mmol/L',
    value,
  }));
}
