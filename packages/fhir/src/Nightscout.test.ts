// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Glucose, Insulin, Reading } from '@islet/core/Reading';
import * as Import from '@islet/ingest/Import';
import * as Person from '@islet/sim/Person';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyReading } from '../../core/src/core.testkit.js';
import * as Nightscout from './Nightscout.js';

const file = (collection: Nightscout.Collection, readings: Reading[]): string =>
  [...Nightscout.write(collection, [readings])].join('\n');
const rows = (collection: Nightscout.Collection, readings: Reading[]): any[] =>
  JSON.parse(file(collection, readings));

const back = (readings: Reading[]): Reading[] =>
  Import.read(new TextEncoder().encode(file('entries', readings)), { zone: 'UTC', now: Date.now() }).readings;

/** Less how the time was written, and what a source that names nothing is called. */
const told = ({ said: _, source: { app, device, id }, ...r }: Reading) => ({
  ...r,
  source: { app: app || device || 'nightscout', device, id: id || null },
});

const anyGlucose: fc.Arbitrary<Glucose> = fc
  .record({
    at: fc.integer({ min: Date.UTC(1961, 0), max: Date.UTC(2190, 0) }),
    offsetMinutes: fc.integer({ min: -1440, max: 1440 }),
    value: fc.oneof(
      fc.integer({ min: 42, max: 400 }),
      fc.integer({ min: 420, max: 4000 }).map((n) => n / 10),
    ),
    method: fc.constantFrom('cgm' as const, 'meter' as const),
    beyond: fc.constantFrom(null, null, 'low' as const, 'high' as const),
    app: fc.constantFrom('clarity', 'xDrip', 'ünï😀', ''),
    device: fc.constantFrom('G6', 'Libre "3", left', ''),
    named: fc.boolean(),
  })
  .map(({ app, device, named, beyond, ...r }) => {
    const word = r.method === 'cgm' ? beyond : null;
    const value = word ? { low: 39, high: 401 }[word] : r.value;
    const source = { app, device, id: named ? `id ${r.at}` : null };
    return { kind: 'glucose', unit: 'mg/dL', said: 'said', ...r, value, beyond: word, source };
  });

const common = {
  at: Date.UTC(2026, 0, 2, 8),
  offsetMinutes: 60,
  said: '',
  source: { app: 'a', device: 'd', id: 'i' },
};
const insulin = (type: Insulin['type'], units: number, durationMs = 0): Reading => ({
  kind: 'insulin',
  type,
  units,
  durationMs,
  ...common,
});

describe('entries', () => {
  test('of sensor and meter in mg/dL are read back as the same readings', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyGlucose, { selector: (r) => r.at, maxLength: 20 }), (readings) => {
        fc.pre(readings.length > 0);
        expect(back(readings).map(told)).toEqual(readings.map(told));
      }),
    );
  });

  test('of a made-up life are read back, all of them', () => {
    const life = Person.days('nightscout', {
      firstAt: Date.UTC(2026, 2, 27),
      days: 4,
      zone: 'Europe/Madrid',
    });
    const glucose = life.filter((r) => r.kind === 'glucose');
    expect(glucose.length).toBeGreaterThan(1000);
    expect(back(life).map((r) => [r.at, r.offsetMinutes, (r as Glucose).value])).toEqual(
      glucose.map((r) => [r.at, r.offsetMinutes, r.beyond ? { low: 39, high: 401 }[r.beyond] : r.value]),
    );
  });

  test('in mmol/L are written as the mg/dL that a screen shows', () => {
    const reading: Glucose = {
      kind: 'glucose',
      value: 5.5,
      unit: 'mmol/L',
      beyond: null,
      method: 'cgm',
      ...common,
    };
    expect(rows('entries', [reading])[0].sgv).toBe(99);
  });

  test('have no scan among them: a person took it, so it is a check', () => {
    const scan: Glucose = {
      kind: 'glucose',
      value: 99,
      unit: 'mg/dL',
      beyond: null,
      method: 'scan',
      ...common,
    };
    expect(rows('entries', [scan])).toEqual([]);
    expect(rows('treatments', [scan])[0]).toMatchObject({
      eventType: 'BG Check',
      glucose: 99,
      glucoseType: 'Sensor',
    });
  });
});

describe('treatments', () => {
  test('count rapid insulin as insulin, and no other', () => {
    for (const type of ['rapid', 'bolus'] as const)
      expect(rows('treatments', [insulin(type, 2.5)])[0]).toMatchObject({
        insulin: 2.5,
        created_at: '2026-01-02T08:00:00.000Z',
      });
    for (const reading of [insulin('long', 22), insulin('basal', 1), insulin('basal', 0.5, 1_800_000)])
      expect(rows('treatments', [reading])[0]).not.toHaveProperty('insulin');
    expect(rows('treatments', [insulin('basal', 0.5, 1_800_000)])[0]).toMatchObject({
      eventType: 'Temp Basal',
      absolute: 1,
      duration: 30,
    });
  });

  test('that came out of one record go back into one, and two of a kind stay two', () => {
    const carbs: Reading = { kind: 'carbs', grams: 30, ...common };
    const note: Reading = { kind: 'note', text: 'soup', ...common };
    expect(rows('treatments', [insulin('bolus', 2), carbs, note])).toEqual([
      expect.objectContaining({
        eventType: 'Meal Bolus',
        insulin: 2,
        carbs: 30,
        notes: 'soup',
        identifier: 'i',
      }),
    ]);
    expect(rows('treatments', [note, carbs])).toMatchObject([
      { eventType: 'Carb Correction', notes: 'soup' },
    ]);
    const two = rows('treatments', [insulin('bolus', 2), insulin('bolus', 3)]);
    expect(two.map((t) => [t.insulin, t.identifier])).toEqual([
      [2, 'i'],
      [3, undefined],
    ]);
    const nameless = { ...common, source: { ...common.source, id: null } };
    expect(
      rows('treatments', [
        { ...insulin('bolus', 2), ...nameless },
        { ...carbs, ...nameless },
      ]),
    ).toHaveLength(2);
  });

  test('that an app’s own record says already are not said twice', () => {
    const text = JSON.stringify({ eventType: 'Meal Bolus', insulin: 2, carbs: 30, identifier: 'i' });
    const document: Reading = { kind: 'document', what: 'treatments', text, ...common };
    expect(
      rows('treatments', [insulin('bolus', 2), { kind: 'carbs', grams: 30, ...common }, document]),
    ).toEqual([JSON.parse(text)]);
  });
});

test('every reading goes into one collection, or is said to have no place', () => {
  fc.assert(
    fc.property(anyReading, (reading) => {
      const found = Nightscout.collections.flatMap((collection) => rows(collection, [reading]));
      expect(found).toHaveLength(Nightscout.holds(reading) ? 1 : 0);
    }),
    { numRuns: 500 },
  );
});

test('each collection is JSON with a record to a line', () => {
  fc.assert(
    fc.property(fc.array(anyReading, { maxLength: 10 }), (readings) => {
      for (const collection of Nightscout.collections)
        expect(file(collection, readings).split('\n')).toHaveLength(rows(collection, readings).length + 2);
    }),
  );
});
