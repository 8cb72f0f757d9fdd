// Copyright the Islet authors. AGPL-3.0-or-later.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { encode } from '@islet/core/codec';
import * as Day from '@islet/core/Day';
import * as Devices from '@islet/core/Devices';
import * as Look from '@islet/core/Look';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gateway } from './Gateway.js';
import {
  cgm,
  document,
  get,
  ingestBody,
  ok,
  openGateway,
  type Paired,
  pair,
  post,
  postReadings,
  put,
  putDevices,
  question,
  readingsAtHub,
  settle,
  status,
  today,
} from './gateway.testkit.js';
import { startHub, type TestHub } from './hub.testkit.js';
import type { Entry } from './nightscout/Entries.js';
import { type Scene, startScene } from './scene.testkit.js';

let scene: Scene;
let hub: TestHub;
let gateway: Gateway;
let paired: Paired;
beforeAll(async () => {
  scene = await startScene();
  hub = await startHub(scene);
  gateway = await openGateway(scene, hub, 'nightscout');
  paired = await someone();
});
afterAll(async () => {
  await gateway?.close();
  await hub?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

const someone = () =>
  pair(scene, gateway, { streams: ['glucose/raw', 'device/raw'], firstDay: today() - 2, days: 5 });

const upload = async (body: object, who = paired): Promise<Entry[]> =>
  (await (await ok(post(gateway, '/api/v1/entries', who.write, body))).json()) as Entry[];
const ask = async (query: string, who = paired): Promise<Entry[]> =>
  (await (await ok(get(gateway, `/api/v1/entries${query}`, who.read))).json()) as Entry[];
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const now = Date.now();
const iso = (at: number) => new Date(at).toISOString();

describe('uploads of', () => {
  test('xDrip+: an array of sgv, mbg and cal, zone without a colon, gzip', async () => {
    const who = await someone();
    const common = {
      device: 'xDrip-DexcomG5',
      date: now,
      dateString: iso(now).replace('Z', '+0000'),
      sysTime: iso(now),
    };
    const rows = [
      {
        ...common,
        type: 'sgv',
        sgv: 101,
        delta: 1.234,
        direction: 'Flat',
        filtered: 1,
        unfiltered: 1,
        rssi: 100,
        noise: 1,
      },
      { ...common, type: 'mbg', mbg: 105 },
      { ...common, type: 'cal', slope: 850.5, intercept: 30_000, scale: 1 },
    ];
    const zipped = new Uint8Array(gzipSync(JSON.stringify(rows)));
    const response = await ok(
      post(gateway, '/api/v1/entries', who.write, zipped, { 'content-encoding': 'gzip' }),
    );
    const answer = (await response.json()) as Entry[];
    expect(answer.map((e) => [e.type, e.sgv ?? e.mbg ?? e.slope])).toEqual([
      ['sgv', 101],
      ['mbg', 105],
      ['cal', 850.5],
    ]);
    expect(new Set(answer.map((e) => e._id)).size).toBe(3);
    for (const { _id } of answer) expect(_id).toMatch(/^[0-9a-f]{24}$/);
    // Sent again, as after a lost answer: the same ids, nothing new.
    expect(await upload(rows, who)).toEqual(answer);
    expect(await status(gateway, who)).toMatchObject({ readings: 3 });
    await settle(gateway, who);
    const held = await readingsAtHub(scene, who.person, hub, 'glucose/raw', [today()]);
    expect(held.map((r) => r.kind === 'glucose' && r.method).sort()).toEqual(['cgm', 'meter']);
  });

  test('Loop: a date with a fraction, `_id` of its own, always 200 and an array', async () => {
    const row = {
      date: now + 0.25,
      dateString: iso(now).replace(/\.\d+Z/, 'Z'),
      device: 'loop://iPhone',
      type: 'sgv',
      sgv: 142,
      trend: 4,
      direction: 'Flat',
      trendRate: 0.1,
      isCalibration: false,
      _id: '6562f00d',
    };
    const [entry] = await upload([row]);
    expect(entry).toMatchObject({ sgv: 142, date: now, utcOffset: 0, device: 'loop://iPhone' });
    expect(typeof entry!._id).toBe('string');
  });

  test('Trio: uuid identities; two records of one moment with different identities stay two', async () => {
    const who = await someone();
    const row = (id: string) => ({
      _id: id,
      id,
      sgv: 99,
      glucose: 99,
      direction: 'Flat',
      date: now,
      dateString: iso(now),
      noise: 1,
      type: 'sgv',
    });
    const answer = await upload([row('9f1c0a6e-1'), row('9f1c0a6e-2'), row('9f1c0a6e-1')], who);
    expect(answer).toHaveLength(3);
    expect(answer[0]!._id).toBe(answer[2]!._id);
    expect(answer[0]!._id).not.toBe(answer[1]!._id);
    expect(await ask('.json', who)).toHaveLength(2);
  });

  test('one object instead of an array, and none at all', async () => {
    expect(await upload({ type: 'sgv', sgv: 88, date: now - 60_000 })).toHaveLength(1);
    expect(await upload([])).toEqual([]);
  });

  test('a device that says its zone, for clients that tell UTC only', async () => {
    const who = await someone();
    const secret = 'a secret of 24 bytes at least';
    const phone = await Devices.of({ id: 'p', name: 'P', may: 'write', zone: 'Asia/Kolkata' }, secret);
    await putDevices(scene, gateway, who.person, [phone]);
    const [entry] = await upload([{ type: 'sgv', sgv: 88, date: now, dateString: iso(now) }], {
      ...who,
      write: secret,
    });
    expect(entry!.utcOffset).toBe(330);
  });

  test('rows partly wrong: the good are kept, the others say why; all wrong is 400', async () => {
    const who = await someone();
    const rows = [
      { type: 'sgv', sgv: 100, date: now },
      { type: 'sgv', date: now },
      { type: 'sgv', sgv: 100 },
    ];
    const answer = await upload(rows, who);
    expect(answer.map((e) => Object.keys(e).includes('_id'))).toEqual([true, false, false]);
    expect(answer.slice(1)).toEqual([{ error: 'value' }, { error: 'time' }]);
    const response = await post(gateway, '/api/v1/entries', who.write, rows.slice(1));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('entry 0');
    expect(await status(gateway, who)).toMatchObject({ readings: 1 });
  });

  test.each([
    ['not JSON', '{"sgv": 1', 400],
    ['something else', '{"eventType":"Note"}', 400],
    ['a bare number', '7', 400],
    ['a text of ten thousand brackets', '['.repeat(10_000), 400],
    ['eleven megabytes', ' '.repeat(11 * 1024 * 1024), 413],
  ])('%s are refused', async (_, body, code) => {
    const response = await post(gateway, '/api/v1/entries', paired.write, new TextEncoder().encode(body));
    expect(response.status).toBe(code);
  });

  test('deep nesting in a field that nobody reads does no harm', async () => {
    const nested = `[{"type":"sgv","sgv":100,"date":${now},"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}]`;
    const response = await ok(
      post(gateway, '/api/v1/entries', paired.write, new TextEncoder().encode(nested)),
    );
    expect(await response.json()).toHaveLength(1);
  });

  test('a gzip bomb is refused before it is unpacked', async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(200 * 1024 * 1024, 32)));
    const response = await post(gateway, '/api/v1/entries', paired.write, bomb, {
      'content-encoding': 'gzip',
    });
    expect(response.status).toBe(413);
    const brotli = await post(gateway, '/api/v1/entries', paired.write, bomb, { 'content-encoding': 'br' });
    expect(brotli.status).toBe(415);
  });
});

describe('questions', () => {
  let who: Paired;
  const start = now - 30 * 5 * 60_000;
  beforeAll(async () => {
    who = await someone();
    await postReadings(gateway, who, cgm(start, 30));
    await upload([{ type: 'mbg', mbg: 90, date: now - 1000 }], who);
  });

  test('are answered newest first, ten by default, with Nightscout’s fields', async () => {
    const answer = await ask('.json', who);
    expect(answer).toHaveLength(10);
    expect(answer.map((e) => e.date)).toEqual(answer.map((e) => e.date).toSorted((a, b) => b - a));
    expect(answer[0]).toEqual({
      _id: answer[0]!._id,
      type: 'mbg',
      mbg: 90,
      date: now - 1000,
      dateString: iso(now - 1000),
      sysTime: iso(now - 1000),
      utcOffset: 0,
      device: 'nightscout',
    });
    expect(await ask('/sgv.json?count=1000', who)).toHaveLength(30);
    expect(await ask('/current', who)).toMatchObject([{ type: 'sgv' }]);
  });

  test('take the operators that clients send', async () => {
    const middle = start + 15 * 5 * 60_000;
    const count = async (query: string) => (await ask(`?count=99&${query}`, who)).length;
    expect(await count(`find[date][$gt]=${middle}`)).toBe(15);
    expect(await count(`find[date][$gte]=${middle}`)).toBe(16);
    expect(await count(`find[date][$lte]=${middle}&find[type][$ne]=cal`)).toBe(16);
    expect(await count(`find[date][$lt]=${middle}.5`)).toBe(16);
    expect(await count(`find[date]=${middle}`)).toBe(1);
    expect(await count(`find[date][$ne]=${middle}`)).toBe(30);
    expect(await count(`find[dateString][$gte]=${iso(middle)}`)).toBe(16);
    expect(await count(`find[dateString][$gte]=${iso(middle).replace('Z', '+0000')}`)).toBe(16);
    expect(await count('find[type]=mbg')).toBe(1);
    expect(await count('find[type][$eq]=cal')).toBe(0);
  });

  test('with any other field or operator are refused, not widened', async () => {
    for (const query of [
      'find[$where]=1',
      'find[date][$regex]=1',
      'find[__proto__][$gt]=1',
      'count=-1',
      'find[date][$gt]=x',
    ])
      expect((await get(gateway, `/api/v1/entries?${query}`, who.read)).status).toBe(400);
  });

  test('go back four days where no time is said', async () => {
    const other = await someone();
    await postReadings(gateway, other, [...cgm(now - 5 * 86_400_000, 1), ...cgm(now, 1)]);
    expect(await ask('?count=50', other)).toHaveLength(1);
    expect(await ask(`?count=50&find[date][$gte]=${now - 6 * 86_400_000}`, other)).toHaveLength(2);
  });

  test('leave a signed line each, which the wallet can ask for and nobody else', async () => {
    const other = await someone();
    await upload([{ type: 'sgv', sgv: 123, date: now }], other);
    for (let i = 0; i < 3; i++) await ask('.json', other);
    const looksOf = (statement: string) =>
      fetch(`${gateway.url}/v1/looks`, { headers: { 'x-islet-statement': statement } });
    const { looks } = (await (await ok(looksOf(question(scene, other.person)))).json()) as {
      looks: Look.Look[];
    };
    expect(looks.map((l) => [l.device, l.count])).toEqual(Array(3).fill(['watch', 1]));
    expect(await Look.verify(looks, gateway.gatewayKey)).toBe(true);
    expect(await Look.verify([looks[0]!, looks[2]!], gateway.gatewayKey)).toBe(false);
    expect(await Look.verify([{ ...looks[0]!, count: 0 }], gateway.gatewayKey)).toBe(false);
    expect((await looksOf(question(scene, other.person, Date.now() - 3 * 60_000))).status).toBe(401);
    expect((await looksOf('00')).status).toBe(400);
    const stranger = { ...other.person, wallet: paired.person.wallet };
    expect((await looksOf(question(scene, stranger))).status).toBe(403);
  });
});

test('an app that asks many questions at once leaves lines that count them all', async () => {
  const other = await someone();
  await upload([{ type: 'sgv', sgv: 123, date: now }], other);
  await Promise.all(Array.from({ length: 20 }, () => ask('.json', other)));
  const headers = { 'x-islet-statement': question(scene, other.person) };
  const told = await (await ok(fetch(`${gateway.url}/v1/looks`, { headers }))).json();
  const { looks, devices } = told as { looks: Look.Look[]; devices: object[] };
  expect(looks.reduce((sum, look) => sum + look.count, 0)).toBe(20);
  expect(looks.length).toBeLessThanOrEqual(20);
  expect(await Look.verify(looks, gateway.gatewayKey)).toBe(true);
  expect(devices).toEqual([
    { id: 'phone', name: 'Phone', may: 'write' },
    { id: 'watch', name: 'Watch', may: 'read' },
  ]);
});

describe('device keys', () => {
  const entries = '/api/v1/entries.json';
  const told = async (headers: Record<string, string>, query = '') =>
    (await fetch(`${gateway.url}${entries}${query}`, { headers })).status;

  test('are taken as themselves or as their SHA-1, in any of the usual places', async () => {
    const { read } = paired;
    expect(await told({ 'api-secret': read })).toBe(200);
    expect(await told({ 'API-SECRET': sha1(read) })).toBe(200);
    expect(await told({ 'api-secret': sha1(read).toUpperCase() })).toBe(200);
    expect(await told({ authorization: `Bearer ${read}` })).toBe(200);
    expect(await told({}, `?token=${read}`)).toBe(200);
    expect(await told({}, `?secret=${sha1(read)}`)).toBe(200);
  });

  test('that write cannot read, that read cannot write, and that are unknown can nothing', async () => {
    const unauthorised = { status: 401, message: 'Unauthorized', description: 'Invalid/Missing' };
    const row = [{ type: 'sgv', sgv: 100, date: now }];
    const bad = [
      await get(gateway, entries, paired.write),
      await post(gateway, entries, paired.read, row),
      await get(gateway, entries, 'nobody'),
      await get(gateway, entries, ''),
      await get(gateway, '/api/v1/experiments/test', 'nobody'),
    ];
    for (const response of bad) {
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual(unauthorised);
    }
    expect((await post(gateway, '/v1/readings', paired.read, ingestBody(cgm(now, 1)))).status).toBe(403);
    expect((await post(gateway, '/v1/withdraw', paired.read, { importId: 'x' })).status).toBe(403);
    expect((await post(gateway, '/v1/settle', paired.read, {})).status).toBe(403);
    expect((await get(gateway, '/v1/status', 'nobody')).status).toBe(401);
  });

  test('see their own person only', async () => {
    const other = await someone();
    await upload([{ type: 'sgv', sgv: 55, date: now }], other);
    expect(await ask('.json?find[sgv]=55')).toEqual([]);
  });

  test('left out of the wallet’s newer list are revoked; an older list does not come back', async () => {
    const who = await someone();
    const only = await Devices.of({ id: 'watch', name: 'Watch', may: 'read' }, who.read);
    const bytes = Devices.encodeDevices({ account: who.person.account, devices: [only] });
    const old = document(scene, who.person, 'devices', bytes, 1);
    expect((await put(gateway, '/v1/devices', old)).status).toBe(409);
    await putDevices(scene, gateway, who.person, [only]);
    expect((await post(gateway, entries, who.write, [{ type: 'sgv', sgv: 100, date: now }])).status).toBe(
      401,
    );
    expect((await get(gateway, entries, who.read)).status).toBe(200);
  });

  test('are what the login checks of clients look at', async () => {
    const verify = async (secret: string) =>
      ((await (await get(gateway, '/api/v1/verifyauth', secret)).json()) as { message: object }).message;
    expect(await verify(paired.write)).toMatchObject({ canRead: false, canWrite: true, message: 'OK' });
    expect(await verify(paired.read)).toMatchObject({ canRead: true, canWrite: false, rolefound: 'FOUND' });
    expect(await verify('nobody')).toMatchObject({
      canRead: false,
      canWrite: false,
      message: 'UNAUTHORIZED',
    });
    expect((await get(gateway, '/api/v1/experiments/test', sha1(paired.write))).status).toBe(200);
    const about = await (await fetch(`${gateway.url}/api/v1/status.json`)).json();
    expect(about).toMatchObject({ status: 'ok', apiEnabled: true, version: expect.stringMatching(/^15\./) });
    expect(await (await fetch(`${gateway.url}/health`)).json()).toMatchObject({ ok: true });
  });
});

test('readings in Islet’s own form that cannot be are refused whole', async () => {
  const send = async (body: Uint8Array) => (await post(gateway, '/v1/readings', paired.write, body)).status;
  const [reading] = cgm(now, 1);
  expect(await send(new Uint8Array([1, 2, 3]))).toBe(400);
  expect(await send(ingestBody([{ ...reading!, value: -1 } as never]))).toBe(400);
  const row = [0, 0, Day.endOf(Day.last, 0) + 1, 0, '', null, 100, 0, 0, 0];
  const far = encode('islet/readings', 1, [[['an app', 'a device']], [row]]);
  expect(await send(encode('islet/ingest', 1, ['', far]))).toBe(400);
  expect(await send(ingestBody([reading!]).slice(0, -1))).toBe(400);
  expect(await send(new Uint8Array(9 * 1024 * 1024))).toBe(413);
});
