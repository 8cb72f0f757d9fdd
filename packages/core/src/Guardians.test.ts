// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import { drawn } from './core.testkit.js';
import * as Guardians from './Guardians.js';

const random = drawn('guardians');
const one = (): Guardians.Guardian => ({
  account: random(32),
  salt: random(32),
  signers: [random(20)],
  share: null,
});
const all: Guardians.Guardians = {
  account: random(32),
  threshold: 2,
  delay: Guardians.usualDelay,
  guardians: [one(), one(), one()],
  dealing: null,
};
const read = (change: Partial<Guardians.Guardians>) =>
  Guardians.parseGuardians(Guardians.encodeGuardians({ ...all, ...change }));

describe('guardians', () => {
  test('are read as they were written', () => {
    expect(read({})).toEqual(all);
    expect(read({ guardians: [], threshold: 0 }).guardians).toEqual([]);
  });

  test('of whom one is named twice, more must agree than there are, or none need to, are refused', () => {
    const [first] = all.guardians as [Guardians.Guardian];
    expect(() => read({ guardians: [first, { ...first, salt: random(32) }] })).toThrow('twice');
    expect(() => read({ threshold: 4 })).toThrow('more guardians');
    expect(() => read({ threshold: 0 })).toThrow('none of them');
    expect(() => read({ guardians: [] })).toThrow('more guardians');
  });

  test('who could act at once, or never, or are too many, are refused', () => {
    for (const delay of [0, Guardians.minDelay - 1, Guardians.maxDelay + 1])
      expect(() => read({ delay })).toThrow('islet/guardians');
    expect(() => read({ guardians: Array.from({ length: 17 }, one) })).toThrow('islet/guardians');
    expect(read({ delay: Guardians.minDelay }).delay).toBe(86_400);
  });

  test('stand on chain under a salt', () => {
    const [first] = all.guardians as [Guardians.Guardian];
    expect(Guardians.commitment(first)).not.toEqual(Guardians.commitment({ ...first, salt: random(32) }));
  });
});
