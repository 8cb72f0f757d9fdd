// Copyright the Islet authors. AGPL-3.0-or-later.
// A made-up person's readings as FHIR resources, in the dialects met in the wild.
import type { Reading } from '@islet/core/Reading';
import * as Wall from '@islet/sim/Wall';

export type Quirks = {
  unit?: 'mg/dL' | 'mmol/L';
  /** Codes of the CGM guide, or those used before it. */
  codes?: 'guide' | 'older';
};

export type Resource = { [name: string]: unknown };

const coding = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const subject = { reference: 'Patient/p1' };
const insulin = { coding: [{ system: 'http://snomed.info/sct', code: '411531001' }] };

export function write(life: Reading[], zone: string, quirks: Quirks = {}): Resource[] {
  const { unit = 'mg/dL', codes = 'guide' } = quirks;
  const molar = unit === 'mmol/L';
  const code = coding(codes === 'guide' ? (molar ? '105272-9' : '99504-3') : molar ? '14745-4' : '2344-0');
  const out: Resource[] = [
    { resourceType: 'Patient', id: 'p1' },
    { resourceType: 'Device', id: 'd1' },
  ];
  const quantity = (value: number, ucum: string) => ({
    value,
    system: 'http://unitsofmeasure.org',
    code: ucum,
  });
  for (const [i, r] of life.entries()) {
    const when = { effectiveDateTime: said(r.at, zone) };
    const base = { resourceType: 'Observation', id: `o${i}`, status: 'final', subject, ...when };
    if (r.kind === 'glucose') {
      const value = molar ? r.value / 18.01559 : r.value;
      const comparator = r.beyond && { comparator: r.beyond === 'low' ? '<' : '>' };
      out.push({
        ...base,
        code,
        valueQuantity: { ...quantity(value, unit), unit: unit.toLowerCase(), ...comparator },
      });
    } else if (r.kind === 'insulin') {
      out.push({
        ...base,
        resourceType: 'MedicationAdministration',
        status: 'completed',
        medicationCodeableConcept: insulin,
        dosage: { dose: quantity(r.units, '[iU]') },
      });
    } else if (r.kind === 'carbs') {
      out.push({ ...base, code: coding('9059-7'), valueQuantity: quantity(r.grams, 'g') });
    } else if (r.kind === 'activity') {
      out.push({ ...base, code: coding('55411-3'), valueQuantity: quantity(r.durationMs / 60_000, 'min') });
    } else out.push({ ...base, code: coding('29463-7'), valueQuantity: quantity(60, 'kg') });
  }
  return out;
}

export const bundle = (resources: Resource[]): Resource => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: resources.map((resource) => ({ fullUrl: `urn:uuid:${String(resource.id)}`, resource })),
});

function said(at: number, zone: string): string {
  const minutes = Wall.offsetMinutes(at, zone);
  const local = new Date(at + minutes * 60_000).toISOString().slice(0, 23);
  const size = Math.abs(minutes);
  return `${local}${minutes < 0 ? '-' : '+'}${Wall.padded(Math.floor(size / 60))}:${Wall.padded(size % 60)}`;
}
