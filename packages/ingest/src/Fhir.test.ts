// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';
import * as Person from '@islet/sim/Person';
import { describe, expect, test } from 'vitest';
import * as Fhir from './Fhir.js';
import * as FhirFile from './FhirFile.testkit.js';
import * as Laws from './laws.testkit.js';
import type { Parsed } from './Outcome.js';
import * as Real from './real.testkit.js';

const zone = 'Europe/Madrid';
const life = Person.days('fhir', { firstAt: Date.UTC(2026, 9, 23, 22), days: 3, zone });

const read = (json: unknown): Parsed => Laws.read(Fhir.format, Laws.ofJson(json), zone)!;
const readingsOf = ({ outcomes }: Parsed): Reading[] =>
  outcomes.flatMap((o) => (o.is === 'readings' ? o.readings : []));

const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const at = { effectiveDateTime: '2026-01-02T03:04:05+01:00' };
const observation = (code: string, rest: object) => ({
  resourceType: 'Observation',
  id: 'o',
  status: 'final',
  code: loinc(code),
  ...at,
  ...rest,
});
const insulin = (rest: object) => ({
  resourceType: 'MedicationAdministration',
  id: 'm',
  status: 'completed',
  medicationCodeableConcept: { coding: [{ system: 'http://snomed.info/sct', code: '411531001' }] },
  ...at,
  ...rest,
});
const hour = {
  effectiveDateTime: undefined,
  effectivePeriod: { start: '2026-01-02T03:00:00Z', end: '2026-01-02T04:00:00Z' },
};
const parts = (resource: object) => {
  const outcome = read(resource).outcomes[0]!;
  return outcome.is === 'readings' ? outcome.readings : outcome;
};

describe('FHIR', () => {
  test.each<[FhirFile.Quirks, 'bundle' | 'list' | 'lines']>([
    [{}, 'bundle'],
    [{ unit: 'mmol/L' }, 'list'],
    [{ codes: 'older' }, 'lines'],
    [{ unit: 'mmol/L', codes: 'older' }, 'bundle'],
  ])('with the quirks %j, as a %s, is read back to the last resource', (quirks, shape) => {
    const resources = FhirFile.write(life, zone, quirks);
    const text =
      shape === 'lines'
        ? resources.map((r) => `${JSON.stringify(r)}\n`).join('')
        : JSON.stringify(shape === 'list' ? resources : FhirFile.bundle(resources));
    const parsed = Laws.read(Fhir.format, Laws.ofText(text), zone)!;
    expect(parsed.outcomes).toHaveLength(life.length + 2);
    expect(parsed.outcomes.slice(0, 2).map((o) => o.is)).toEqual(['untimed', 'untimed']);
    expect(parsed.unit).toBe(quirks.unit ?? 'mg/dL');
    const summary = (list: Reading[]) =>
      list.flatMap((r): unknown[] => {
        if (r.kind === 'glucose') {
          const mgdl = Math.round(r.unit === 'mmol/L' ? r.value * 18.01559 : r.value);
          return [[r.at, mgdl, r.beyond, r.method, r.at < Date.UTC(2026, 9, 25, 1) ? 120 : 60]];
        }
        if (r.kind === 'insulin') return [[r.at, r.units]];
        if (r.kind === 'carbs') return [[r.at, r.grams]];
        return r.kind === 'activity' ? [[r.at, r.durationMs]] : [];
      });
    const got = readingsOf(parsed);
    expect(summary(got)).toEqual(summary(life));
    expect(got.every((r) => r.offsetMinutes === (r.at < Date.UTC(2026, 9, 25, 1) ? 120 : 60))).toBe(true);
    const others = life.filter((r) => r.kind === 'device' || r.kind === 'note').length;
    expect(parsed.remarks.map((r) => r.text)).toEqual(
      others > 0 ? [`Records of these types were not taken: Observation 29463-7 (${others}).`] : [],
    );
  });

  test.each<[object, object[]]>([
    [
      observation('99504-3', { valueQuantity: { value: 120, unit: 'mg/dl', code: 'mg/dL' } }),
      [
        {
          kind: 'glucose',
          value: 120,
          unit: 'mg/dL',
          method: 'cgm',
          offsetMinutes: 60,
          source: { app: 'fhir', device: '', id: 'o' },
        },
      ],
    ],
    [
      observation('105272-9', { valueQuantity: { value: 6.7, unit: 'mmol/l' } }),
      [{ value: 6.7, unit: 'mmol/L' }],
    ],
    [
      observation('2339-0', { valueQuantity: { value: 98, code: 'mg/dL' } }),
      [{ kind: 'glucose', method: 'meter' }],
    ],
    [
      observation('99504-3', { valueQuantity: { value: 40, comparator: '<', code: 'mg/dL' } }),
      [{ kind: 'glucose', value: 40, beyond: 'low' }],
    ],
    [
      observation('99504-3', { dataAbsentReason: { coding: [{ code: 'error' }] } }),
      [{ kind: 'device', what: 'sensor error', value: null }],
    ],
    [
      observation('55423-8', { valueQuantity: { value: 512, code: '1' }, ...hour }),
      [{ kind: 'activity', what: 'steps', amount: 512, durationMs: 3_600_000 }],
    ],
    [
      observation('41950-7', { valueQuantity: { value: 9000, code: '/d' } }),
      [{ what: 'steps', durationMs: 86_400_000 }],
    ],
    [
      observation('8867-4', { valueQuantity: { value: 72, code: '/min' } }),
      [{ what: 'heart-rate', amount: 72 }],
    ],
    [
      observation('53061-8', { valueQuantity: { value: 0.6, code: 'mmol/L' } }),
      [{ what: 'ketone mmol/L', value: 0.6 }],
    ],
    [
      insulin({ dosage: { dose: { value: 3.5, code: '[iU]' } } }),
      [{ kind: 'insulin', type: 'rapid', units: 3.5, durationMs: 0 }],
    ],
    [
      insulin({ ...hour, dosage: { rateQuantity: { value: 0.8, code: '[iU]/h' } } }),
      [{ kind: 'insulin', type: 'basal', units: 0.8, durationMs: 3_600_000 }],
    ],
    [
      insulin({
        ...hour,
        dosage: { rateRatio: { numerator: { value: 2, code: 'U' }, denominator: { value: 2, code: 'h' } } },
      }),
      [{ kind: 'insulin', type: 'basal', units: 1 }],
    ],
    [
      insulin({ dosage: { rateQuantity: { value: 0.8, unit: 'U/h' } } }),
      [{ kind: 'device', what: 'basal rate U/h', value: 0.8 }],
    ],
    [
      insulin({
        medicationCodeableConcept: { coding: [{ system: 'http://www.whocc.no/atc', code: 'A10AE04' }] },
        dosage: { dose: { value: 20, unit: 'U' } },
      }),
      [{ kind: 'insulin', type: 'long', units: 20 }],
    ],
    [
      insulin({
        medicationCodeableConcept: { text: 'Insulin of some kind' },
        dosage: { dose: { value: 2, unit: 'IU' } },
      }),
      [{ kind: 'insulin', type: 'bolus', units: 2 }],
    ],
  ])('%j', (resource, expected) => {
    expect(parts(resource)).toMatchObject(expected);
  });

  test('sampled data become one reading each, with words for what is beyond', () => {
    const series = {
      origin: { value: 0, code: 'mg/dL' },
      period: 300_000,
      dimensions: 1,
      data: '100 101.5 E L U 99',
    };
    const start = Date.UTC(2026, 0, 2, 2, 4, 5);
    const [, second, third, fourth, fifth, last] = parts(
      observation('99504-3', { valueSampledData: series }),
    ) as Reading[];
    expect(second).toMatchObject({ at: start + 300_000, value: 101.5, source: { id: 'o/1' } });
    expect(third).toMatchObject({ kind: 'device', what: 'sensor error' });
    expect([fourth, fifth]).toMatchObject([{ beyond: 'low' }, { beyond: 'high' }]);
    expect(last).toMatchObject({ at: start + 1_500_000, value: 99 });
    const scaled = { ...series, origin: { value: 10, code: 'mg/dL' }, factor: 0.5, data: '200' };
    expect(parts(observation('99504-3', { valueSampledData: scaled }))).toMatchObject([{ value: 110 }]);
  });

  test.each<[object, string]>([
    [observation('99504-3', {}), 'value'],
    [observation('99504-3', { valueQuantity: { value: 6.7, code: 'mg/dL' } }), 'value'],
    [observation('99504-3', { valueQuantity: { value: 6.7, code: 'g/L' } }), 'value'],
    [observation('99504-3', { valueQuantity: { value: '120', code: 'mg/dL' } }), 'value'],
    [
      observation('99504-3', {
        valueQuantity: { value: 120, code: 'mg/dL' },
        effectiveDateTime: '2026-01-02',
      }),
      'time',
    ],
    [
      observation('99504-3', { status: 'entered-in-error', valueQuantity: { value: 120, code: 'mg/dL' } }),
      'deleted',
    ],
    [
      observation('99504-3', {
        valueSampledData: { origin: { value: 0, code: 'mg/dL' }, period: 0, dimensions: 1, data: '100' },
      }),
      'value',
    ],
    [
      observation('99504-3', {
        valueSampledData: { origin: { value: 0, code: 'mg/dL' }, period: 1, dimensions: 2, data: '100 1' },
      }),
      'value',
    ],
    [
      observation('99504-3', {
        valueSampledData: { origin: { value: 0, code: 'mg/dL' }, period: 1, dimensions: 1, data: '' },
      }),
      'value',
    ],
    [
      observation('99504-3', {
        valueSampledData: {
          origin: { value: 0, code: 'mg/dL' },
          period: 604_800_000,
          dimensions: 1,
          data: '100 '.repeat(400),
        },
      }),
      'large',
    ],
    [observation('2345-7', { valueQuantity: { value: 120, code: 'mg/dL' } }), 'kind'],
    [observation('97507-8', { valueQuantity: { value: 145, code: 'mg/dL' } }), 'kind'],
    [insulin({ status: 'not-done', dosage: { dose: { value: 3, code: 'U' } } }), 'value'],
    [insulin({ dosage: { dose: { value: 3, code: 'mL' } } }), 'value'],
    [
      insulin({ medicationCodeableConcept: { text: 'aspirin' }, dosage: { dose: { value: 3, code: 'U' } } }),
      'kind',
    ],
    [insulin({ medicationReference: {}, medicationCodeableConcept: undefined }), 'kind'],
    [{ resourceType: 'DiagnosticReport', ...at }, 'kind'],
  ])('%j is refused for its %s', (resource, reason) => {
    expect(parts(resource)).toMatchObject({ is: 'refused', reason });
  });

  test('an observation without any time is untimed', () => {
    const timeless = observation('99504-3', {
      effectiveDateTime: undefined,
      valueQuantity: { value: 120, code: 'mg/dL' },
    });
    expect(parts(timeless)).toMatchObject({ is: 'untimed' });
  });

  test('of a file about two people nothing is taken', () => {
    const of = (reference: string) =>
      observation('99504-3', { subject: { reference }, valueQuantity: { value: 120, code: 'mg/dL' } });
    const outcomes = (...list: object[]) =>
      read(list).outcomes.map((o) => (o.is === 'refused' ? o.reason : o.is));
    expect(outcomes(of('Patient/a'), of('Patient/b'))).toEqual(['person', 'person']);
    expect(
      outcomes(of('Patient/a'), of('https://h.example/fhir/Patient/a'), of('Patient/a/_history/2')),
    ).toEqual(['readings', 'readings', 'readings']);
  });

  test('a broken line of bulk data costs that line', () => {
    const [patient, , ...rest] = FhirFile.write(life.slice(0, 3), zone).map((r) => JSON.stringify(r));
    const text = [patient, rest[0], '{"resourceType":"Observ', rest[1]].join('\r\n');
    const parsed = Laws.read(Fhir.format, Laws.ofText(text), zone)!;
    expect(parsed.outcomes.map((o) => o.is)).toEqual(['untimed', 'readings', 'refused', 'readings']);
  });

  test.each([[{}], [[]], [null], [[{ sgv: 100 }]], [{ resourceType: 7 }]])('%j is none of it', (json) => {
    expect(Fhir.format.recognise(Laws.ofJson(json))).toBeUndefined();
  });

  test('any spoilt file gives an outcome for every resource, or an error of ours', () => {
    const rows = [
      ...FhirFile.write(life.slice(0, 30), zone),
      observation('99504-3', {
        valueSampledData: {
          origin: { value: 0, code: 'mg/dL' },
          period: 60_000,
          dimensions: 1,
          data: '100 E 99',
        },
      }),
      insulin({ ...hour, dosage: { rateQuantity: { value: 0.8, code: '[iU]/h' } } }),
    ];
    Laws.survivesMutation(Fhir.format, rows, (list) => list);
    Laws.survivesAnything(Fhir.format);
    Laws.survivesEdits(Fhir.format, rows.map((r) => JSON.stringify(r)).join('\n'));
  });
});

describe.skipIf(!Real.present)('real FHIR', () => {
  const example = (name: string) => JSON.parse(Real.text(`hl7-cgm-ig-1.0.0/${name}.json`));

  test('the CGM guide’s submission: two readings, eight summaries and a report, all accounted for', () => {
    const bundle = example('Bundle-cgmDataSubmissionBundle');
    const parsed = read(bundle);
    expect(parsed.outcomes).toHaveLength(bundle.entry.length);
    expect(readingsOf(parsed)).toMatchObject(
      bundle.entry
        .map(
          (e: { resource: { effectiveDateTime?: string; valueQuantity: { value: number } } }) => e.resource,
        )
        .filter((r: { effectiveDateTime?: string }) => r.effectiveDateTime)
        .map((r: { effectiveDateTime: string; valueQuantity: { value: number } }) => ({
          at: Date.parse(r.effectiveDateTime),
          value: r.valueQuantity.value,
          method: 'cgm',
        })),
    );
    expect(readingsOf(parsed).length).toBeGreaterThan(0);
    const periods = bundle.entry.filter(
      (e: { resource: { resourceType: string; effectivePeriod?: object } }) =>
        e.resource.resourceType === 'Observation' && e.resource.effectivePeriod,
    ).length;
    expect(parsed.remarks.find((r) => r.code === 'summaries')!.text).toMatch(
      new RegExp(`^${periods} observations`),
    );
  });

  test.each([
    [
      'Observation-cgmSensorReadingMassPerVolumeExample',
      { value: 120, unit: 'mg/dL', at: Date.UTC(2024, 4, 2, 10, 15) },
    ],
    [
      'Observation-cgmSensorReadingMolesPerVolumeExample',
      { value: 6.7, unit: 'mmol/L', at: Date.UTC(2024, 4, 2, 10, 30) },
    ],
  ])('%s is a reading', (name, expected) => {
    expect(readingsOf(read(example(name)))).toMatchObject([expected]);
  });

  test.each([
    '',
    'CoefficientOfVariation',
    'DaysOfWear',
    'GMI',
    'MeanGlucoseMassPerVolume',
    'MeanGlucoseMolesPerVolume',
    'SensorActivePercentage',
    'TimesInRanges',
  ])('cgmSummary%sExample is none', (name) => {
    const parsed = read(example(`Observation-cgmSummary${name}Example`));
    expect(parsed.outcomes).toEqual([{ row: 1, is: 'refused', reason: 'kind' }]);
    expect(parsed.remarks.map((r) => r.code)).toEqual(['summaries']);
  });

  test('a server’s answers to a submission hold no data, and are counted one by one', () => {
    const parsed = read(JSON.parse(Real.text('tidepool/tandem_ciq_fhir_result.json')));
    expect(parsed.outcomes).toHaveLength(958);
    expect(parsed.outcomes.every((o) => o.is === 'refused' && o.reason === 'kind')).toBe(true);
    expect(parsed.remarks.map((r) => r.text)).toEqual([
      'Records of these types were not taken: entry (958).',
    ]);
  });
});
