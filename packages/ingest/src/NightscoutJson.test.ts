// Copyright the Islet authors. AGPL-3.0-or-later.
import * as NightscoutFile from '@islet/sim/NightscoutFile';
import * as Person from '@islet/sim/Person';
import { describe, expect, test } from 'vitest';
import * as Import from './Import.js';
import * as NightscoutJson from './NightscoutJson.js';
import * as Zone from './Zone.js';

const zone = 'Europe/Madrid';
const now = Date.UTC(2026, 10, 23);
const life = Person.days('nightscout', { firstAt: Date.UTC(2026, 9, 20), days: 7, zone });

const one = (entry: unknown) => NightscoutJson.read([entry], Zone.of(zone)).outcomes[0]!;
const reading = (entry: unknown) => {
  const outcome = one(entry);
  return outcome.is === 'readings' ? outcome.readings[0]! : outcome;
};

describe('Nightscout entries', () => {
  test.each<Omit<NightscoutFile.Quirks, 'zone'>>([
    { client: 'xdrip' },
    { client: 'xdrip', numbers: 'texts' },
    { client: 'iaps' },
    { client: 'loop' },
    { client: 'loop', numbers: 'texts' },
  ])('of an export with the quirks %j are read back to the last one', (quirks) => {
    const written = NightscoutFile.write(life, { zone, seed: 1, ...quirks });
    const { format, readings, summary } = Import.read(written.bytes, { zone, now });
    expect(format).toBe('nightscout');
    expect(summary).toMatchObject({
      rows: written.entries.length,
      produced: written.glucose.length,
      refused: [],
      untimed: 0,
    });
    const got = readings.map((r) => ({ at: r.at, value: r.kind === 'glucose' && r.value, id: r.source.id }));
    expect(got.reverse()).toEqual(written.glucose);
    const local = readings.every((r) => r.offsetMinutes === (r.at < Date.UTC(2026, 9, 25, 1) ? 120 : 60));
    expect(local).toBe(true);
  });

  const at = Date.UTC(2026, 0, 2, 2, 4, 5, 678);

  test.each([
    [{ date: at }, at, 60],
    [{ date: String(at) }, at, 60],
    [{ date: at + 0.4 }, at, 60],
    [{ date: Math.floor(at / 1000) }, at - 678, 60],
    [{ date: '2026-01-02T02:04:05.678Z' }, at, 60],
    [{ dateString: '2026-01-02T03:04:05.678+0100' }, at, 60],
    [{ dateString: '2026-01-01T21:04:05.678-05:00' }, at, -300],
    [{ date: at, dateString: '2026-01-01T21:04:05.678-0500' }, at, -300],
    [{ date: at, utcOffset: -300 }, at, -300],
    [{ date: at, utcOffset: '-300' }, at, -300],
    [{ date: at, utcOffset: 9999 }, at, 60],
    [{ sysTime: '2026-01-02T02:04:05.678Z' }, at, 60],
    [{ sysTime: '2026-01-02T02:04:05.678Z', dateString: 'soon' }, at, 60],
    [{ dateString: '2026-01-02 03:04:05' }, at - 678, 60],
    [{ date: null, dateString: '2026-01-02T02:04:05.678Z' }, at, 60],
    [{ date: Date.UTC(1961, 3, 12) }, Date.UTC(1961, 3, 12), 60],
    [{ date: Date.UTC(2199, 3, 12) }, Date.UTC(2199, 3, 12), 120],
  ])('say their time as %j', (time, expected, offsetMinutes) => {
    expect(reading({ type: 'sgv', sgv: 120, ...time })).toMatchObject({ at: expected, offsetMinutes });
  });

  test.each([
    [
      { type: 'sgv', sgv: 120 },
      { kind: 'glucose', value: 120, unit: 'mg/dL', method: 'cgm', beyond: null },
    ],
    [{ sgv: '120' }, { kind: 'glucose', value: 120 }],
    [
      { type: 'sgv', glucose: 120 },
      { kind: 'glucose', value: 120 },
    ],
    [
      { type: 'sgv', sgv: 39 },
      { kind: 'glucose', value: 39, beyond: 'low' },
    ],
    [
      { type: 'sgv', sgv: 401 },
      { kind: 'glucose', value: 401, beyond: 'high' },
    ],
    [
      { type: 'sgv', sgv: 10 },
      { kind: 'device', what: 'sensor error', value: 10 },
    ],
    [
      { type: 'sgv', sgv: 6.7, units: 'mmol/L' },
      { kind: 'glucose', value: 6.7, unit: 'mmol/L' },
    ],
    [
      { type: 'mbg', mbg: 98 },
      { kind: 'glucose', value: 98, method: 'meter' },
    ],
    [
      { type: 'cal', slope: 850.5, intercept: 1, scale: 1 },
      { kind: 'device', what: 'sensor slope', value: 850.5 },
    ],
  ])('%j', (entry, expected) => {
    expect(reading({ ...entry, date: at })).toMatchObject(expected);
  });

  test.each([
    [{ type: 'sgv', sgv: 120 }, { is: 'untimed' }],
    [
      { type: 'sgv', sgv: 120, date: 1e300 },
      { is: 'refused', reason: 'time' },
    ],
    [
      { type: 'sgv', sgv: 120, dateString: 'yesterday' },
      { is: 'refused', reason: 'time' },
    ],
    [
      { type: 'sgv', sgv: 'n/a', date: at },
      { is: 'refused', reason: 'value' },
    ],
    [
      { type: 'sgv', sgv: 20, date: at },
      { is: 'refused', reason: 'value' },
    ],
    [
      { type: 'sgv', sgv: 5000, date: at },
      { is: 'refused', reason: 'value' },
    ],
    [
      { type: 'rawbg', sgv: 120, date: at },
      { is: 'refused', reason: 'kind' },
    ],
    [null, { is: 'refused', reason: 'shape' }],
    [[120, at], { is: 'refused', reason: 'shape' }],
    ['sgv', { is: 'refused', reason: 'shape' }],
  ])('%j is not a reading', (entry, outcome) => {
    expect(one(entry)).toMatchObject(outcome);
  });

  test.each([
    [{ identifier: 'a', _id: 'b', id: 'c', syncIdentifier: 'd', uuid: 'e' }, 'a'],
    [{ _id: 'b', id: 'c', syncIdentifier: 'd', uuid: 'e' }, 'b'],
    [{ id: 'c', syncIdentifier: 'd', uuid: 'e' }, 'c'],
    [{ identifier: '', syncIdentifier: 'd', uuid: 'e' }, 'd'],
    [{ uuid: 'e' }, 'e'],
    [{}, null],
  ])('are named by %j as %j', (ids, id) => {
    expect(reading({ type: 'sgv', sgv: 120, date: at, ...ids })).toMatchObject({ source: { id } });
  });

  test('two entries with different identities are never merged, whatever else is equal', () => {
    const entry = { type: 'sgv', sgv: 120, date: at };
    const file = new TextEncoder().encode(
      JSON.stringify([{ ...entry, _id: 'a' }, { ...entry, _id: 'b' }, entry, entry]),
    );
    expect(Import.read(file, { zone, now }).summary).toMatchObject({ rows: 4, produced: 3, duplicates: 1 });
  });

  test('a body may be an array, one object, or an answer of API v3', () => {
    const entry = { type: 'sgv', sgv: 120, date: at };
    expect(NightscoutJson.entries([entry])).toEqual([entry]);
    expect(NightscoutJson.entries([])).toEqual([]);
    expect(NightscoutJson.entries(entry)).toEqual([entry]);
    expect(NightscoutJson.entries({ status: 200, result: [entry] })).toEqual([entry]);
    for (const body of [
      {},
      null,
      'sgv',
      7,
      [1, 2],
      [{ eventType: 'BG Check', glucose: 100 }],
      { result: {} },
    ]) {
      expect(NightscoutJson.entries(body)).toBeUndefined();
    }
  });

  test('broken JSON is told by its place and nothing else', () => {
    const broken = new TextEncoder().encode('[{"sgv":123,"date":1767319445678,"note":"secret"');
    const error = expect.objectContaining({
      code: 'INGEST_BAD_JSON',
      message: expect.stringContaining('character 48'),
    });
    expect(() => Import.read(broken, { zone, now })).toThrow(error);
    try {
      Import.read(broken, { zone, now });
    } catch (e) {
      expect((e as Error).message).not.toMatch(/secret|123|1767319445678/);
      expect((e as Error).cause).toBeUndefined();
    }
  });
});
