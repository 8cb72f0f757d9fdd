// Copyright the Islet authors. AGPL-3.0-or-later.
// An account names another hub: all that the gateway ever sealed of it is there in the end, and nobody else waits.
import { createServer } from 'node:http';
import * as Day from '@islet/core/Day';
import * as Hubs from '@islet/core/Hubs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Gateway } from './Gateway.js';
import {
  cgm,
  document,
  openGateway,
  type Paired,
  pair,
  postReadings,
  put,
  readingsAtHub,
  settle,
  status,
  today,
  until,
} from './gateway.testkit.js';
import { startHub, type TestHub } from './hub.testkit.js';
import { listen, random, type Scene, startScene } from './scene.testkit.js';

let scene: Scene;
let old: TestHub;
let other: TestHub;
let gateway: Gateway;
let names = 0;
const past = today() - 3;
const days = [past, past + 1, past + 2];
const runs = {
  streams: ['glucose/raw', 'glucose/day', 'glucose/hour'] as const,
  firstDay: past - 1,
  days: 9,
};
const startOf = (day: number) => Day.startOf(day, 0) + 3_600_000;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});

let name: string;
let me: Paired;
let neighbour: Paired;
beforeEach(async () => {
  [old, other] = [await startHub(scene), await startHub(scene)];
  name = `elsewhere-${++names}`;
  gateway = await openGateway(scene, old, name);
  me = await pair(scene, gateway, runs);
  neighbour = await pair(scene, gateway, runs);
});
afterEach(async () => {
  await gateway?.close();
  for (const hub of [old, other]) {
    expect(hub.faults).toEqual([]);
    await hub[Symbol.asyncDispose]();
  }
});

let version = Date.now();
const word = (person: Paired, urls: string[], at = ++version, address = scene.hubAddress) => {
  const hubs = urls.map((url, i) => ({ address: i === 0 ? address : random(20), url }));
  const bytes = Hubs.encodeHubs({ account: person.person.account, hubs });
  return put(gateway, '/v1/hubs', document(scene, person.person, 'hubs', bytes, at));
};
const move = async (person: Paired, url: string): Promise<void> => {
  expect((await word(person, [url])).status).toBe(200);
};
const refusal = async (asked: Promise<Response>) => {
  const response = await asked;
  return `${response.status} ${((await response.json()) as { code: string }).code}`;
};
const there = (person: Paired, hub: TestHub) => readingsAtHub(scene, person.person, hub, 'glucose/raw', days);

test('all that it ever sealed is put there, what the old hub has too, and what comes after', async () => {
  await postReadings(gateway, me, cgm(startOf(past), 20));
  await settle(gateway, me);
  await postReadings(gateway, me, cgm(startOf(past + 1), 7));
  await move(me, other.url);
  await postReadings(gateway, me, cgm(startOf(past + 2), 5));
  await settle(gateway, me);
  expect(await there(me, other)).toHaveLength(32);
  // Of what the old hub was given last, nothing came since.
  const before = old.puts;
  await postReadings(gateway, me, cgm(startOf(past + 2) + 3_600_000, 5));
  await settle(gateway, me);
  expect(old.puts).toBe(before);
  expect(await there(me, other)).toHaveLength(37);
});

test('what waited for an old hub that is gone for good goes to the new one', async () => {
  old.down = true;
  await postReadings(gateway, me, cgm(startOf(past), 20));
  await move(me, other.url);
  await settle(gateway, me);
  expect(await there(me, other)).toHaveLength(20);
  old.down = false;
  await settle(gateway, neighbour);
});

test('what the old hub refused goes to the new one too', async () => {
  old.refuse.add(me.person.hex);
  await postReadings(gateway, me, cgm(startOf(past), 20));
  await until(async () => (await status(gateway, me)).backlog.refused > 0);
  await move(me, other.url);
  await settle(gateway, me);
  expect(await there(me, other)).toHaveLength(20);
});

test('cut off in the middle, it goes on after a start, and gives the old hub nothing of it', async () => {
  await postReadings(gateway, me, cgm(startOf(past), 20));
  await settle(gateway, me);
  other.down = true;
  await move(me, other.url);
  await postReadings(gateway, me, cgm(startOf(past + 1), 9));
  await gateway.close();
  other.down = false;
  const segments = old.segments.size;
  gateway = await openGateway(scene, old, name);
  await settle(gateway, me);
  expect(await there(me, other)).toHaveLength(29);
  expect(old.segments.size).toBe(segments);
});

test('a hub that never answers holds up nobody else', async () => {
  const tarpit = createServer(() => {});
  const url = await listen(tarpit);
  await move(me, url);
  await postReadings(gateway, me, cgm(startOf(past), 20));
  await postReadings(gateway, neighbour, cgm(startOf(past), 11));
  await settle(gateway, neighbour);
  expect(await there(neighbour, old)).toHaveLength(11);
  expect(await there(me, old)).toHaveLength(0);
  // From there the account can still go on, with all that waited.
  await move(me, other.url);
  await settle(gateway, me);
  expect(await there(me, other)).toHaveLength(20);
  tarpit.closeAllConnections();
  tarpit.close();
});

test('and back again', async () => {
  await postReadings(gateway, me, cgm(startOf(past), 4));
  await move(me, other.url);
  await settle(gateway, me);
  await postReadings(gateway, me, cgm(startOf(past + 1), 4));
  await settle(gateway, me);
  await move(me, old.url);
  await settle(gateway, me);
  expect(await there(me, old)).toHaveLength(8);
});

test('only the account says so, never with an old word, and only to a member’s hub', async () => {
  const at = ++version;
  expect((await word(me, [other.url], at)).status).toBe(200);
  expect((await word(me, [other.url], at)).status).toBe(200);
  expect(await refusal(word(me, [old.url], at - 1))).toBe('409 GATEWAY_OLD_VERSION');
  expect(await refusal(word(me, [old.url], ++version, random(20)))).toBe('403 GATEWAY_NOT_A_HUB');
  expect(await refusal(word(me, [old.url], Date.now() + 3_600_000))).toBe('401 GATEWAY_BAD_STATEMENT');
  const thief = { ...me, person: { ...me.person, wallet: neighbour.person.wallet } };
  expect(await refusal(word(thief, [old.url]))).toBe('403 GATEWAY_NOT_A_SIGNER');
  const bytes = Hubs.encodeHubs({
    account: me.person.account,
    hubs: [{ address: scene.hubAddress, url: old.url }],
  });
  const theirs = document(scene, neighbour.person, 'hubs', bytes, ++version);
  expect((await put(gateway, '/v1/hubs', theirs)).status).toBe(400);
});
