// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as Real from './real.testkit.js';
import * as Twins from './twins.testkit.js';

const { zone, now } = Twins;
const read = (value: unknown) => Import.read(Twins.json(value), { zone, now });

describe('LibreLinkUp', () => {
  test('a graph gives every value the sensor’s UTC and the phone’s offset, and the latest once', () => {
    const { format, readings, summary } = Import.read(Twins.linkUp(), { zone, now });
    expect(format).toBe('librelinkup');
    // The person, the sensor twice, the latest value twice, and the graph.
    expect(summary).toMatchObject({
      rows: 17,
      produced: 14,
      untimed: 1,
      duplicates: 2,
      refused: [],
      notes: [],
    });
    const graph = readings.filter((r) => r.kind === 'glucose').slice(1);
    expect(graph.map((r) => ({ at: r.at, mgdl: r.kind === 'glucose' && r.value }))).toEqual(Twins.series());
    expect(graph[0]).toMatchObject({
      offsetMinutes: 60,
      said: '3/2/2026 8:00:00 AM',
      source: { device: 'S1' },
    });
    expect(readings[0]).toMatchObject({ kind: 'device', what: 'sensor start', at: Twins.start - 86_400_000 });
    expect(JSON.stringify(readings)).not.toMatch(/secret|Ann/);
  });

  const value = {
    FactoryTimestamp: '3/2/2026 7:00:00 AM',
    Timestamp: '3/2/2026 8:00:00 AM',
    ValueInMgPerDl: 100,
    Value: 100,
    GlucoseUnits: 1,
  };
  const one = (of: object) =>
    read({ data: { connection: { patientId: 'p', glucoseMeasurement: { ...value, ...of } } } }).readings[0];

  test.each([
    [
      { Value: 5.6, GlucoseUnits: 0 },
      { value: 100, unit: 'mg/dL' },
    ],
    [
      { ValueInMgPerDl: undefined, Value: 5.6, GlucoseUnits: 0 },
      { value: 5.6, unit: 'mmol/L' },
    ],
    [
      { isLow: true, ValueInMgPerDl: 40 },
      { value: 40, beyond: 'low' },
    ],
    [
      { isHigh: true, ValueInMgPerDl: 500 },
      { value: 500, beyond: 'high' },
    ],
    [{ FactoryTimestamp: undefined }, { at: Twins.start, offsetMinutes: 60 }],
    [{ Timestamp: undefined }, { at: Twins.start, offsetMinutes: 60, said: '3/2/2026 7:00:00 AM' }],
    [{ Timestamp: '3/2/2026 2:00:00 AM' }, { at: Twins.start, offsetMinutes: -300 }],
    [{ Timestamp: '3/5/2026 8:03:00 AM' }, { at: Twins.start, offsetMinutes: 60 }],
  ])('%j is read', (of, reading) => {
    expect(one(of)).toMatchObject(reading);
  });

  test('a list of several people is nobody’s: all their values are refused', () => {
    const people = ['a', 'b'].map((patientId) => ({ patientId, glucoseMeasurement: value }));
    expect(read({ data: people }).summary).toMatchObject({
      rows: 4,
      produced: 0,
      untimed: 2,
      refused: [{ reason: 'person' }, { reason: 'person' }],
    });
    expect(read({ data: people.slice(0, 1) }).summary).toMatchObject({ rows: 2, produced: 1, untimed: 1 });
  });

  test.skipIf(!Real.present)('real answers: 141 values and the latest; two people are not mixed', () => {
    const graph = Import.read(Real.bytes('librelinkup/graph.json'), { zone: 'Europe/Berlin', now });
    expect(graph.summary).toMatchObject({
      rows: 146,
      produced: 143,
      untimed: 1,
      duplicates: 2,
      refused: [],
      notes: [],
      readings: { glucose: 142, device: 1 },
    });
    expect(graph.readings.at(-1)!.offsetMinutes).toBe(60);
    const both = Import.read(Real.bytes('librelinkup/connections.json'), { zone: 'Europe/Berlin', now });
    expect(both.summary).toMatchObject({ rows: 7, produced: 0, untimed: 2 });
    expect(both.summary.refused.every((r) => r.reason === 'person')).toBe(true);
  });
});
