// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Twins from './twins.testkit.js';

const { zone, now } = Twins;
const read = (value: unknown) => Import.read(Twins.json(value), { zone, now });
const when = { systemTime: '2026-03-02T07:00:00Z', displayTime: '2026-03-02T08:00:00+01:00' };
const events = (...records: object[]) =>
  read({ recordType: 'event', records: records.map((r) => ({ ...when, ...r })) });

describe('the Dexcom API', () => {
  test.each([2, 3] as const)('version %i: every value has its moment and its offset', (version) => {
    const imported = Import.read(Twins.dexcomEgvs(version), { zone, now });
    expect(imported).toMatchObject({
      format: 'dexcom-api',
      summary: { rows: 12, produced: 12, refused: [], notes: [], unit: 'mg/dL' },
    });
    expect(imported.readings.map((r) => ({ at: r.at, mgdl: r.kind === 'glucose' && r.value }))).toEqual(
      Twins.series(),
    );
    expect(imported.readings.every((r) => r.offsetMinutes === 60)).toBe(true);
    expect(imported.readings[1]!.source.id).toBe(version === 3 ? 'r1' : null);
  });

  test('what the receiver showed wrongly is put right by its UTC, and said', () => {
    const imported = Import.read(Twins.dexcomEgvs(3, 60 + 43, 60), { zone, now });
    expect(imported.readings.map((r) => r.at)).toEqual(Twins.series().map(({ at }) => at));
    expect(imported.readings[0]!.offsetMinutes).toBe(60);
    expect(imported.summary.notes.map((n) => n.text).join()).toContain('43 minutes fast in 12 of 12 rows');
  });

  test('a jump of UTC beside the transmitter’s own clock is said', () => {
    const record = (minute: number, tick: number) => ({
      systemTime: `2026-03-02T0${7 + Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}:00Z`,
      transmitterId: 't',
      transmitterTicks: tick,
      value: 100,
    });
    const { summary } = read({ recordType: 'egv', records: [record(0, 0), record(5, 300), record(70, 600)] });
    expect(summary.notes.map((n) => n.code)).toEqual(['clock-set']);
  });

  test.each([
    [
      { eventType: 'carbs', value: '45', unit: 'grams' },
      { kind: 'carbs', grams: 45 },
    ],
    [
      { eventType: 'insulin', eventSubType: 'fastActing', value: '3.5' },
      { kind: 'insulin', units: 3.5, type: 'rapid' },
    ],
    [
      { eventType: 'insulin', eventSubType: 'longActing', value: 20 },
      { kind: 'insulin', type: 'long' },
    ],
    [
      { eventType: 'exercise', eventSubType: 'heavy', value: '30', unit: 'minutes' },
      { kind: 'activity', amount: 3, durationMs: 1_800_000 },
    ],
    [
      { eventType: 'bloodGlucose', value: '5.6', unit: 'mmol/L' },
      { kind: 'glucose', method: 'meter', value: 5.6, unit: 'mmol/L' },
    ],
    [
      { eventType: 'health', eventSubType: 'illness' },
      { kind: 'health', what: 'illness', text: '' },
    ],
    [
      { eventType: 'note', value: 'slept badly' },
      { kind: 'note', text: 'slept badly' },
    ],
    [
      { eventType: 'moon', value: 'full' },
      { kind: 'document', what: 'dexcom moon' },
    ],
  ])('the event %j is kept', (event, reading) => {
    const { readings, summary } = events(event);
    expect(summary.refused).toEqual([]);
    expect(readings[0]).toMatchObject({
      ...reading,
      at: Twins.start,
      offsetMinutes: 60,
      said: when.displayTime,
    });
  });

  test('deleted and impossible events are refused', () => {
    const { summary } = events(
      { eventType: 'carbs', value: 45, eventStatus: 'deleted' },
      { eventType: 'carbs', value: -1 },
      { eventType: 'insulin' },
      {},
    );
    expect(summary.refused.map((r) => r.reason)).toEqual(['deleted', 'value', 'value', 'kind']);
  });

  test('words, calibrations, devices, alerts and ranges of data are kept, each as what it is', () => {
    const pages = [
      {
        recordType: 'egv',
        records: [
          { ...when, value: null, status: 'low', unit: 'mmol/L' },
          { ...when, value: 5.6, unit: 'mmol/L' },
        ],
      },
      { recordType: 'calibration', records: [{ ...when, value: 5.6, unit: 'mmol/L' }] },
      {
        recordType: 'device',
        records: [{ lastUploadDate: '2026-03-02T07:00:00Z', transmitterId: 't', alertScheduleList: [] }],
      },
      { recordType: 'alert', records: [{ ...when, alertName: 'urgentLow', alertState: 'triggered' }] },
      {
        calibrations: { start: when, end: when },
        egvs: { start: when, end: when },
        events: { start: when, end: when },
      },
    ];
    const { readings, summary } = read(pages);
    expect(summary).toMatchObject({ rows: 8, produced: 5, untimed: 3, refused: [], unit: 'mmol/L' });
    expect(readings).toMatchObject([
      { kind: 'glucose', beyond: 'low', value: 40, unit: 'mg/dL' },
      { kind: 'glucose', value: 5.6, unit: 'mmol/L' },
      { kind: 'device', what: 'calibration', value: expect.closeTo(100.9, 1) },
      { kind: 'profile', what: 'dexcom alert schedules' },
      { kind: 'device', what: 'alert urgentlow triggered' },
    ]);
  });

  test('a unit that cannot be right is an error', () => {
    const records = [{ ...when, value: 100, unit: 'mmol/L' }];
    expect(() => read({ recordType: 'egv', records })).toThrow(
      expect.objectContaining({ code: 'INGEST_UNIT_IMPLAUSIBLE' }),
    );
  });
});
