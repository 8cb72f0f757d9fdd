// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Activity, Glucose, Insulin, Reading } from '@islet/core/Reading';
import { clean, concept, idOf, type Json, type Resource, systems, urn } from './Fhir.js';
import * as LocalTime from './LocalTime.js';
import * as Patient from './Patient.js';

export const cgm = 'http://hl7.org/fhir/uv/cgm/StructureDefinition';

/** UCUM, with the words that the CGM IG's patterns demand to the letter. */
export const units = {
  'mg/dL': { unit: 'mg/dl', system: systems.ucum, code: 'mg/dL' },
  'mmol/L': { unit: 'mmol/l', system: systems.ucum, code: 'mmol/L' },
  percent: { unit: '%', system: systems.ucum, code: '%' },
  days: { unit: 'days', system: systems.ucum, code: 'd' },
} as const;

/** LOINC of glucose: between the cells by a sensor, in capillary blood by a meter. */
const glucoseCodes = {
  sensor: { 'mg/dL': '99504-3', 'mmol/L': '105272-9' },
  meter: { 'mg/dL': '41653-7', 'mmol/L': '14743-9' },
} as const;

const sensorProfiles = {
  'mg/dL': `${cgm}/cgm-sensor-reading-mass-per-volume`,
  'mmol/L': `${cgm}/cgm-sensor-reading-moles-per-volume`,
} as const;

/** A reading as a resource of FHIR R4; undefined where there is none for it: settings and apps' own records. */
export function of(account: string, r: Reading): Resource | undefined {
  switch (r.kind) {
    case 'glucose':
      return glucose(account, r);
    case 'insulin':
      return insulin(account, r);
    case 'carbs':
      return observation(account, r, {
        code: concept(systems.loinc, '9059-7', 'Carbohydrate intake Estimated'),
        valueQuantity: { value: r.grams, unit: 'g', system: systems.ucum, code: 'g' },
      });
    case 'activity':
      return observation(account, r, activity(r));
    case 'device':
      return observation(account, r, {
        code: { text: clean(r.what) || 'device event' },
        ...(r.value === null ? absent : { valueQuantity: { value: r.value } }),
      });
    case 'note':
      return observation(account, r, { code: { text: 'note' }, ...text(r.text) });
    case 'health':
      return observation(account, r, { code: { text: clean(r.what) || 'health' }, ...text(r.text) });
    case 'profile':
    case 'document':
      return undefined;
  }
}

const absent = { dataAbsentReason: concept(systems.absent, 'not-applicable') };
const text = (value: string): Elements => (clean(value) === '' ? absent : { valueString: clean(value) });

type Elements = { [element: string]: Json };

/** The same reading has the same id wherever it is written. */
const identity = (account: string, r: Reading): Elements & { id: string } => {
  const id = idOf(account, 'reading', JSON.stringify(r));
  return { id, identifier: [{ system: 'urn:ietf:rfc:3986', value: urn(id) }] };
};

function observation(account: string, r: Reading, own: Elements): Resource {
  const device = clean(r.source.device) || clean(r.source.app);
  return {
    resourceType: 'Observation',
    ...identity(account, r),
    status: 'final',
    subject: Patient.reference(account),
    effectiveDateTime: LocalTime.fhir(r.at, r.offsetMinutes),
    ...(device && { device: { display: device } }),
    ...own,
  };
}

export const laboratory = [concept(systems.category, 'laboratory')];

function glucose(account: string, r: Glucose): Resource {
  const sensor = r.method !== 'meter';
  return observation(account, r, {
    ...(sensor && { meta: { profile: [sensorProfiles[r.unit]] } }),
    category: laboratory,
    code: concept(systems.loinc, glucoseCodes[sensor ? 'sensor' : 'meter'][r.unit]),
    ...(r.method === 'scan' && { method: { text: 'scanned by the person' } }),
    valueQuantity: {
      value: r.value,
      // A sensor that says a word gives no number, only the limit that it is beyond.
      ...(r.beyond && { comparator: r.beyond === 'low' ? '<' : '>' }),
      ...units[r.unit],
    },
  });
}

const medications: { [type in Insulin['type']]: [code: string, display: string] } = {
  rapid: ['411531001', 'Short-acting insulin'],
  bolus: ['411531001', 'Short-acting insulin'],
  long: ['25305005', 'Long-acting insulin'],
  basal: ['67866001', 'Insulin'],
};

function insulin(account: string, r: Insulin): Resource {
  const start = LocalTime.fhir(r.at, r.offsetMinutes);
  const end = LocalTime.fhir(r.at + r.durationMs, r.offsetMinutes);
  const isRate = r.type === 'basal' && r.durationMs > 0;
  const rate = {
    value: r.units / (r.durationMs / 3_600_000),
    unit: 'U/h',
    system: systems.ucum,
    code: '[iU]/h',
  };
  const dose = { value: r.units, unit: 'U', system: systems.ucum, code: '[iU]' };
  return {
    resourceType: 'MedicationAdministration',
    ...identity(account, r),
    status: 'completed',
    medicationCodeableConcept: { ...concept(systems.snomed, ...medications[r.type]), text: r.type },
    subject: Patient.reference(account),
    ...(r.durationMs > 0 ? { effectivePeriod: { start, end } } : { effectiveDateTime: start }),
    dosage: isRate ? { rateQuantity: rate } : { dose },
  };
}

function activity(r: Activity): Elements {
  const category = [concept(systems.category, 'activity')];
  const quantity = (value: number, unit: string, code: string): Elements => ({
    valueQuantity: { value, unit, system: systems.ucum, code },
  });
  switch (r.what) {
    case 'exercise':
      return {
        category,
        code: concept(systems.loinc, '55411-3', 'Exercise duration'),
        ...quantity(r.durationMs / 60_000, 'min', 'min'),
        note: [{ text: `intensity ${r.amount}` }],
      };
    case 'steps':
      return {
        category,
        code: concept(systems.loinc, '55423-8', 'Number of steps'),
        ...quantity(r.amount, 'steps', '1'),
      };
    case 'heart-rate':
      return {
        category: [concept(systems.category, 'vital-signs')],
        code: concept(systems.loinc, '8867-4', 'Heart rate'),
        ...quantity(r.amount, 'beats/minute', '/min'),
      };
  }
}
