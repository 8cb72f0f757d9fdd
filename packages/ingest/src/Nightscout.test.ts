// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Real from './real.testkit.js';
import * as Twins from './twins.testkit.js';

const { zone, now } = Twins;
const read = (value: unknown) => Import.read(Twins.json(value), { zone, now });
const at = '2026-03-02T07:00:00Z';
const treatment = (of: object) => read([{ _id: 'x', created_at: at, eventType: '<none>', ...of }]);
const minutes = (n: number) => new Date(Twins.start + n * 60_000).toISOString();

describe('Nightscout', () => {
  test('a backup of all collections keeps every record', () => {
    const { format, readings, summary } = Import.read(Twins.backup(), { zone, now });
    expect(format).toBe('nightscout');
    expect(summary).toMatchObject({
      rows: 25,
      produced: 23,
      untimed: 1,
      refused: [{ row: 19, reason: 'deleted' }],
      notes: [],
    });
    expect(readings.slice(0, 12).map((r) => ({ at: r.at, mgdl: r.kind === 'glucose' && r.value }))).toEqual(
      Twins.series(),
    );
    expect(readings.slice(12)).toMatchObject([
      // Set for half an hour, replaced after a quarter.
      { kind: 'insulin', type: 'basal', units: 0.3, durationMs: 900_000, source: { id: 't0', app: 'x' } },
      { kind: 'insulin', type: 'basal', units: 0, durationMs: 1_800_000 },
      { kind: 'insulin', units: 2.5, source: { id: 't2' }, offsetMinutes: 60 },
      { kind: 'carbs', grams: 30, source: { id: 't2/carbs' } },
      { kind: 'note', text: 'lunch', source: { id: 't2/note2' } },
      { kind: 'glucose', method: 'meter', value: 5.6, unit: 'mmol/L' },
      { kind: 'device', what: 'site change' },
      { kind: 'document', what: 'treatments' },
      { kind: 'document', what: 'devicestatus' },
      { kind: 'profile', what: 'profile' },
      { kind: 'document', what: 'food' },
      { kind: 'activity', what: 'heart-rate', amount: 70 },
      { kind: 'activity', what: 'steps', amount: 12 },
    ]);
    expect(JSON.stringify(readings)).not.toMatch(/TOKEN|deviceToken|api_secret/);
    expect(JSON.stringify(readings)).toContain('maximumBolus');
  });

  test('one list may mix all of it, and API v3 wraps it', () => {
    const backup = JSON.parse(new TextDecoder().decode(Twins.backup())) as { [name: string]: unknown[] };
    const list = Object.values(backup).flat();
    expect(read(list).readings).toEqual(Import.read(Twins.backup(), { zone, now }).readings);
    expect(read({ status: 200, result: list }).summary.rows).toBe(list.length);
    expect(
      read({ sgvs: [{ _id: 'a', mgdl: 100, mills: Twins.start, type: 'sgv' }], status: 'ok' }).readings,
    ).toMatchObject([{ value: 100, at: Twins.start }]);
  });

  test('a database’s own export has an object on each line', () => {
    const lines = Twins.series().map(({ at, mgdl }, i) =>
      JSON.stringify({ _id: { $oid: `id${i}` }, type: 'sgv', sgv: mgdl, date: at }),
    );
    const { readings, summary } = Import.read(Twins.utf8(`${lines.join('\n')}\n{"_id":`), { zone, now });
    expect(summary).toMatchObject({ rows: 13, produced: 12, refused: [{ row: 13, reason: 'shape' }] });
    expect(readings[3]).toMatchObject({ value: 125, source: { id: 'id3' } });
  });

  test.each([
    [{ eventType: 'SMB', insulin: 0.1 }, [{ kind: 'insulin', units: 0.1, type: 'bolus', durationMs: 0 }]],
    [{ eventType: 'Meal Bolus', insulin: 3, duration: 90 }, [{ units: 3, durationMs: 5_400_000 }]],
    [
      { eventType: 'Combo Bolus', insulin: 2, enteredinsulin: 5, splitNow: 40, splitExt: 60, duration: 120 },
      [
        { units: 2, durationMs: 0 },
        { units: 3, durationMs: 7_200_000 },
      ],
    ],
    [{ eventType: 'Bolus', insulin: 2, type: 'PRIMING' }, [{ kind: 'device', what: 'prime', value: 2 }]],
    [{ insulin: 14, insulinInjections: '[{"insulin":"Tresiba","units":14}]' }, [{ type: 'long', units: 14 }]],
    [{ eventType: 'Carb Correction', carbs: '12,5' }, [{ kind: 'carbs', grams: 12.5 }]],
    [
      { eventType: 'Exercise', duration: 30, notes: 'run' },
      [
        { kind: 'activity', durationMs: 1_800_000 },
        { kind: 'note', text: 'run' },
      ],
    ],
    [{ eventType: 'Note', notes: 'hm' }, [{ kind: 'note', text: 'hm' }]],
    [{ eventType: 'BG Check', glucose: 5.6, glucoseType: 'Finger' }, [{ kind: 'document' }]],
    [
      { eventType: 'BG Check', glucose: 101, glucoseType: 'Finger' },
      [{ kind: 'glucose', value: 101, unit: 'mg/dL', method: 'meter' }],
    ],
    [{ eventType: 'Bolus Wizard', glucose: 101, glucoseType: 'Sensor', insulin: 1 }, [{ kind: 'insulin' }]],
    [{ eventType: 'Profile Switch', profile: 'p', profileJson: '{}', duration: 0 }, [{ kind: 'profile' }]],
    [{ eventType: 'Sickness' }, [{ kind: 'health', what: 'sickness' }]],
    [{ eventType: 'Temporary Override', reason: 'r' }, [{ kind: 'document', what: 'treatments' }]],
    [
      { eventType: 'Temporary Target', targetTop: 140, targetBottom: 140, notes: 'run' },
      [
        { kind: 'document', text: expect.stringContaining('"targetTop":140') },
        { kind: 'note', text: 'run' },
      ],
    ],
    [{ eventType: 'Sickness', notes: 'fever' }, [{ kind: 'health', text: 'fever' }]],
    [{ eventType: 'Temp Basal', percent: -50, duration: 30 }, [{ kind: 'document' }]],
    [{ eventType: 'Temp Basal', duration: 0 }, [{ kind: 'device', what: 'temp basal ended' }]],
    [
      { eventType: 'Temp Basal', duration: 30, absolute: 2, amount: 0.7 },
      [{ type: 'basal', units: 0.7, durationMs: 1_800_000 }],
    ],
    [{ eventType: 'Suspend Pump' }, [{ kind: 'device', what: 'pump suspended', value: 0 }]],
    [{ eventType: 'Moon', phase: 'full' }, [{ kind: 'document', what: 'treatments' }]],
  ])('the treatment %j', (of, readings) => {
    const imported = treatment(of);
    expect(imported.summary).toMatchObject({ produced: 1, refused: [] });
    expect(imported.readings).toMatchObject(readings);
    expect(imported.readings).toHaveLength(readings.length);
  });

  test('rates last until the next, suspensions until the pump goes on', () => {
    const { readings } = read([
      { eventType: 'Resume Pump', created_at: minutes(50) },
      { eventType: 'Suspend Pump', created_at: minutes(30) },
      { eventType: 'Temp Basal', created_at: minutes(20), duration: 60, rate: 1.2 },
      { eventType: 'Temp Basal', created_at: minutes(0), duration: 15, rate: 2 },
    ]);
    expect(readings.map((r) => (r.kind === 'insulin' ? [r.units, r.durationMs / 60_000] : r.kind))).toEqual([
      'device',
      [0, 20],
      [0.2, 10],
      [0.5, 15],
    ]);
  });

  test('records that cannot be right are refused, and what is unknown among them is kept', () => {
    const { summary } = read([
      { eventType: 'Bolus', created_at: at, insulin: -1 },
      { eventType: 'Note', created_at: 'soon' },
      { created_at: at, moon: 1 },
      { moon: 1 },
      7,
      {},
    ]);
    expect(summary).toMatchObject({ rows: 6, produced: 1, untimed: 1, readings: { document: 1 } });
    expect(summary.refused.map((r) => r.reason)).toEqual(['value', 'time', 'shape', 'shape']);
  });

  test('a record too deep or too large to be kept is refused, not cut', () => {
    const deep = JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`);
    const { summary } = read([
      { openaps: deep, created_at: at, device: 'a' },
      { loop: 'x'.repeat(140_000), created_at: at, device: 'a' },
    ]);
    expect(summary.refused.map((r) => r.reason)).toEqual(['large', 'large']);
  });

  test.skipIf(!Real.present)('real files: treatments, profiles and OpenAPS’s own', () => {
    const list = JSON.parse(Real.text('nightscout/iaps_treatments.json')) as {
      eventType: string;
      insulin: number | null;
      carbs: number | null;
    }[];
    const count = (type: string) => list.filter((t) => t.eventType === type).length;
    const treatments = Import.read(Real.bytes('nightscout/iaps_treatments.json'), {
      zone: 'Europe/Moscow',
      now,
    });
    expect(treatments.summary).toMatchObject({
      rows: 1000,
      produced: 1000,
      refused: [],
      readings: {
        insulin: count('Temp Basal') + count('SMB') + count('Bolus'),
        carbs: count('Carb Correction'),
        document: count('Temporary Target'),
        device: count('Sensor Start') + count('Site Change') + count('Insulin Change'),
      },
    });
    const bolus = treatments.readings.reduce(
      (s, r) => s + (r.kind === 'insulin' && r.type === 'bolus' ? r.units : 0),
      0,
    );
    expect(bolus).toBeCloseTo(
      list.reduce((s, t) => s + (t.insulin ?? 0), 0),
      6,
    );
    const basal = treatments.readings
      .flatMap((r) => (r.kind === 'insulin' && r.type === 'basal' ? [r] : []))
      .sort((a, b) => a.at - b.at);
    basal.forEach((r, i) => {
      if (i > 0) expect(basal[i - 1]!.at + basal[i - 1]!.durationMs).toBeLessThanOrEqual(r.at);
    });
    const rows = (name: string) =>
      Import.read(Real.bytes(`nightscout/${name}.json`), { zone: 'UTC', now }).summary;
    expect(rows('iaps_profile_mmol')).toMatchObject({ rows: 9, produced: 9, readings: { profile: 9 } });
    expect(rows('oref0_iob')).toMatchObject({ rows: 48, produced: 48, readings: { document: 48 } });
    expect(rows('oref0_suggested')).toMatchObject({ rows: 1, produced: 1, readings: { document: 1 } });
    expect(rows('oref0_pumphistory')).toMatchObject({
      rows: 3,
      produced: 3,
      readings: { insulin: 2, device: 1 },
    });
    const pump = Import.read(Real.bytes('nightscout/oref0_pumphistory.json'), { zone: 'UTC', now }).readings;
    // Set for ten days, by one record; no rate is believed beyond one.
    expect(pump.at(-1)).toMatchObject({
      type: 'basal',
      units: 0,
      durationMs: 86_400_000,
      offsetMinutes: -420,
    });
  });
});
