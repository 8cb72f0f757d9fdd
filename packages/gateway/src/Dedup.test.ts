// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Dedup from './Dedup.js';

const key = new Uint8Array(32).fill(1);
const account = new Uint8Array(32).fill(2);
const base: Reading = {
  kind: 'glucose',
  at: 1_000,
  offsetMinutes: 60,
  said: 'x',
  source: { app: 'clarity', device: 'G6', id: null },
  value: 100,
  unit: 'mg/dL',
  beyond: null,
  method: 'cgm',
};
const id = (r: Reading, local = key, whose = account) => Dedup.idOf(local, whose, r);

test('without an identity, a reading is known by source, time and value, not by how it was written', () => {
  expect(id({ ...base, said: 'y', offsetMinutes: 0, source: { ...base.source, device: 'G7' } })).toBe(
    id(base),
  );
  const others: Reading[] = [
    { ...base, at: 1_001 },
    { ...base, value: 101 },
    { ...base, method: 'scan' },
    { ...base, unit: 'mmol/L' },
    { ...base, beyond: 'low' },
    { ...base, source: { ...base.source, app: 'libreview' } },
    { ...base, source: { ...base.source, id: '' } },
  ];
  expect(new Set([base, ...others].map((r) => id(r))).size).toBe(others.length + 1);
});

test('two identities never share an id, and one identity always has the same', () => {
  const text = fc.string({ maxLength: 20 });
  fc.assert(
    fc.property(text, text, fc.nat(), (a, b, at) => {
      const named = (name: string, when: number): Reading => ({
        ...base,
        at: when,
        source: { ...base.source, id: name },
      });
      expect(id(named(a, at))).toBe(id(named(a, at + 1)));
      expect(id(named(a, at)) === id(named(b, at))).toBe(a === b);
    }),
  );
});

test('other people and other gateways have other ids', () => {
  expect(id(base, new Uint8Array(32))).not.toBe(id(base));
  expect(id(base, key, new Uint8Array(32))).not.toBe(id(base));
});

test('ids survive being packed, and make the 24 digits that clients expect', () => {
  const ids = [1, 2, 3].map((at) => id({ ...base, at }));
  expect(Dedup.unpackIds(Dedup.packIds(ids))).toEqual(ids);
  for (const one of ids) expect(Dedup.toObjectId(one)).toMatch(/^[0-9a-f]{24}$/);
});
