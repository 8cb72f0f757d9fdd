// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Live from '@islet/core/Live';
import type { Reading } from '@islet/core/Reading';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gateway } from './Gateway.js';
import {
  cgm,
  openAtHub,
  openGateway,
  type Paired,
  pair,
  postReadings,
  settle,
  today,
} from './gateway.testkit.js';
import { startHub, type TestHub } from './hub.testkit.js';
import { grant, revoke, type Scene, startScene } from './scene.testkit.js';

let scene: Scene;
let hub: TestHub;
let gateway: Gateway;
let skew = 0;
const now = (): number => Date.now() + skew;
beforeAll(async () => {
  scene = await startScene();
  hub = await startHub(scene);
  gateway = await openGateway(scene, hub, 'live', { now });
});
afterAll(async () => {
  await gateway?.close();
  expect(hub?.faults).toEqual([]);
  await hub?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

const runs = { streams: ['glucose/raw', 'glucose/live'] as const, firstDay: today() - 3, days: 8 };
const minute = 60_000;
const value = (mgdl: number, ago = 0): Reading[] =>
  cgm(now() - ago, 1).map((r) => ({ ...r, value: mgdl }) as Reading);

/** What was sealed to the live stream, in its order. */
const live = ({ person }: Paired) =>
  [...hub.segments.values()]
    .filter((s) => toHex(s.header.account) === person.hex && s.header.stream === 'glucose/live')
    .sort((a, b) => a.header.number - b.header.number);

async function valuesOf(paired: Paired): Promise<number[]> {
  const contents = await Promise.all(live(paired).map((s) => openAtHub(scene, paired.person, hub, s.hash)));
  return contents
    .flatMap((c) => (c.kind === 'readings' ? c.readings : []))
    .map((r) => (r as { value: number }).value);
}
const epochsOf = (paired: Paired): number => new Set(live(paired).map((s) => toHex(s.header.epochHash))).size;

/** Someone who has granted something, as the gateway knows. */
async function shared(): Promise<{ paired: Paired; grantId: Uint8Array }> {
  const paired = await pair(scene, gateway, runs);
  const grantId = await grant(scene, paired.person);
  // The gateway follows the chain once a second; the first post may be too early.
  for (let mgdl = 300; live(paired).length === 0; mgdl++) {
    await postReadings(gateway, paired, value(mgdl, 10 * minute));
    await settle(gateway, paired);
  }
  return { paired, grantId };
}

test('each new value is sealed to the live stream alone, in order, in no calendar, and its head says how far it is', async () => {
  const { paired } = await shared();
  const before = live(paired).length;
  await postReadings(gateway, paired, value(101, minute));
  await postReadings(gateway, paired, value(102));
  await settle(gateway, paired);
  expect((await valuesOf(paired)).slice(before)).toEqual([101, 102]);
  const head = hub.headOf(paired.person.hex, 'glucose/live')!.statement;
  expect(head.calendar.every((b) => b === 0)).toBe(true);
  expect(head.tip).toMatchObject({ number: live(paired).length, hash: live(paired).at(-1)!.hash });
  for (let day = today() - 3; day <= today() + 1; day++)
    expect(hub.entryOf(paired.person.hex, 'glucose/live', day)).toBeUndefined();
});

test('of a backlog only the newest value is live, and an old one, or one before the last, is not', async () => {
  const { paired } = await shared();
  const before = live(paired).length;
  await postReadings(gateway, paired, [...value(111, 2 * minute), ...value(113), ...value(112, minute)]);
  await postReadings(gateway, paired, value(110, 3 * minute));
  await postReadings(gateway, paired, value(99, Live.valueMs + minute));
  await settle(gateway, paired);
  expect((await valuesOf(paired)).slice(before)).toEqual([113]);
});

test('while nobody holds a grant nothing is live', async () => {
  const paired = await pair(scene, gateway, runs);
  await postReadings(gateway, paired, value(120));
  await settle(gateway, paired);
  expect(live(paired)).toEqual([]);
});

test('an epoch of live values ends after a quarter of an hour', async () => {
  const { paired } = await shared();
  const before = epochsOf(paired);
  await postReadings(gateway, paired, value(131));
  await settle(gateway, paired);
  expect(epochsOf(paired)).toBe(before);
  skew += Live.epochMs;
  await postReadings(gateway, paired, value(132));
  await settle(gateway, paired);
  expect(epochsOf(paired)).toBe(before + 1);
});

test('a revocation ends it too: with the last grant nothing more is live, and with another left the epoch is new', async () => {
  const { paired, grantId } = await shared();
  const other = await grant(scene, paired.person);
  await revoke(scene, paired.person, grantId);
  const before = epochsOf(paired);
  for (let i = 0; epochsOf(paired) === before; i++) {
    await postReadings(gateway, paired, value(140 + i));
    await settle(gateway, paired);
  }
  await revoke(scene, paired.person, other);
  for (let i = 0, last = -1; last !== live(paired).length; i++) {
    last = live(paired).length;
    await new Promise((done) => setTimeout(done, 1_500));
    await postReadings(gateway, paired, value(180 + i));
    await settle(gateway, paired);
  }
});
