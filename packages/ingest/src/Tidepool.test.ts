// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';
import * as Person from '@islet/sim/Person';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Laws from './laws.testkit.js';
import * as Real from './real.testkit.js';
import * as Tidepool from './Tidepool.js';
import * as TidepoolFile from './TidepoolFile.testkit.js';

const zone = 'Europe/Madrid';
const life = Person.days('tidepool', { firstAt: Date.UTC(2026, 9, 22, 22), days: 5, zone });

const read = (json: unknown) => Laws.read(Tidepool.format, Laws.ofJson(json), zone)!;
const readings = (json: unknown): Reading[] =>
  read(json).outcomes.flatMap((o) => (o.is === 'readings' ? o.readings : []));

const base = {
  time: '2026-01-02T02:04:05.000Z',
  timezoneOffset: 60,
  deviceTime: '2026-01-02T03:04:05',
  deviceId: 'pump-1',
  uploadId: 'u',
  id: 'x',
};
const one = (record: TidepoolFile.Row) => read([{ ...base, ...record }]).outcomes[0]!;
const parts = (record: TidepoolFile.Row) => {
  const outcome = one(record);
  return outcome.is === 'readings' ? outcome.readings : outcome;
};

describe('Tidepool records', () => {
  test.each<TidepoolFile.Quirks>([
    {},
    { units: 'mg/dL', clockWrongMs: -48 * 86_400_000, wizards: 'unjoined' },
    { deviceTime: 'left-out' },
    { wizards: 'unjoined' },
  ])('with the quirks %j are read back to the last one', (quirks) => {
    const rows = TidepoolFile.write(life, zone, quirks);
    const parsed = read(rows);
    expect(parsed.outcomes).toHaveLength(rows.length);
    expect(parsed.outcomes.filter((o) => o.is !== 'readings')).toEqual([{ row: 1, is: 'untimed' }]);
    const got = readings(rows);
    const of = <K extends Reading['kind']>(list: Reading[], kind: K) =>
      list.filter((r): r is Extract<Reading, { kind: K }> => r.kind === kind);
    const levels = (list: Reading[]) =>
      of(list, 'glucose').map((r) => [
        r.at,
        Math.round(r.unit === 'mmol/L' ? r.value * 18.01559 : r.value),
        r.beyond,
      ]);
    expect(levels(got)).toEqual(levels(life));
    expect(of(got, 'carbs').map((r) => [r.at, r.grams])).toEqual(
      of(life, 'carbs').map((r) => [r.at, r.grams]),
    );
    // Each meal's bolus counts once, whether or not the wizard carries a copy.
    const meals = of(life, 'carbs').length;
    expect(of(got, 'insulin')).toHaveLength(of(life, 'insulin').length + meals);
    expect(of(got, 'document')).toHaveLength(meals);
    expect(got.every((r) => r.offsetMinutes === (r.at < Date.UTC(2026, 9, 25, 1) ? 120 : 60))).toBe(true);
    expect(parsed.remarks.map((r) => r.code)).toEqual(quirks.clockWrongMs ? ['clock-wrong'] : []);
    expect(parsed.unit).toBe(quirks.units ?? 'mmol/L');
  });

  test('keep the device’s own time beside the conclusion', () => {
    const wrong = {
      deviceTime: '2025-11-15T03:04:05',
      conversionOffset: -4_147_200_000,
      clockDriftOffset: -255_000,
    };
    const rows = [{ ...base, ...wrong, type: 'cbg', units: 'mg/dL', value: 129 }];
    expect(readings(rows)[0]).toMatchObject({
      at: Date.parse(base.time),
      said: '2025-11-15T03:04:05',
      offsetMinutes: 60,
      source: { app: 'tidepool', device: 'pump-1', id: 'x' },
    });
    expect(read(rows).remarks.map((r) => r.code)).toEqual(['clock-wrong', 'clock-drift']);
  });

  test('without a conclusion of Tidepool’s, the same is concluded from what the device showed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2026, 0) }),
        fc.constantFrom(-480, 0, 60, 330, 765),
        fc.constantFrom(0, -4_194_705_000, 90_061_000),
        (moment, timezoneOffset, conversionOffset) => {
          const at = Math.floor(moment / 1000) * 1000;
          const shown = new Date(at + timezoneOffset * 60_000 + conversionOffset).toISOString().slice(0, 19);
          const { time: _, ...bare } = base;
          const clock = { deviceTime: shown, timezoneOffset, conversionOffset };
          const row = { ...bare, ...clock, type: 'cbg', units: 'mg/dL', value: 129 };
          expect(readings([row])[0]).toMatchObject({ at, offsetMinutes: timezoneOffset, said: shown });
        },
      ),
    );
  });

  test('a server’s time beside the device’s decides, and what the device said is kept', () => {
    const row = {
      ...base,
      time: '2026-01-02T03:04:05.000Z',
      deviceTime: '2026-01-02T04:14:05',
      type: 'cbg',
      units: 'mg/dL',
      value: 129,
      payload: { systemTime: '2026-01-02T03:04:05Z' },
    };
    const late = { ...row, id: 'y', time: '2026-01-02T03:14:05.000Z' };
    expect(readings([late])[0]).toMatchObject({ at: Date.UTC(2026, 0, 2, 3, 4, 5), said: row.deviceTime });
    const { remarks } = read([row, late]);
    expect(remarks.map((r) => r.text)).toEqual([expect.stringMatching(/^In 1 records /)]);
  });

  test('a clock that was set by hand shows beside the transmitter’s own', () => {
    const rows = Array.from({ length: 12 }, (_, i) => ({
      ...base,
      id: `t${i}`,
      time: new Date(Date.UTC(2026, 0, 2) + i * 300_000 + (i < 6 ? 0 : 3_600_000)).toISOString(),
      type: 'cbg',
      units: 'mg/dL',
      value: 129,
      payload: { transmitterTicks: 4_764_494 + i * 300, transmitterId: 'X' },
    }));
    expect(read(rows).remarks.map((r) => r.code)).toEqual(['clock-set']);
    expect(read(rows.slice(0, 6)).remarks).toEqual([]);
    expect(read(rows.toReversed()).remarks.map((r) => r.code)).toEqual(['clock-set']);
  });

  test.each<[TidepoolFile.Row, object[]]>([
    [
      { type: 'cbg', units: 'mmol/L', value: 8.27061 },
      [{ kind: 'glucose', value: 8.27061, unit: 'mmol/L', method: 'cgm', beyond: null }],
    ],
    [
      {
        type: 'cbg',
        units: 'mmol/L',
        value: 2.16479,
        annotations: [{ code: 'bg/out-of-range', value: 'low', threshold: 40 }],
      },
      [{ kind: 'glucose', value: 2.16479, beyond: 'low' }],
    ],
    [{ type: 'smbg', units: 'mg/dL', value: 98 }, [{ kind: 'glucose', value: 98, method: 'meter' }]],
    [{ type: 'smbg', subType: 'scanned', units: 'mg/dL', value: 98 }, [{ kind: 'glucose', method: 'scan' }]],
    [
      { type: 'bloodKetone', units: 'mmol/L', value: 0.6 },
      [{ kind: 'device', what: 'ketone mmol/L', value: 0.6 }],
    ],
    [
      { type: 'basal', deliveryType: 'scheduled', rate: 0.8, duration: 1_800_000 },
      [{ kind: 'insulin', type: 'basal', units: 0.4, durationMs: 1_800_000 }],
    ],
    [
      { type: 'basal', deliveryType: 'temp', percent: 0.5, suppressed: { rate: 0.8 }, duration: 3_600_000 },
      [{ kind: 'insulin', type: 'basal', units: 0.4, durationMs: 3_600_000 }],
    ],
    [
      { type: 'basal', deliveryType: 'suspend', duration: 517_000 },
      [{ kind: 'insulin', type: 'basal', units: 0, durationMs: 517_000 }],
    ],
    [
      { type: 'basal', deliveryType: 'automated', rate: 0.7 },
      [{ kind: 'device', what: 'basal rate U/h', value: 0.7 }],
    ],
    [
      { type: 'bolus', subType: 'normal', normal: 0.65, expectedNormal: 1.1 },
      [{ kind: 'insulin', type: 'bolus', units: 0.65, durationMs: 0 }],
    ],
    [
      { type: 'bolus', subType: 'square', extended: 2, duration: 7_200_000, expectedExtended: 3 },
      [{ kind: 'insulin', type: 'bolus', units: 2, durationMs: 7_200_000 }],
    ],
    [
      { type: 'bolus', subType: 'dual/square', normal: 1, extended: 2, duration: 7_200_000 },
      [
        { kind: 'insulin', units: 1, durationMs: 0, source: { app: 'tidepool', device: 'pump-1', id: 'x' } },
        { kind: 'insulin', units: 2, durationMs: 7_200_000, source: { id: 'x/extended' } },
      ],
    ],
    [
      { type: 'insulin', dose: { total: 12 }, formulation: { simple: { actingType: 'long' } } },
      [{ kind: 'insulin', type: 'long', units: 12 }],
    ],
    [
      { type: 'wizard', carbInput: 30, bgInput: 114, units: 'mg/dL', bolus: 'b1' },
      [
        { kind: 'carbs', grams: 30 },
        { kind: 'document', what: 'tidepool wizard', source: { id: 'x/wizard' } },
      ],
    ],
    [{ type: 'wizard', bgInput: 200, units: 'mg/dL' }, [{ kind: 'document', what: 'tidepool wizard' }]],
    [
      { type: 'wizard', carbInput: 30, bolus: { time: 'elsewhere', normal: 2.5 } },
      [{ kind: 'carbs' }, { kind: 'insulin', units: 2.5, source: { id: 'x/bolus' } }, { kind: 'document' }],
    ],
    [
      { type: 'food', name: '🥫', nutrition: { carbohydrate: { net: 12, units: 'grams' } } },
      [
        { kind: 'carbs', grams: 12 },
        { kind: 'note', text: '🥫', source: { id: 'x/name' } },
      ],
    ],
    [{ type: 'food', nutrition: { fat: { total: 3 } } }, [{ kind: 'document', what: 'tidepool food' }]],
    [
      { type: 'physicalActivity', reportedIntensity: 'medium', duration: { units: 'minutes', value: 40 } },
      [{ kind: 'activity', what: 'exercise', amount: 2, durationMs: 2_400_000 }],
    ],
    [
      { type: 'deviceEvent', subType: 'calibration', units: 'mmol/L', value: 10 },
      [{ kind: 'device', what: 'calibration', value: 180.1559 }],
    ],
    [
      { type: 'deviceEvent', subType: 'alarm', alarmType: 'occlusion' },
      [{ kind: 'device', what: 'alarm occlusion' }],
    ],
    [
      { type: 'deviceEvent', subType: 'prime', primeTarget: 'tubing', volume: 10.7 },
      [{ kind: 'device', what: 'prime tubing', value: 10.7 }],
    ],
    [
      { type: 'deviceEvent', subType: 'reservoirChange', status: '6d31g365t7ak2mc9kpbvdc4vb3vue6ok' },
      [{ kind: 'device', what: 'reservoirChange', value: null }],
    ],
    [
      { type: 'reportedState', states: [{ state: 'stress', severity: 3 }, { state: 'illness' }] },
      [
        { kind: 'health', what: 'stress', text: 'severity 3' },
        { kind: 'health', what: 'illness', source: { id: 'x/1' } },
      ],
    ],
    [{ type: 'upload', deviceTags: ['cgm'] }, [{ kind: 'device', what: 'upload', value: null }]],
    [{ type: 'dosingDecision', reason: 'loop' }, [{ kind: 'document', what: 'tidepool dosingDecision' }]],
  ])('%j', (record, expected) => {
    expect(parts(record)).toMatchObject(expected);
    expect(parts(record)).toHaveLength(expected.length);
  });

  test('settings keep their own shape, and nothing of the account they lay in', () => {
    const [profile] = parts({
      type: 'pumpSettings',
      _userId: 'secret',
      byUser: 'secret',
      carbRatio: [{ amount: 15, start: 0 }],
    }) as Reading[];
    expect(profile).toMatchObject({ kind: 'profile', what: 'pumpSettings' });
    expect(profile).toHaveProperty('text', expect.stringContaining('"carbRatio":[{"amount":15,"start":0}]'));
    expect(profile).toHaveProperty('text', expect.not.stringContaining('secret'));
  });

  test.each<[TidepoolFile.Row, object]>([
    [{ type: 'cbg', units: 'mmol/L', value: 129 }, { reason: 'value' }],
    [{ type: 'cbg', value: 7 }, { reason: 'value' }],
    [{ type: 'cbg', units: 'mg/dL', value: '129' }, { reason: 'value' }],
    [{ type: 'basal', deliveryType: 'scheduled', duration: 1 }, { reason: 'value' }],
    [{ type: 'basal', rate: 1, duration: 8 * 86_400_000 }, { reason: 'value' }],
    [{ type: 'basal', rate: -1, duration: 1 }, { reason: 'value' }],
    [{ type: 'bolus', normal: null }, { reason: 'value' }],
    [{ type: 'bolus' }, { reason: 'value' }],
    [{ type: 'wizard', carbInput: -1 }, { reason: 'value' }],
    [{ type: 'physicalActivity', duration: { units: 'constructor', value: 1 } }, { reason: 'value' }],
    [{ type: 'deviceEvent' }, { reason: 'kind' }],
    [{ type: 'upload', time: 'soon' }, { reason: 'time' }],
    [{ type: 'upload', time: '2026-02-30T00:00:00Z' }, { reason: 'time' }],
    [{ type: 'upload', time: undefined, deviceTime: undefined }, { is: 'untimed' }],
  ])('%j is not a reading as it stands', (record, outcome) => {
    expect(one(record)).toMatchObject(outcome);
  });

  test('types not known here are counted by name, and nothing else of them is repeated', () => {
    const rows = [
      { ...base, type: 'cbg', units: 'mg/dL', value: 100 },
      { ...base, type: 'moonPhase' },
      { ...base, type: 'my secret 🌙' },
      7,
    ];
    expect(read(rows).outcomes.slice(1)).toEqual([
      { row: 2, is: 'refused', reason: 'kind' },
      { row: 3, is: 'refused', reason: 'kind' },
      { row: 4, is: 'refused', reason: 'shape' },
    ]);
    expect(read(rows).remarks[0]!.text).toBe(
      'Records of these types were not taken: moonPhase (1), others (1).',
    );
  });

  test('a time with nanoseconds, an offset, or none at all', () => {
    const at = (time: string) => readings([{ ...base, timezoneOffset: undefined, type: 'upload', time }])[0];
    expect(at('2019-07-22T15:35:48.365950469Z')).toMatchObject({
      at: Date.UTC(2019, 6, 22, 15, 35, 48, 365),
      offsetMinutes: 120,
    });
    expect(at('2019-07-22T15:35:48-04:00')).toMatchObject({
      at: Date.UTC(2019, 6, 22, 19, 35, 48),
      offsetMinutes: -240,
    });
    expect(at('2019-07-22T15:35:48')).toMatchObject({
      at: Date.UTC(2019, 6, 22, 13, 35, 48),
      offsetMinutes: 120,
    });
  });

  test.each([
    [[]],
    [{}],
    [[{ type: 'sgv', sgv: 100, date: 1 }]],
    [[{ type: 'food', name: 'soup' }]],
    [[{ eventType: 'Note', uploadId: 'x' }]],
    [{ data: {} }],
    ['cbg'],
    [null],
  ])('%j is none of them', (json) => {
    expect(Tidepool.format.recognise(Laws.ofJson(json))).toBeUndefined();
  });

  test('any spoilt file gives an outcome for every row, or an error of ours', () => {
    const rows = TidepoolFile.write(life.slice(0, 60), zone, { wizards: 'unjoined' });
    Laws.survivesMutation(Tidepool.format, rows, (list) => list);
    Laws.survivesAnything(Tidepool.format);
  });

  test('a record deeper than anything real is refused, not followed', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
    const rows = [
      { ...base, type: 'cbg', units: 'mg/dL', value: 100 },
      { ...base, type: 'wizard', deep },
    ];
    const given = { bytes: new Uint8Array(), text: '', json: rows };
    expect(Laws.read(Tidepool.format, given)!.outcomes[1]).toMatchObject({ is: 'refused' });
  });
});

describe.skipIf(!Real.present)('real Tidepool files', () => {
  const count = (text: string, pattern: RegExp) => (text.match(pattern) ?? []).length;

  test('Loop, by way of a phone’s health store: ten records', () => {
    const { outcomes, unit } = read(JSON.parse(Real.text('tidepool/device-Loop.json')));
    expect(unit).toBe('mmol/L');
    expect(
      outcomes.map((o) => (o.is === 'readings' ? o.readings.map((r) => r.kind).join('+') : o.is)),
    ).toEqual([
      'glucose',
      'glucose',
      'insulin',
      'insulin',
      'device',
      'device',
      'carbs+note',
      'glucose',
      'activity',
      'untimed',
    ]);
  });

  test('the Dexcom API: two readings and an upload with nanoseconds', () => {
    const got = readings(JSON.parse(Real.text('tidepool/service-dexcomapi.json')));
    expect(got.map((r) => [r.kind, r.offsetMinutes, r.said])).toEqual([
      ['device', 120, '2019-07-22T15:35:48.365950469Z'],
      ['glucose', -240, '2019-07-22T11:17:36'],
      ['glucose', -240, '2019-07-22T11:12:37'],
    ]);
  });

  test('Omnipod: all 347 records, suspensions included', () => {
    const text = Real.text('tidepool/device-Omnipod.json');
    const { outcomes, remarks } = read(JSON.parse(text));
    const got = readings(JSON.parse(text));
    expect(outcomes).toHaveLength(347);
    expect(outcomes.every((o) => o.is === 'readings')).toBe(true);
    expect(remarks).toEqual([]);
    expect(got.filter((r) => r.kind === 'insulin' && r.type === 'basal' && r.units === 0)).toHaveLength(
      count(text, /"deliveryType": "suspend"/g),
    );
    expect(got.filter((r) => r.kind === 'glucose')).toHaveLength(count(text, /"type": "smbg"/g));
    expect(got.filter((r) => r.kind === 'carbs')).toHaveLength(count(text, /"carbInput": (?!0[,\s])/g));
    expect(got.filter((r) => r.kind === 'profile')).toHaveLength(2);
    const delivered = JSON.parse(text).reduce(
      (sum: number, r: { type: string; normal?: number }) => sum + (r.type === 'bolus' ? r.normal! : 0),
      0,
    );
    const bolused = got.reduce(
      (sum, r) => sum + (r.kind === 'insulin' && r.type === 'bolus' ? r.units : 0),
      0,
    );
    expect(bolused).toBeCloseTo(delivered, 9);
  });

  test('Tandem Control-IQ, its clock 48 days wrong: all 1000 records, each bolus once', () => {
    const text = Real.text('tidepool/tandem_ciq_tidepool_mgdl.json');
    const list = JSON.parse(text) as { type: string; value?: number; normal?: number }[];
    const { outcomes, remarks, unit } = read(list);
    const got = readings(list);
    expect(outcomes.every((o) => o.is === 'readings')).toBe(true);
    expect(unit).toBe('mg/dL');
    expect(remarks.map((r) => r.code)).toEqual(['clock-wrong', 'clock-drift']);
    const sum = (type: string, of: (r: (typeof list)[number]) => number) =>
      list.filter((r) => r.type === type).reduce((s, r) => s + of(r), 0);
    expect(got.reduce((s, r) => s + (r.kind === 'glucose' ? r.value : 0), 0)).toBe(
      sum('cbg', (r) => r.value!),
    );
    expect(
      got.reduce((s, r) => s + (r.kind === 'insulin' && r.type === 'bolus' ? r.units : 0), 0),
    ).toBeCloseTo(
      sum('bolus', (r) => r.normal!),
      6,
    );
    // What Tidepool concluded is what its own offsets give, for every record.
    const sensed = list.filter((r) => r.type === 'cbg');
    const unconcluded = sensed.map((r) => ({ ...r, time: undefined }));
    expect(readings(unconcluded)).toEqual(readings(sensed));
    expect(got[0]).toMatchObject({
      at: Date.UTC(2021, 9, 23, 2, 51, 20),
      said: '2021-09-04T16:39:35',
      offsetMinutes: 180,
    });
  });
});
