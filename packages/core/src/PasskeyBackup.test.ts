// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, drawn, spoilt } from './core.testkit.js';
import { equal } from './crypto/bytes.js';
import { IsletError } from './IsletError.js';
import * as PasskeyBackup from './PasskeyBackup.js';

const random = drawn('passkey backup');
const place = { account: random(32), passkey: random(64) };
const output = random(32);
const secret: PasskeyBackup.Secret = {
  ...{ role: 'patient', name: 'Ana María', dayOffsetMinutes: -300, generation: 2 },
  ...{ rootSeed: random(32), encryptionSeed: random(32), formerEncryptionSeeds: [] },
};
const made = PasskeyBackup.seal(place, secret, output, random);

describe('what a passkey brings back', () => {
  test('is what was sealed, whatever it is', () => {
    const any = fc.record({
      role: fc.constantFrom('patient' as const, 'clinician' as const),
      name: fc.string({ unit: 'binary', maxLength: 64 }),
      dayOffsetMinutes: fc.integer({ min: -1440, max: 1440 }),
      generation: fc.integer({ min: 0, max: 255 }),
      rootSeed: bytesOf(32),
      encryptionSeed: bytesOf(32),
      formerEncryptionSeeds: fc.array(bytesOf(32), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(any, bytesOf(32), (one, key) => {
        const bytes = PasskeyBackup.encodePasskeyBackup(PasskeyBackup.seal(place, one, key, random));
        expect(PasskeyBackup.open(PasskeyBackup.parsePasskeyBackup(bytes), key)).toEqual(one);
      }),
      { numRuns: 20 },
    );
  });

  test('opens for no other passkey, account or place', () => {
    expect(PasskeyBackup.open(made, random(32))).toBeUndefined();
    expect(PasskeyBackup.open({ ...made, account: random(32) }, output)).toBeUndefined();
    expect(PasskeyBackup.open({ ...made, passkey: random(64) }, output)).toBeUndefined();
    expect(PasskeyBackup.open({ ...made, keyHash: random(32) }, output)).toBeUndefined();
  });

  test('with any bit turned, or cut, is refused', () => {
    const bytes = PasskeyBackup.encodePasskeyBackup(made);
    for (const other of spoilt(bytes, 7)) {
      let opened: unknown;
      try {
        opened = PasskeyBackup.open(PasskeyBackup.parsePasskeyBackup(other), output);
      } catch (error) {
        if (!(error instanceof IsletError)) throw error;
      }
      expect(opened).toBeUndefined();
    }
  });

  test('does not tell how long the name is', () => {
    const named = (name: string) => PasskeyBackup.seal(place, { ...secret, name }, output, random);
    expect(named('Bo').sealed).toHaveLength(named('Maximiliane Charlotte').sealed.length);
  });

  test('lies where only its account and passkey say', () => {
    const other = { ...place, passkey: random(64) };
    expect(equal(PasskeyBackup.placeOf(place), PasskeyBackup.placeOf({ ...place }))).toBe(true);
    expect(equal(PasskeyBackup.placeOf(place), PasskeyBackup.placeOf(other))).toBe(false);
  });

  test('cuts a name that is too long, and comes back all the same', () => {
    const long = PasskeyBackup.seal(place, { ...secret, name: '🏝'.repeat(200) }, output, random);
    expect(PasskeyBackup.open(long, output)?.name).toBe('🏝'.repeat(64));
  });

  test('forgets the oldest keys rather than to outgrow what a hub takes', () => {
    const formerEncryptionSeeds = Array.from({ length: 40 }, () => random(32));
    const bytes = PasskeyBackup.encodePasskeyBackup(
      PasskeyBackup.seal(place, { ...secret, formerEncryptionSeeds }, output, random),
    );
    const opened = PasskeyBackup.open(PasskeyBackup.parsePasskeyBackup(bytes), output);
    expect(opened?.formerEncryptionSeeds).toEqual(formerEncryptionSeeds.slice(0, 16));
    expect(bytes.length).toBeLessThan(2048);
  });
});
