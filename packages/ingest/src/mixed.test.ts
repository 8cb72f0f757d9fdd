// Copyright the Islet authors. AGPL-3.0-or-later.
// The same hours told by an uploader, an export of its server and an export of the sensor's maker.
import * as Points from '@islet/core/metrics/Points';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as LibreviewFile from '@islet/sim/LibreviewFile';
import * as NightscoutFile from '@islet/sim/NightscoutFile';
import * as Person from '@islet/sim/Person';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Import from './Import.js';

const zone = 'Europe/Madrid';
const now = Date.UTC(2026, 10, 23);

test('law: each measurement counts once, whichever sources tell it, in whichever order they come', () => {
  const seeds = fc.integer({ min: 0, max: 1_000_000 });
  const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
  fc.assert(
    fc.property(seeds, order, fc.constantFrom('mg/dL', 'mmol/L'), (seed, order, unit) => {
      const life = Person.days(seed, { firstAt: Date.UTC(2026, 9, 12, 10), days: 1, zone });
      const sensor = life.filter((r) => r.kind === 'glucose' && r.method === 'cgm');
      const sources = [
        ClarityFile.write(sensor, { zone, seed, unit }).bytes,
        NightscoutFile.write(sensor, { zone, seed, client: 'xdrip' }).bytes,
        NightscoutFile.write(sensor, { zone, seed, client: 'loop' }).bytes,
        LibreviewFile.write(sensor, { zone, seed, unit }).bytes,
      ].map((bytes) => Import.read(bytes, { zone, now }).readings);
      const alone = Points.fromReadings(sources[1]!);
      const mixed = Points.fromReadings(order.flatMap((i) => sources[i]!));
      expect(alone.length).toBeGreaterThan(200);
      expect(mixed.length).toBe(alone.length);
      const [one, all] = [alone, mixed].map((points) => points.reduce((sum, p) => sum + p.mgdl, 0));
      expect(Math.abs(one! - all!) / alone.length).toBeLessThan(1);
    }),
    { numRuns: 20 },
  );
});
