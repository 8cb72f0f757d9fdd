// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Devices from '@islet/core/Devices';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gateway } from './Gateway.js';
import {
  bundle,
  cgm,
  document,
  openGateway,
  pair,
  postReadings,
  put,
  readingsAtHub,
  settle,
  today,
} from './gateway.testkit.js';
import { startHub, type TestHub } from './hub.testkit.js';
import { AHEAD_MS } from './limits.js';
import { gatewayMessage, newPerson, type Person, random, type Scene, startScene } from './scene.testkit.js';

let scene: Scene;
let hub: TestHub;
let gateway: Gateway;
beforeAll(async () => {
  scene = await startScene();
  hub = await startHub(scene);
  gateway = await openGateway(scene, hub, 'documents');
});
afterAll(async () => {
  await gateway?.close();
  await hub?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

const raw = 'glucose/raw';
const runs = { streams: [raw] as const, firstDay: today() - 1, days: 3 };
const told = async (path: string, body: Uint8Array) => {
  const response = await put(gateway, path, body);
  const { code } = (await response.json()) as { code?: string };
  return `${response.status}${code ? ` ${code}` : ''}`;
};
const keys = (
  person: Person,
  version: number,
  about: Partial<Parameters<typeof bundle>[2]> = {},
  signer = person,
) => document(scene, signer, 'streamKeys', bundle(person, raw, { ...runs, ...about }), version);

describe('the wallet’s keys', () => {
  test('are taken from a signer of an account that has authorised this gateway', async () => {
    const person = await newPerson(scene);
    expect(await told('/v1/keys', keys(person, 1))).toBe('403 GATEWAY_NOT_AUTHORISED');
    await gatewayMessage(scene, person, 'authoriseGateway', gateway.gatewayKey);
    const thief = { ...person, wallet: Secp256k1.secretKeyFrom(random) };
    expect(await told('/v1/keys', keys(person, 1, {}, thief))).toBe('403 GATEWAY_NOT_A_SIGNER');
    expect(await told('/v1/keys', keys(person, 1))).toBe('200');
  });

  test('with a signature, kind, hash or account that does not fit are refused', async () => {
    const { person } = await pair(scene, gateway);
    const other = await newPerson(scene);
    const bytes = bundle(person, raw, runs);
    expect(await told('/v1/keys', document(scene, person, 'devices', bytes, 1))).toBe(
      '401 GATEWAY_BAD_STATEMENT',
    );
    const good = document(scene, person, 'streamKeys', bytes, 1);
    for (const at of [40, 120, good.length - 5]) {
      const flipped = good.slice();
      flipped[at]! ^= 1;
      expect(await told('/v1/keys', flipped)).toMatch(/^40[0139] /);
    }
    const ahead = document(scene, person, 'streamKeys', bytes, Date.now() + 2 * AHEAD_MS);
    expect(await told('/v1/keys', ahead)).toBe('401 GATEWAY_BAD_STATEMENT');
    const others = document(scene, person, 'streamKeys', bundle(other, raw, runs), 1);
    expect(await told('/v1/keys', others)).toBe('400 GATEWAY_MALFORMED');
    expect(await told('/v1/keys', new Uint8Array([0x80]))).toBe('400 FORMAT_MALFORMED');
    expect(await told('/v1/keys', good)).toBe('200');
  });

  test('grow in version for each run of days, and several runs are kept', async () => {
    const paired = await pair(scene, gateway);
    const { person } = paired;
    expect(await told('/v1/keys', keys(person, 5))).toBe('200');
    expect(await told('/v1/keys', keys(person, 5))).toBe('409 GATEWAY_OLD_VERSION');
    expect(await told('/v1/keys', keys(person, 4))).toBe('409 GATEWAY_OLD_VERSION');
    expect(await told('/v1/keys', keys(person, 4, { firstDay: runs.firstDay - 10 }))).toBe('200');
    expect(await told('/v1/keys', keys(person, 6))).toBe('200');
    const early = Date.now() - 9 * 86_400_000;
    expect(await postReadings(gateway, paired, [...cgm(Date.now(), 1), ...cgm(early, 1)])).toMatchObject({
      accepted: 2,
      late: 0,
    });
  });

  test('may move where days start until the stream holds data, and not after', async () => {
    const paired = await pair(scene, gateway);
    const { person } = paired;
    expect(await told('/v1/keys', keys(person, 1, { dayOffsetMinutes: 60 }))).toBe('200');
    expect(await told('/v1/keys', keys(person, 2, { dayOffsetMinutes: -300 }))).toBe('200');
    await postReadings(gateway, paired, cgm(Date.now(), 1));
    expect(await told('/v1/keys', keys(person, 3, { dayOffsetMinutes: 60 }))).toBe(
      '409 GATEWAY_OFFSET_FIXED',
    );
    expect(await told('/v1/keys', keys(person, 3, { dayOffsetMinutes: -300 }))).toBe('200');
    await settle(gateway, paired);
    expect(await readingsAtHub(scene, person, hub, raw, [today(-300)])).toHaveLength(1);
  });

  test('outlast a restart', async () => {
    const first = await openGateway(scene, hub, 'restarted');
    const paired = await pair(scene, first, runs);
    await first.close();
    const asked = scene.custodians.map((c) => c.asked);
    const second = await openGateway(scene, hub, 'restarted');
    expect(second.gatewayKey).toEqual(first.gatewayKey);
    expect(await postReadings(second, paired, cgm(Date.now(), 1))).toMatchObject({ accepted: 1 });
    // Nor are the custodians asked again.
    expect(scene.custodians.map((c) => c.asked)).toEqual(asked);
    await second.close();
  });
});

describe('lists of devices', () => {
  test('round-trip, and refuse what names a device twice', async () => {
    const device = await Devices.of({ id: 'a', name: 'A', may: 'write', zone: 'Europe/Berlin' }, 'secret');
    const list = {
      account: random(32),
      devices: [device, await Devices.of({ id: 'b', name: 'B', may: 'read' }, 'other')],
    };
    expect(Devices.parseDevices(Devices.encodeDevices(list))).toEqual(list);
    const twice = { ...list, devices: [device, { ...device, id: 'c' }] };
    expect(() => Devices.parseDevices(Devices.encodeDevices(twice))).toThrow('names a device twice');
  });

  test('with a zone that nobody knows are refused', async () => {
    const { person } = await pair(scene, gateway);
    const device = await Devices.of({ id: 'a', name: 'A', may: 'write', zone: 'Moon/Base' }, 'secret');
    const bytes = Devices.encodeDevices({ account: person.account, devices: [device] });
    expect(await told('/v1/devices', document(scene, person, 'devices', bytes))).toBe(
      '400 INGEST_ZONE_UNKNOWN',
    );
  });
});
