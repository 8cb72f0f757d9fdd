// Copyright the Islet authors. AGPL-3.0-or-later.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Glucose } from '../Reading.js';
import type { Point } from './Points.js';

export const minute = 60_000;
export const start = Date.UTC(2024, 0, 1);

/** Points from `start` on, one per `step` minutes, UTC. A null is a missing one. */
export const series = (values: (number | null)[], step = 5, offsetMinutes = 0): Point[] =>
  values.flatMap((mgdl, i) =>
    mgdl === null ? [] : [{ at: start + i * step * minute, offsetMinutes, mgdl, beyond: null }],
  );

export const reading = (at: number, value: number, more: Partial<Glucose> = {}): Glucose => ({
  kind: 'glucose',
  at,
  offsetMinutes: 0,
  said: '',
  source: { app: 'test', device: '', id: null },
  value,
  unit: 'mg/dL',
  beyond: null,
  method: 'cgm',
  ...more,
});

/** A sensor's value or word; the fractions are those of converted mmol/L. */
export const anyPoint = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.double({ min: 39, max: 401, noNaN: true }).map((mgdl) => ({ mgdl, beyond: null })),
  },
  { weight: 1, arbitrary: fc.constantFrom({ mgdl: 40, beyond: 'low' }, { mgdl: 400, beyond: 'high' }) },
) as fc.Arbitrary<Pick<Point, 'mgdl' | 'beyond'>>;

/** Points of a 5-minute sensor with a few seconds of jitter and a few readings missing. */
export const anyPoints: fc.Arbitrary<Point[]> = fc
  .array(fc.tuple(anyPoint, fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 3 })), {
    maxLength: 300,
  })
  .map((heard) => {
    let slot = 0;
    return heard.map(([value, jitter, skip]) => {
      slot += skip;
      return { ...value, at: start + slot * 5 * minute + jitter * 1000, offsetMinutes: 60 };
    });
  });

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const folder = `${process.env.ISLET_DATA ?? `${root}../shared/data`}/oracle-hall2018`;

/** Whether the real files are here; says so in one line where not. */
export function haveRealFiles(): boolean {
  const here = existsSync(folder);
  if (!here) console.log('real files: not run');
  return here;
}

export type Row = Record<string, string>;

export function readCsv(name: string): Row[] {
  const [head, ...lines] = readFileSync(`${folder}/${name}`, 'utf8').trim().split(/\r?\n/);
  const names = head!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell])));
}

export const readJson = (name: string) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'));

/** Eastern standard time throughout, as the study's files are. */
export const easternMinutes = -300;

export const parseEastern = (text: string): number =>
  Date.parse(`${text.replace(' ', 'T')}Z`) - easternMinutes * minute;
