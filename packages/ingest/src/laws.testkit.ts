// Copyright the Islet authors. AGPL-3.0-or-later.
// What must hold of every format, whatever it is given.
import { isDeepStrictEqual } from 'node:util';
import { IsletError } from '@islet/core/IsletError';
import { maxText, type Reading } from '@islet/core/Reading';
import * as Readings from '@islet/core/Readings';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Format, Given as GivenFile } from './Format.js';
import * as Given from './Given.js';
import { type Parsed, reasons } from './Outcome.js';
import { watched } from './watchdog.testkit.js';
import * as Zone from './Zone.js';

export const now = Date.UTC(2026, 10, 23);

export const ofText = (text: string): GivenFile => Given.ofText(new TextEncoder().encode(text), text);

export const ofJson = (value: unknown): GivenFile => ofText(JSON.stringify(value) ?? '');

const zones = new Map<string, Zone.Zone>();

/** What a format makes of a file, or undefined where it does not know it. */
export function read(format: Format, given: GivenFile, zone = 'Europe/Madrid'): Parsed | undefined {
  const known = zones.get(zone) ?? Zone.of(zone);
  zones.set(zone, known);
  const parsed = watched(() => format.recognise(given)?.({ zone: known, now }));
  if (parsed) lawful(parsed);
  return parsed;
}

/** Every row has one outcome, in order; every reading can be sealed and read again. */
export function lawful(parsed: Parsed): void {
  let last = 0;
  for (const outcome of parsed.outcomes) {
    if (!(outcome.row > last)) expect.fail(`row ${outcome.row} after ${last}`);
    last = outcome.row;
    if (outcome.is === 'refused' && !Object.hasOwn(reasons, outcome.reason)) expect.fail(outcome.reason);
    if (outcome.is !== 'readings') continue;
    if (outcome.readings.length === 0) expect.fail(`row ${outcome.row} gives readings, but none`);
    const ids = outcome.readings.map((r) => r.source.id).filter((id) => id !== null);
    if (new Set(ids).size !== ids.length) expect.fail(`row ${outcome.row} gives one identity twice`);
    if (!outcome.readings.every(Readings.fits)) expect.fail(`row ${outcome.row} is beyond limits`);
  }
  const all = parsed.outcomes.flatMap((o) => (o.is === 'readings' ? o.readings : []));
  const long = (r: Reading) => 'text' in r && r.text.length > maxText.note;
  const short = all.filter((r) => !long(r)).slice(0, Readings.maxReadings);
  const sealed = Readings.decodeRun(Readings.encodeRun(short));
  if (!isDeepStrictEqual(sealed, short)) expect(sealed).toEqual(short);
}

const anything = fc.anything({ maxDepth: 3, withNullPrototype: false });

/** Made anew each time, since they are spoilt in turn. Of the last no text can be made. */
const unkind: (() => unknown)[] = [
  ...['', 'NaN', 1e308, -1, '2026-02-30T00:00:00Z', 'constructor'].map((value) => () => value),
  () => ({ toString: 1, valueOf: 1 }),
];

/** Reading a file whose values were swapped for anything at all gives outcomes for every row, or an error of ours. */
export function survivesMutation(format: Format, rows: unknown[], wrap: (rows: unknown[]) => unknown): void {
  const change = fc.record({
    row: fc.nat(),
    path: fc.nat(),
    value: fc.oneof(
      anything,
      fc.constantFrom(...unkind).map((make) => make()),
    ),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
      const list = structuredClone(rows);
      for (const { row, path, value } of changes) {
        const at = row % list.length;
        const places = leaves(list[at]);
        const place = places[path % Math.max(1, places.length)];
        if (place === undefined) list[at] = value;
        else place.in[place.name] = value;
      }
      attempt(() => read(format, ofJson(wrap(list)))?.outcomes.length, rows.length);
    }),
    { numRuns: 200 },
  );
}

type Place = { in: { [name: string]: unknown }; name: string };

function leaves(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as { [name: string]: unknown };
  return Object.keys(holder).flatMap((name) => [{ in: holder, name }, ...leaves(holder[name])]);
}

export function survivesAnything(format: Format): void {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string(), fc.string({ unit: 'binary' })), (text) => {
      attempt(() => read(format, ofText(text)) && undefined);
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(anything, (value) => {
      attempt(() => read(format, ofJson(value)) && undefined);
    }),
    { numRuns: 200 },
  );
}

/** Texts with pieces cut out, doubled and put in. */
export function survivesEdits(format: Format, text: string): void {
  const edit = fc.tuple(
    fc.nat(),
    fc.nat({ max: 40 }),
    fc.oneof(fc.string(), fc.constantFrom('"', '<', '&', ';', '\n', '\0')),
  );
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
      let spoilt = text;
      for (const [where, gone, put] of edits) {
        const at = where % (spoilt.length + 1);
        spoilt = spoilt.slice(0, at) + put + spoilt.slice(at + gone);
      }
      attempt(() => read(format, ofText(spoilt)) && undefined);
    }),
    { numRuns: 200 },
  );
}

function attempt(run: () => number | undefined, rows?: number): void {
  try {
    const found = run();
    if (found !== undefined) expect(found).toBe(rows);
  } catch (error) {
    if (!(error instanceof IsletError)) throw error;
  }
}
