// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { decoded, drawn, flipped, refuseOrRepeat, spoilt } from './core.testkit.js';
import { equal, toHex } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import * as Hpke from './crypto/hpke.js';
import { combine } from './crypto/shamir.js';
import * as Xwing from './crypto/xwing.js';
import * as Epoch from './Epoch.js';
import * as Shares from './Shares.js';

const random = drawn('shares');
const seeds = [1, 2, 3].map(() => random(32));
const other = random(32);
const about = { account: random(32), stream: 'glucose/raw', day: 46_000, openedAt: 1, revision: 0 } as const;

let gateway: Ed25519.SigningKey;
let keys: Uint8Array[];
let epoch: Epoch.Epoch;
let lockSecret: Uint8Array;
let shares: Shares.Shares;
const codec = { decode: Shares.parse, encode: (s: Shares.Shares) => s.bytes };

beforeAll(async () => {
  gateway = await Ed25519.fromSeed(random(32));
  keys = await Promise.all(seeds.map(Hpke.publicKeyOf));
  const made = await Epoch.create(about, Xwing.publicKeyOf(random(32)), gateway, random);
  epoch = made.epoch;
  lockSecret = made.secrets.lockSecret;
  shares = await Shares.create(epoch, lockSecret, { version: 1, threshold: 2, keys }, gateway);
});

const openAll = (s: Shares.Shares): Promise<Uint8Array[]> =>
  Promise.all(seeds.map(async (seed, i) => (await Shares.openOwn(s, epoch, i + 1, seed))!));

describe('shares', () => {
  test('are dealt the same again from the same secret, and verify after a round trip', async () => {
    const again = await Shares.create(epoch, lockSecret, { version: 1, threshold: 2, keys }, gateway);
    expect(toHex(again.bytes)).toBe(toHex(shares.bytes));
    const parsed = Shares.parse(shares.bytes);
    expect(parsed).toEqual(shares);
    expect(await Shares.verify(parsed, epoch)).toBe(true);
    expect(await Shares.rederives(parsed, epoch, lockSecret, keys)).toBe(true);
  });

  test('give the secret back from any two of three, and from all three', async () => {
    const [a, b, c] = await openAll(shares);
    for (const some of [
      [a!, b!],
      [b!, c!],
      [a!, c!],
      [c!, a!],
      [a!, b!, c!],
    ])
      expect(equal(await combine(some), lockSecret)).toBe(true);
  });

  test('are told from any other share by their commitment, bit by bit', async () => {
    const opened = await openAll(shares);
    opened.forEach((share, i) => {
      expect(Shares.isShare(shares, i + 1, share)).toBe(true);
      for (let bit = 0; bit < share.length * 8; bit++)
        expect(Shares.isShare(shares, i + 1, flipped(share, bit))).toBe(false);
      for (const index of [0, 1, 2, 3, 4, 0.5, -1].filter((n) => n !== i + 1))
        expect(Shares.isShare(shares, index, share)).toBe(false);
      expect(Shares.isShare(shares, i + 1, share.slice(0, -1))).toBe(false);
    });
  });

  test('open for their own custodian, place and epoch only', async () => {
    const { epoch: elsewhere } = await Epoch.create(about, Xwing.publicKeyOf(other), gateway, random);
    for (const index of [0, 1, 2, 3, 4])
      for (const [i, seed] of [...seeds, other].entries()) {
        expect((await Shares.openOwn(shares, epoch, index, seed)) !== undefined).toBe(
          i < 3 && index === i + 1,
        );
        expect(await Shares.openOwn(shares, elsewhere, index, seed)).toBeUndefined();
      }
    const renumbered = { ...shares, record: { ...shares.record, setVersion: 2 } };
    expect(await Shares.openOwn(renumbered, epoch, 1, seeds[0]!)).toBeUndefined();
  });

  test('do not open where the dealer committed to another share: it shows before anybody relies on it', async () => {
    const lying = shares.record.shares.map((s) => ({ ...s, commitment: flipped(s.commitment, 9) }));
    const record = { ...shares.record, shares: lying };
    expect(await Shares.openOwn({ ...shares, record }, epoch, 1, seeds[0]!)).toBeUndefined();
  });

  test('do not re-derive from another secret, other keys, or another number of them: the dealer is at fault', async () => {
    expect(await Shares.rederives(shares, epoch, flipped(lockSecret, 0), keys)).toBe(false);
    expect(await Shares.rederives(shares, epoch, lockSecret, keys.toReversed())).toBe(false);
    expect(await Shares.rederives(shares, epoch, lockSecret, keys.slice(0, 2))).toBe(false);
    expect(await Shares.rederives(shares, epoch, lockSecret, keys.slice(0, 1))).toBe(false);
    const swapped = { ...shares, record: { ...shares.record, shares: shares.record.shares.toReversed() } };
    expect(await Shares.rederives(swapped, epoch, lockSecret, keys)).toBe(false);
  });

  test('of two dealings that differ in set, threshold or number have nothing in common', async () => {
    const sets = [
      { version: 1, threshold: 2, keys },
      { version: 2, threshold: 2, keys },
      { version: 1, threshold: 3, keys },
      { version: 1, threshold: 2, keys: keys.slice(0, 2) },
    ];
    const dealt = await Promise.all(sets.map((set) => Shares.create(epoch, lockSecret, set, gateway)));
    const parts = dealt.flatMap((d) =>
      d.record.shares.flatMap((s) => [toHex(s.encapsulated), toHex(s.commitment)]),
    );
    expect(new Set(parts).size).toBe(parts.length);
  });

  test('are verified by signature, epoch and a threshold that can be met', async () => {
    const { epoch: elsewhere } = await Epoch.create(about, Xwing.publicKeyOf(other), gateway, random);
    expect(await Shares.verify(shares, elsewhere)).toBe(false);
    const { record } = shares;
    for (const changed of [
      { setVersion: 2 },
      { threshold: 3 },
      { dealer: (await Ed25519.fromSeed(other)).publicKey },
      { shares: record.shares.slice(0, 2) },
      { shares: record.shares.toReversed() },
    ])
      expect(await Shares.verify({ ...shares, record: { ...record, ...changed } }, epoch)).toBe(false);
    expect(await Shares.verify({ ...shares, signature: flipped(shares.signature, 77) }, epoch)).toBe(false);
    await expect(
      Shares.create(epoch, lockSecret, { version: 1, threshold: 4, keys }, gateway),
    ).rejects.toThrow(RangeError);
  });

  test('spoilt in any way are refused, or say what they say: and then nothing in them verifies', async () => {
    let n = 0;
    for (const bytes of spoilt(shares.bytes)) {
      await refuseOrRepeat(codec, bytes);
      if (n++ % 40 !== 0) continue;
      const parsed = await decoded(codec, bytes);
      if (parsed) expect(await Shares.verify(parsed, epoch)).toBe(false);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => refuseOrRepeat(codec, bytes)),
    );
  });
});
