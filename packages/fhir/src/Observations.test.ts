// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Points from '@islet/core/metrics/Points';
import * as Metrics from '@islet/core/metrics/Summary';
import type { Glucose, Reading } from '@islet/core/Reading';
import * as Person from '@islet/sim/Person';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyReading } from '../../core/src/core.testkit.js';
import * as ExportFile from './ExportFile.js';
import * as Observations from './Observations.js';
import { example, faults, faultsOf, present } from './profile.testkit.js';
import * as Summaries from './Summaries.js';

const account = 'ab'.repeat(32);
const common = {
  at: Date.UTC(2026, 0, 2, 8),
  offsetMinutes: 60,
  said: '',
  source: { app: 'a', device: 'd', id: null },
};
const of = (reading: Reading): any => Observations.of(account, reading);
const glucose = (own: Partial<Glucose>): Glucose => ({
  kind: 'glucose',
  value: 99,
  unit: 'mg/dL',
  beyond: null,
  method: 'cgm',
  ...common,
  ...own,
});

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-](0\d|1[0-4]):[0-5]\d)$/;

/** What R4 itself demands of these resources; the profiles come on top. */
function baseFaults(r: any): string[] {
  const out: string[] = [];
  const need = (ok: boolean, what: string) => ok || out.push(what);
  need(r.subject?.reference?.startsWith('urn:uuid:'), 'subject');
  if (r.resourceType === 'Observation') {
    need(r.status === 'final', 'status');
    need(!!(r.code?.coding?.[0]?.code || r.code?.text), 'code');
    need(dateTime.test(r.effectiveDateTime ?? r.effectivePeriod?.start), 'effective');
    const values = ['valueQuantity', 'valueString', 'component', 'hasMember'].filter((name) => name in r);
    need(
      values.length === 1 || (values.length === 0 && 'dataAbsentReason' in r),
      'value or the reason for none',
    );
    if ('valueQuantity' in r) need(Number.isFinite(r.valueQuantity.value), 'number');
    if ('valueString' in r) need(r.valueString.trim() !== '', 'text');
  } else {
    need(r.resourceType === 'MedicationAdministration', 'type');
    need(r.status === 'completed', 'status');
    need(!!r.medicationCodeableConcept?.coding?.[0]?.code, 'medication');
    need(dateTime.test(r.effectiveDateTime ?? r.effectivePeriod?.start), 'effective');
    need(Number.isFinite(r.dosage?.dose?.value ?? r.dosage?.rateQuantity?.value), 'dose or rate');
  }
  return out;
}

describe('a reading as a resource', () => {
  test('has what R4 demands, and an id of its own that stays, or there is none for it', () => {
    fc.assert(
      fc.property(anyReading, (reading) => {
        const resource = of(reading);
        expect(resource === undefined).toBe(reading.kind === 'profile' || reading.kind === 'document');
        if (!resource) return;
        expect(baseFaults(resource)).toEqual([]);
        expect(of(structuredClone(reading)).id).toBe(resource.id);
        expect(of({ ...reading, at: reading.at + 1 }).id).not.toBe(resource.id);
      }),
      { numRuns: 500 },
    );
  });

  test.skipIf(!present)('of a sensor fits the profile of the CGM IG that it names', () => {
    fc.assert(
      fc.property(
        anyReading.filter((r) => r.kind === 'glucose'),
        (reading) => {
          const resource = of(reading);
          expect(resource.meta !== undefined).toBe((reading as Glucose).method !== 'meter');
          expect(faults(resource)).toEqual([]);
        },
      ),
    );
  });

  test('keeps number and unit as received, and a word as a bound', () => {
    expect(of(glucose({ value: 5.5, unit: 'mmol/L' })).valueQuantity).toEqual({
      value: 5.5,
      unit: 'mmol/l',
      system: 'http://unitsofmeasure.org',
      code: 'mmol/L',
    });
    expect(of(glucose({ value: 40, beyond: 'low' })).valueQuantity).toMatchObject({
      value: 40,
      comparator: '<',
    });
    expect(of(glucose({ method: 'meter' })).code.coding[0].code).toBe('41653-7');
    expect(of({ kind: 'carbs', grams: 30, ...common })).toMatchObject({
      code: { coding: [{ code: '9059-7' }] },
      valueQuantity: { value: 30, code: 'g' },
      effectiveDateTime: '2026-01-02T09:00:00.000+01:00',
    });
  });

  test('of insulin has a dose, or over a time a rate', () => {
    const insulin = { kind: 'insulin', type: 'bolus', units: 2.5, durationMs: 0, ...common } as const;
    expect(of(insulin).dosage).toEqual({
      dose: { value: 2.5, unit: 'U', system: 'http://unitsofmeasure.org', code: '[iU]' },
    });
    const basal = of({ ...insulin, type: 'basal', units: 0.5, durationMs: 1_800_000 });
    expect(basal.dosage.rateQuantity).toMatchObject({ value: 1, code: '[iU]/h' });
    expect(basal.effectivePeriod.end).toBe('2026-01-02T09:30:00.000+01:00');
  });
});

const life = Person.days('observations', {
  firstAt: Date.UTC(2026, 2, 1, 22),
  days: 30,
  zone: 'Europe/Bucharest',
});
const points = Points.fromReadings(life);
const summaries: any[] = [...Summaries.of(account, points)];
const find = (reference: string) => summaries.find((s) => `urn:uuid:${s.id}` === reference);

describe('summaries', () => {
  test('are of fourteen days back from the last, and say what the metrics say', () => {
    const panels = summaries.filter((s) => s.hasMember);
    expect(panels).toHaveLength(3);
    const [panel] = panels;
    const window = {
      from: Date.parse(panel.effectivePeriod.start),
      to: Date.parse(panel.effectivePeriod.end) + 1,
    };
    expect(window.to - window.from).toBe(14 * 86_400_000);
    const expected = Metrics.summarise(points, window);
    const value = (code: string) => summaries.find((s) => s.code.coding[0].code === code).valueQuantity.value;
    expect(value('97507-8')).toBeCloseTo(expected.meanMgDl!, 2);
    expect(value('97506-0')).toBeCloseTo(expected.gmiPercent!, 2);
    expect(value('104638-2')).toBeCloseTo(expected.cvPercent!, 2);
    expect(value('104637-4')).toBeCloseTo(expected.sensorActivePercent!, 2);
    expect(value('104636-6')).toBe(14);
    const ranges = summaries.find((s) => s.component);
    expect(ranges.component.map((c: any) => c.valueQuantity.value)).toEqual(
      (['veryLow', 'low', 'inRange', 'high', 'veryHigh'] as const).map((b) =>
        expect.closeTo(expected[`${b}Percent`]!, 2),
      ),
    );
  });

  test('of nothing, and of one reading, are none', () => {
    expect([...Summaries.of(account, [])]).toEqual([]);
    expect([...Summaries.of(account, points.slice(0, 1))]).toEqual([]);
  });

  test.skipIf(!present)('fit the profiles of the CGM IG, members included', () => {
    expect(summaries).toHaveLength(24);
    for (const summary of summaries) {
      expect(faults(summary, find)).toEqual([]);
      expect(baseFaults(summary)).toEqual([]);
    }
  });

  test.skipIf(!present)('without a member, a band, an end or a unit are missed', () => {
    const cut = (is: (s: any) => boolean, change: (s: any) => void) => {
      const copy = structuredClone(summaries.find(is));
      change(copy);
      expect(faults(copy, find)).not.toEqual([]);
    };
    for (let i = 2; i < 7; i++)
      cut(
        (s) => s.hasMember,
        (s) => s.hasMember.splice(i, 1),
      );
    for (let i = 0; i < 5; i++)
      cut(
        (s) => s.component,
        (s) => s.component.splice(i, 1),
      );
    cut(
      (s) => s.code.coding[0].code === '97506-0',
      (s) => delete s.effectivePeriod.end,
    );
    cut(
      (s) => s.code.coding[0].code === '97506-0',
      (s) => delete s.valueQuantity.unit,
    );
    cut(
      (s) => s.code.coding[0].code === '97506-0',
      (s) => (s.code.coding[0].code = '1'),
    );
    for (const name of ['GMI', 'TimesInRanges', 'DaysOfWear'])
      expect(faultsOf(example(`Observation-cgmSummary${name}Example`), profileOf(name), find), name).toEqual(
        [],
      );
  });
});

const profileOf = (name: string): string =>
  `${Observations.cgm}/cgm-summary-${name === 'GMI' ? 'gmi' : name.replace(/[A-Z]/g, (c, i) => (i ? '-' : '') + c.toLowerCase())}`;

describe('the Bundle', () => {
  const about = {
    account,
    person: 'me',
    at: Date.UTC(2026, 3, 1),
    deployment: {
      chainId: 1,
      genesisHash: '0x00',
      directory: '0x01',
      members: '0x02',
      identity: '0x03',
      anchors: '0x04',
      consent: '0x05',
      reviews: '0x06',
      circles: '0x0b',
      recovery: '0x07',
      erasure: '0x08',
      p256Verifier: '0x09',
      webAuthnVerifier: '0x0a',
    } as const,
    parts: [
      {
        stream: 'glucose/raw',
        day: 1,
        content: { kind: 'readings', readings: life.filter((r) => r.kind === 'glucose') },
      },
      {
        stream: 'insulin/raw',
        day: 1,
        content: { kind: 'readings', readings: life.filter((r) => r.kind === 'insulin') },
      },
    ] as ExportFile.About['parts'],
  };

  test('has every reading once, under its own name, and no reference that leads nowhere', () => {
    const text = [...ExportFile.files('fhir', about)[0]!.lines()].join('');
    const bundle = JSON.parse(text);
    expect(bundle.type).toBe('transaction');
    const urls = bundle.entry.map((e: any) => e.fullUrl);
    expect(new Set(urls).size).toBe(urls.length);
    const kinds = about.parts.flatMap((p) => (p.content.kind === 'readings' ? p.content.readings : []));
    expect(urls).toHaveLength(1 + kinds.length + summaries.length);
    const known = new Set(urls);
    const references = [...text.matchAll(/(?<="reference":")[^"]+/g)].map(String);
    expect(references.length).toBeGreaterThan(kinds.length);
    expect(references.filter((r) => !known.has(r))).toEqual([]);
    for (const e of bundle.entry)
      expect(e.request).toMatchObject({ method: 'POST', url: e.resource.resourceType });
  });

  test('and every other format are the same, in whatever order the segments come', () => {
    const turned = { ...about, parts: about.parts.toReversed() };
    for (const format of ExportFile.formats)
      ExportFile.files(format, about).forEach(({ lines, name }, i) => {
        expect([...ExportFile.files(format, turned)[i]!.lines()], name).toEqual([...lines()]);
      });
  });
});
