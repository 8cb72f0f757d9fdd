// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mgdlPerMmol } from '../Glucose.js';
import { reading, start } from './metrics.testkit.js';
import * as Points from './Points.js';

describe('points', () => {
  test('come from what a sensor measured by itself, and from nothing else', () => {
    const points = Points.fromReadings([
      reading(start + 3, 90, { method: 'scan' }),
      reading(start + 2, 90, { method: 'meter' }),
      reading(start + 1, 110),
      { ...reading(start, 0), kind: 'carbs', grams: 20 },
    ]);
    expect(points).toEqual([{ at: start + 1, offsetMinutes: 0, mgdl: 110, beyond: null }]);
  });

  test('of one instant become one, with the mean of the distinct values', () => {
    const points = Points.fromReadings([
      reading(start, 100, { offsetMinutes: 60 }),
      reading(start, 110),
      reading(start, 110),
    ]);
    expect(points).toEqual([{ at: start, offsetMinutes: 0, mgdl: 105, beyond: null }]);
  });

  test('keep a word only where all readings of the instant say it', () => {
    const low = reading(start, 40, { beyond: 'low' });
    expect(Points.fromReadings([low, low])[0]).toMatchObject({ mgdl: 40, beyond: 'low' });
    expect(Points.fromReadings([low, reading(start, 60)])[0]).toMatchObject({ mgdl: 50, beyond: null });
  });

  test('are mg/dL, not rounded, whatever the unit', () => {
    const [point] = Points.fromReadings([reading(start, 5.5, { unit: 'mmol/L' })]);
    expect(point!.mgdl / mgdlPerMmol).toBeCloseTo(5.5, 12);
    expect(point!.mgdl).toBeCloseTo(99.085745, 9);
  });

  const readings = fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 9 }), value: fc.double({ min: 40, max: 400, noNaN: true }) }),
    { maxLength: 30 },
  );

  test('law: do not depend on the order of readings, nor on hearing them twice', () => {
    fc.assert(
      fc.property(
        readings.chain((rs) =>
          fc.tuple(fc.constant(rs), fc.shuffledSubarray([...rs, ...rs], { minLength: 2 * rs.length })),
        ),
        ([once, twice]) => {
          const read = (rs: typeof once) => Points.fromReadings(rs.map((r) => reading(r.at, r.value)));
          expect(read(twice)).toEqual(read(once));
        },
      ),
    );
  });

  const from = (app: string) => ({ source: { app, device: 'a sensor', id: null } });

  test('law: a sensor told by two sources, with clocks apart and in other units, gives each measurement once', () => {
    const every = (minutes: number) =>
      fc
        .array(
          fc.record({ value: fc.integer({ min: 40, max: 400 }), late: fc.integer({ min: 1, max: 100_000 }) }),
          {
            minLength: 1,
            maxLength: 30,
          },
        )
        .map((told) => told.map((t, i) => ({ ...t, at: start + i * minutes * 60_000 })));
    fc.assert(
      fc.property(every(5), (told) => {
        const live = told.map((t) => reading(t.at, t.value, from('uploader')));
        const exported = told.map((t) => {
          const mmol = Math.round((t.value / mgdlPerMmol) * 10) / 10;
          return reading(t.at + t.late, mmol, { unit: 'mmol/L', ...from('export') });
        });
        const points = Points.fromReadings([...exported, ...live]);
        expect(points).toEqual(Points.fromReadings(live));
      }),
    );
  });

  test('of one source are all kept, however close and alike; two sources with other values, too', () => {
    const minutes = [0, 1, 2, 3].map((m) => reading(start + m * 60_000, 100, from('libre')));
    expect(Points.fromReadings(minutes)).toHaveLength(4);
    const other = minutes.map((r) => reading(r.at + 20_000, 104, from('dexcom')));
    expect(Points.fromReadings([...minutes, ...other])).toHaveLength(8);
    const again = minutes.map((r) => reading(r.at + 20_000, 100, from('export')));
    expect(Points.fromReadings([...minutes, ...again])).toEqual(Points.fromReadings(minutes));
    const far = minutes.slice(0, 1).map((r) => reading(r.at + 150_000, 100, from('export')));
    expect(Points.fromReadings([minutes[0]!, ...far])).toHaveLength(2);
  });

  test('law: windows that meet share no point and lose none', () => {
    fc.assert(
      fc.property(readings, fc.integer({ min: 1, max: 9 }), (rs, cut) => {
        const points = Points.fromReadings(rs.map((r) => reading(r.at, r.value)));
        const before = Points.within(points, { from: 0, to: cut });
        const after = Points.within(points, { from: cut, to: 10 });
        expect([...before, ...after]).toEqual(points);
      }),
    );
  });

  test('refuse what is not a number, not in order, or an empty window', () => {
    expect(() => Points.fromReadings([reading(start, Number.NaN)])).toThrow(Points.InvalidReadingError);
    const [a, b] = Points.fromReadings([reading(start, 100), reading(start + 1, 100)]);
    expect(() => Points.within([b!, a!])).toThrow(Points.UnorderedPointsError);
    expect(() => Points.within([a!, a!])).toThrow(Points.UnorderedPointsError);
    expect(() => Points.within([a!, b!], { from: 5, to: 5 })).toThrow(Points.EmptyWindowError);
  });
});
