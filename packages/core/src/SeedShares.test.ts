// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, drawn, flipped } from './core.testkit.js';
import { equal, toHex } from './crypto/bytes.js';
import * as Xwing from './crypto/xwing.js';
import * as SeedShares from './SeedShares.js';

const random = drawn('seed shares');
const anySecret = fc.record({
  rootSeed: bytesOf(32),
  encryptionSeed: bytesOf(32),
  generation: fc.nat(255),
  dayOffsetMinutes: fc.integer({ min: -840, max: 840 }),
  role: fc.constantFrom('patient' as const, 'clinician' as const),
});
const anyDealing = fc
  .tuple(anySecret, bytesOf(32), bytesOf(16), fc.integer({ min: 2, max: 6 }), fc.nat(4))
  .map(([secret, account, dealing, threshold, more]) => ({ secret, account, dealing, threshold, more }));
const dealt = ({
  secret,
  account,
  dealing,
  threshold,
  more,
}: typeof anyDealing extends fc.Arbitrary<infer D> ? D : never) =>
  SeedShares.deal(secret, account, dealing, threshold, threshold + more);

const one = {
  secret: {
    ...{ rootSeed: random(32), encryptionSeed: random(32), generation: 1, dayOffsetMinutes: 0 },
    role: 'patient' as const,
  },
  ...{ account: random(32), dealing: random(16), threshold: 2, more: 0 },
};

describe('seeds dealt among guardians', () => {
  test('are given back by any that are enough, and dealt the same again', async () => {
    await fc.assert(
      fc.asyncProperty(anyDealing, async (d) => {
        const shares = dealt(d);
        expect(await SeedShares.combine(shares.slice(-d.threshold))).toEqual(d.secret);
        expect(await SeedShares.combine(shares.slice(0, d.threshold))).toEqual(d.secret);
        expect(dealt(d)).toEqual(shares);
      }),
      { numRuns: 20 },
    );
  });

  test('are not given back by too few, nor by shares of two dealings together', async () => {
    await fc.assert(
      fc.asyncProperty(anyDealing, bytesOf(16), async (d, other) => {
        fc.pre(!equal(other, d.dealing));
        const shares = dealt(d);
        const few = await SeedShares.combine(shares.slice(0, d.threshold - 1));
        expect(few).toBeUndefined();
        const again = dealt({ ...d, dealing: other });
        const mixed = await SeedShares.combine([
          ...shares.slice(0, d.threshold - 1),
          again[d.threshold - 1]!,
        ]);
        expect(mixed).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  test('are not given back wrong where one share is false in any byte', async () => {
    const shares = dealt({ ...one, more: 1 });
    for (let at = 0; at < 84; at++) {
      const wrong = shares[0]!.with(at, shares[0]![at]! ^ 1);
      expect(await SeedShares.combine([wrong, shares[1]!])).toBeUndefined();
    }
  });

  const account = random(32);
  const place = { account, dealing: random(16), index: 2 };
  const secret = { ...one.secret, dayOffsetMinutes: 60 };
  const [, share] = SeedShares.deal(secret, account, place.dealing, 2, 3) as [Uint8Array, Uint8Array];
  const guardian = random(32);
  const sealed = () =>
    SeedShares.parse(SeedShares.seal(place, 'keeping', share, Xwing.publicKeyOf(guardian), random));

  test('open to their guardian only, as the share they were sealed as', () => {
    const one = sealed();
    expect(SeedShares.open(one, guardian)).toEqual(share);
    expect(SeedShares.open(one, random(32))).toBeUndefined();
    expect(SeedShares.open({ ...one, purpose: 'recovery' }, guardian)).toBeUndefined();
    for (const change of [{ index: 1 }, { account: random(32) }, { dealing: random(16) }])
      expect(SeedShares.open({ ...one, place: { ...place, ...change } }, guardian)).toBeUndefined();
    const odd = SeedShares.seal(
      { ...place, index: 3 },
      'keeping',
      share,
      Xwing.publicKeyOf(guardian),
      random,
    );
    expect(SeedShares.open(SeedShares.parse(odd), guardian)).toBeUndefined();
  });

  test('answer a drill by what only the share gives, for that question only', () => {
    const question = random(32);
    const answer = SeedShares.drillAnswer(share, question);
    expect(SeedShares.isDrillAnswer(share, question, answer)).toBe(true);
    expect(SeedShares.isDrillAnswer(share, random(32), answer)).toBe(false);
    expect(SeedShares.isDrillAnswer(flipped(share, 9), question, answer)).toBe(false);
  });

  test('have a commitment of their own, which a false share does not meet', () => {
    const right = toHex(SeedShares.commitment(place, share));
    expect(toHex(SeedShares.commitment(place, flipped(share, 70)))).not.toBe(right);
    expect(toHex(SeedShares.commitment({ ...place, dealing: random(16) }, share))).not.toBe(right);
  });
});
