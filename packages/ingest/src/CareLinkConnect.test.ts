// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Real from './real.testkit.js';
import * as Twins from './twins.testkit.js';
import * as WindowsZone from './WindowsZone.js';

const { now } = Twins;
const codes = ({ summary }: Import.Imported) => summary.notes.map((n) => n.code);

describe('CareLink Connect', () => {
  test('everything is read by the file’s own zone, whatever the person said', () => {
    const imported = Import.read(Twins.careLink(), { zone: 'America/New_York', now });
    const { format, readings, summary } = imported;
    expect(format).toBe('carelink-connect');
    expect(summary).toMatchObject({ rows: 23, produced: 22, duplicates: 1, refused: [], untimed: 0 });
    expect(codes(imported)).toEqual(['zone-of-file']);
    expect(readings.slice(0, 12).map((r) => ({ at: r.at, mgdl: r.kind === 'glucose' && r.value }))).toEqual(
      Twins.series(),
    );
    expect(readings.slice(12)).toMatchObject([
      { kind: 'device', what: 'sensor warm_up' },
      { kind: 'glucose', beyond: 'low', value: 40 },
      { kind: 'insulin', type: 'basal', units: 0.1, durationMs: 300_000, at: Twins.start, offsetMinutes: 60 },
      { kind: 'insulin', type: 'bolus', units: 2, durationMs: 0 },
      { kind: 'insulin', type: 'bolus', units: 1.5, durationMs: 3_600_000 },
      { kind: 'carbs', grams: 30 },
      { kind: 'glucose', method: 'meter', value: 102 },
      { kind: 'device', what: 'carelink time_change' },
      { kind: 'profile' },
      { kind: 'device', what: 'alarm 802', value: 68, at: Twins.start },
      { kind: 'document', what: 'carelink status' },
    ]);
    expect(JSON.stringify(readings)).not.toContain('Ann');
  });

  test('a pump’s clock set wrongly is put right by the server’s, and said', () => {
    const imported = Import.read(Twins.careLink(-95), { zone: Twins.zone, now });
    expect(imported.readings[0]).toMatchObject({ at: Twins.start, said: '2026-03-02T06:25:00' });
    expect(imported.summary.notes).toMatchObject([{ code: 'clock-wrong' }]);
    expect(imported.summary.notes[0]!.text).toContain('95 minutes slow');
  });

  test.each(['Europe/Paris', 'Romance Daylight Time'])(
    'the file’s zone may be called %s',
    (clientTimeZoneName) => {
      const body = { ...JSON.parse(new TextDecoder().decode(Twins.careLink())), clientTimeZoneName };
      const imported = Import.read(Twins.json(body), { zone: 'America/New_York', now });
      expect(imported.readings[0]).toMatchObject({ at: Twins.start, offsetMinutes: 60 });
    },
  );

  test('older answers, in an envelope, with a Z that is not meant, in mmol/L', () => {
    const body = {
      bgunits: 'MMOL_L',
      clientTimeZoneName: 'Nowhere Standard Time',
      sgs: [{ sg: 5.6, kind: 'SG', sensorState: 'NO_ERROR_MESSAGE', datetime: '2026-03-02T08:00:00.000Z' }],
      markers: [
        {
          type: 'INSULIN',
          dateTime: '2026-03-02T08:00:00.000-00:00',
          deliveredFastAmount: 1.5,
          deliveredExtendedAmount: 0,
        },
        { type: 'CALIBRATION', dateTime: '2026-03-02T08:00:00.000-00:00', value: 6.1 },
        { type: 'INSULIN', dateTime: '2026-03-02T08:00:00.000-00:00' },
        { type: 'MEAL' },
      ],
    };
    const imported = Import.read(Twins.json({ patientData: body }), { zone: Twins.zone, now });
    expect(imported.summary).toMatchObject({
      rows: 6,
      produced: 3,
      untimed: 2,
      unit: 'mmol/L',
      refused: [{ reason: 'value', row: 4 }],
    });
    expect(codes(imported)).toEqual(['zone-unknown']);
    expect(imported.readings.every((r) => r.at === Twins.start)).toBe(true);
    expect(imported.readings).toMatchObject([
      { value: 5.6, unit: 'mmol/L' },
      { units: 1.5 },
      { value: 6.1, method: 'meter', unit: 'mmol/L' },
      { what: 'sensor calibrated' },
    ]);
  });

  test.skipIf(!Real.present)('a real answer: 288 values, 181 markers, nothing refused', () => {
    const { readings, summary } = Import.read(
      Real.bytes('medtronic-carelink/carelink_connect_v2_780g.json'),
      { zone: 'Europe/Berlin', now },
    );
    expect(summary).toMatchObject({
      rows: 482,
      produced: 480,
      duplicates: 2,
      refused: [],
      readings: { glucose: 288, insulin: 173, carbs: 6, device: 10, profile: 2, document: 1 },
    });
    expect(readings[0]).toMatchObject({
      said: '2025-11-09T21:26:00',
      at: Date.UTC(2025, 10, 10, 2, 26),
      offsetMinutes: -300,
    });
    expect(JSON.stringify(readings)).not.toMatch(/firstName|lastName/);
  });
});

describe('names that Windows gives to zones', () => {
  test.each([
    ['Eastern Standard Time', 'America/New_York'],
    ['eastern daylight time', 'America/New_York'],
    ['W. Europe Standard Time', 'Europe/Berlin'],
    ['GMT Summer Time', 'Europe/London'],
    ['India Standard Time', 'Asia/Calcutta'],
    ['UTC', 'UTC'],
    ['Nowhere Standard Time', undefined],
    ['constructor', undefined],
  ])('%s is %s', (windows, iana) => {
    expect(WindowsZone.iana(windows)).toBe(iana);
  });
});
