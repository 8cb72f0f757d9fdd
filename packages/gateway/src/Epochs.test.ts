// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Xwing from '@islet/core/crypto/xwing';
import * as Day from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import { expect, test } from 'vitest';
import type { Account } from './Accounts.js';
import { epochs } from './Epochs.js';
import { lane } from './Lane.js';
import { random } from './scene.testkit.js';

const day = 46_000;
const id = random(32);
const account: Account = {
  id,
  hex: toHex(id),
  folder: '',
  runs: [],
  offsets: new Map([['glucose/raw', 60]]),
  devicesVersion: 0,
  devices: [],
  lane: lane(),
};

async function scene() {
  const dayKey = Xwing.publicKeyOf(random(32));
  const keys = await Promise.all([1, 2, 3].map(() => Hpke.publicKeyOf(random(32))));
  const set = { version: 1, threshold: 2, keys };
  const at = { now: Day.startOf(day, 60), stale: false, generation: 0, expiresAt: Number.POSITIVE_INFINITY };
  const open = epochs({
    accounts: { all: new Map(), keyOf: async () => dayKey } as never,
    custodians: { setFor: async () => set, prefetch: async () => {}, forget: async () => {} },
    chain: {
      isStale: () => at.stale,
      generationOf: () => at.generation,
      expiredBetween: (_, since, now) => at.expiresAt > since && at.expiresAt <= now,
    },
    signer: await Ed25519.fromSeed(random(32)),
    now: () => at.now,
    random,
  });
  const current = async (place: number | null = day) =>
    toHex((await open.current(account, 'glucose/raw', place)).epoch.hash);
  return { at, open, current };
}

const minute = 60_000;

test('an epoch serves its day until something ends it', async () => {
  const { at, open, current } = await scene();
  const first = await current();
  at.now += 12 * 60 * minute;
  expect(await current()).toBe(first);
  at.generation++;
  const second = await current();
  expect(second).not.toBe(first);
  at.expiresAt = at.now + minute;
  expect(await current()).toBe(second);
  at.now += minute;
  const third = await current();
  expect(third).not.toBe(second);
  expect(await current()).toBe(third);
  open.forget(account);
  expect(await current()).not.toBe(third);
});

test('the day’s end, in the stream’s offset, ends its epoch; what comes later for that day has one of its own', async () => {
  const { at, current } = await scene();
  const during = await current();
  at.now = Day.endOf(day, 60) - 1;
  expect(await current()).toBe(during);
  at.now++;
  const after = await current();
  expect(after).not.toBe(during);
  at.now += 5 * 60 * minute;
  expect(await current()).toBe(after);
});

test('while the view of the chain is stale, none is used for longer than ten minutes', async () => {
  const { at, current } = await scene();
  const first = await current();
  at.stale = true;
  at.now += 10 * minute;
  expect(await current()).toBe(first);
  at.now++;
  const second = await current();
  expect(second).not.toBe(first);
  at.now += 9 * minute;
  expect(await current()).toBe(second);
});

test('those who ask at once for one day share one; days and the late key have their own', async () => {
  const { open, current } = await scene();
  const [a, b, late, other] = await Promise.all([current(), current(), current(null), current(day + 1)]);
  expect(new Set([a, b, late, other]).size).toBe(3);
  const one = await open.alone(account, 'glucose/raw', day, 3);
  expect(one.epoch.header.revision).toBe(3);
  expect(await Epoch.verify(one.epoch)).toBe(true);
  expect(toHex(one.epoch.hash)).not.toBe(a);
});
