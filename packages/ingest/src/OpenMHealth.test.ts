// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdirSync } from 'node:fs';
import type { Reading } from '@islet/core/Reading';
import * as Person from '@islet/sim/Person';
import { describe, expect, test } from 'vitest';
import * as Laws from './laws.testkit.js';
import * as OpenMHealth from './OpenMHealth.js';
import * as Real from './real.testkit.js';

const zone = 'Europe/Madrid';
const life = Person.days('omh', { firstAt: Date.UTC(2026, 9, 22, 22), days: 3, zone });

const read = (json: unknown) => Laws.read(OpenMHealth.format, Laws.ofJson(json), zone)!;
const readings = (json: unknown): Reading[] =>
  read(json).outcomes.flatMap((o) => (o.is === 'readings' ? o.readings : []));

const moment = { effective_time_frame: { date_time: '2026-01-02T03:04:05+01:00' } };
const hour = {
  effective_time_frame: {
    time_interval: { start_date_time: '2026-01-02T03:00:00Z', end_date_time: '2026-01-02T04:00:00Z' },
  },
};
const sugar = { blood_glucose: { unit: 'mg/dL', value: 95 } };
const parts = (body: object) => {
  const outcome = read([{ ...sugar, ...moment }, body]).outcomes[1]!;
  return outcome.is === 'readings' ? outcome.readings : outcome;
};

/** A made-up person as data points with headers, in either unit. */
function write(unit: 'mg/dL' | 'mmol/L'): object[] {
  return life.flatMap((r, i) => {
    if (r.kind !== 'glucose') return [];
    const value = unit === 'mg/dL' ? r.value : r.value / 18.01559;
    return [
      {
        header: {
          id: `id-${i}`,
          creation_date_time: '2026-11-01T00:00:00Z',
          schema_id: { namespace: 'omh', name: 'blood-glucose', version: '3.0' },
          acquisition_provenance: { source_name: 'Sensor', modality: 'sensed' },
        },
        body: {
          blood_glucose: { unit, value },
          effective_time_frame: { date_time: new Date(r.at).toISOString() },
          specimen_source: 'interstitial fluid',
        },
      },
    ];
  });
}

describe('Open mHealth', () => {
  test.each(['mg/dL', 'mmol/L'] as const)('data points in %s are read back to the last one', (unit) => {
    const points = write(unit);
    const parsed = read(points);
    expect(parsed.outcomes).toHaveLength(points.length);
    expect(parsed.unit).toBe(unit);
    const levels = (list: Reading[]) =>
      list.flatMap((r) =>
        r.kind === 'glucose'
          ? [[r.at, Math.round(r.unit === 'mmol/L' ? r.value * 18.01559 : r.value), r.method]]
          : [],
      );
    expect(levels(readings(points))).toEqual(levels(life));
    expect(readings(points)[0]!.source).toEqual({ app: 'open-mhealth', device: 'Sensor', id: 'id-0' });
  });

  test.each<[object, object[]]>([
    [{ ...sugar, ...moment }, [{ kind: 'glucose', value: 95, method: 'meter', offsetMinutes: 60 }]],
    [{ ...sugar, ...moment, specimen_source: 'interstitial fluid' }, [{ kind: 'glucose', method: 'cgm' }]],
    [{ ...sugar, ...hour, specimen_source: 'serum' }, [{ kind: 'glucose', at: Date.UTC(2026, 0, 2, 3) }]],
    [
      {
        ...sugar,
        ...moment,
        temporal_relationship_to_meal: 'fasting',
        temporal_relationship_to_sleep: 'on waking',
      },
      [{ kind: 'glucose' }, { kind: 'note', text: 'fasting, on waking' }],
    ],
    [{ ...sugar, ...hour, descriptive_statistic: 'minimum' }, [{ kind: 'document', what: 'open-mhealth' }]],
    [{ ...sugar, ...moment, specimen_source: 'tears' }, [{ kind: 'document', what: 'open-mhealth' }]],
    [
      { step_count: { unit: 'steps', value: 6000 }, ...hour },
      [{ kind: 'activity', what: 'steps', amount: 6000, durationMs: 3_600_000 }],
    ],
    [
      {
        step_count: { unit: 'steps', value: 60 },
        effective_time_frame: {
          time_interval: { end_date_time: '2026-01-02T04:00:00Z', duration: { value: 10, unit: 'min' } },
        },
      },
      [{ kind: 'activity', at: Date.UTC(2026, 0, 2, 3, 50), durationMs: 600_000 }],
    ],
  ])('%j', (body, expected) => {
    expect(parts(body)).toMatchObject(expected);
  });

  test.each<[object, string]>([
    [sugar, 'time'],
    [{ ...sugar, effective_time_frame: { date_time: '2026-01-02' } }, 'time'],
    [
      { ...sugar, effective_time_frame: { time_interval: { duration: { value: 1, unit: 'constructor' } } } },
      'time',
    ],
    [{ ...sugar, ...moment, specimen_source: 'fluid' }, 'value'],
    [{ ...sugar, ...moment, temporal_relationship_to_meal: 'fsting' }, 'value'],
    [{ ...sugar, ...moment, temporal_relationship_to_sleep: 7 }, 'value'],
    [{ ...sugar, ...moment, descriptive_statistic: 'minmum' }, 'value'],
    [{ blood_glucose: { unit: 'mmol/L', value: 95 }, ...moment }, 'value'],
    [{ blood_glucose: { unit: 'g/L', value: 0.95 }, ...moment }, 'value'],
    [{ step_count: { unit: 'steps', value: 6000 }, ...moment }, 'time'],
    [{ step_count: { unit: 'step', value: 6000 }, ...hour }, 'value'],
    [{ step_count: { unit: 'steps', value: '6000' }, ...hour }, 'value'],
    [{ body_weight: { unit: 'kg', value: 60 }, ...moment }, 'kind'],
    [{}, 'kind'],
  ])('%j is refused for its %s', (body, reason) => {
    expect(parts(body)).toMatchObject({ is: 'refused', reason });
  });

  test.each([[{}], [[]], [null], [[{ body_weight: { value: 1, unit: 'kg' } }]], [{ blood_glucose: 95 }]])(
    '%j is none of them',
    (json) => {
      expect(OpenMHealth.format.recognise(Laws.ofJson(json))).toBeUndefined();
    },
  );

  test('any spoilt file gives an outcome for every point, or an error of ours', () => {
    Laws.survivesMutation(OpenMHealth.format, write('mg/dL').slice(0, 30), (list) => list);
    Laws.survivesAnything(OpenMHealth.format);
  });
});

describe.skipIf(!Real.present)('the instances that Open mHealth publishes with its schemas', () => {
  const folders = Real.present ? ['blood-glucose/3.0', 'blood-glucose/4.0', 'step-count/3.0'] : [];
  const files = folders.flatMap((folder) =>
    ['shouldPass', 'shouldFail'].flatMap((verdict) =>
      readdirSync(Real.path(`openmhealth/${folder}/${verdict}`)).map(
        (name) => [`${folder}/${verdict}`, name] as const,
      ),
    ),
  );

  test.each(files)('%s/%s', (folder, name) => {
    const json = JSON.parse(Real.text(`openmhealth/${folder}/${name}`));
    const good = { ...sugar, ...moment };
    const [, outcome] = read([good, json]).outcomes;
    expect(outcome!.is).toBe(folder.endsWith('shouldPass') ? 'readings' : 'refused');
  });

  test('were all there', () => {
    expect(files).toHaveLength(5 + 7 + 5 + 7 + 4 + 5);
  });
});
