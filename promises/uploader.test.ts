// Copyright the Islet authors. AGPL-3.0-or-later.
// A phone app that uploads as it always did, through every way of stopping Islet, to a clinician's report.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as Day from '@islet/core/Day';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Islet, start } from './islet.testkit.js';

const minute = 60_000;
const today = Day.format(Day.of(Date.now(), 0));
/** The last whole five minutes that lie three hours back; yesterday, where today is young. */
const firstAt = Math.floor(Date.now() / (5 * minute)) * 5 * minute - 180 * minute;
const from = Day.format(Day.of(firstAt, 0));
const iso = (at: number) => new Date(at).toISOString();

let islet: Islet;
let write: string;
let read: string;
/** Sensor glucose that was acknowledged, by its time. */
const sent = new Map<number, number>();
let next = 0;

beforeAll(async () => {
  islet = await start();
  write = (await islet.run('pair', '--name', 'phone')).json.apiSecret;
  read = (await islet.run('pair', '--read', '--name', 'watch')).json.apiSecret;
});
afterAll(() => islet?.[Symbol.asyncDispose]());

describe('an uploader', () => {
  let bodies: { body: object; headers: Record<string, string>; answer: Entry[] }[];

  test('like xDrip+ sends sgv, mbg and cal in one zipped array, its secret hashed', async () => {
    const [a, b] = [reading(), reading()];
    const common = (at: number) => ({
      device: 'xDrip-DexcomG6',
      date: at,
      dateString: iso(at).replace('Z', '+0000'),
      sysTime: iso(at).replace('Z', '+0000'),
    });
    const body = [
      { ...common(a.at), type: 'sgv', sgv: a.value, direction: 'Flat', noise: 1, filtered: 0, rssi: 100 },
      { ...common(b.at), type: 'sgv', sgv: b.value, direction: 'SingleUp', noise: 1 },
      { ...common(b.at + 20_000), type: 'mbg', mbg: 118 },
      { ...common(b.at + 30_000), type: 'cal', slope: 850.5, intercept: 30_000, scale: 1 },
    ];
    const headers = {
      'api-secret': createHash('sha1').update(write).digest('hex'),
      'content-encoding': 'gzip',
    };
    const answer = await accepted(body, headers);
    expect(answer.map((e) => [e.type, e.sgv ?? e.mbg ?? e.slope])).toEqual([
      ['sgv', a.value],
      ['sgv', b.value],
      ['mbg', 118],
      ['cal', 850.5],
    ]);
    bodies = [{ body, headers, answer }];
  });

  test('like Loop gets exactly 200, and an array as long as its own, with an _id in each', async () => {
    const body = [reading(), reading(), reading()].map(({ at, value }) => ({
      date: at + 0.25,
      dateString: iso(at),
      device: 'loop://iPhone',
      type: 'sgv',
      sgv: value,
      trend: 4,
      direction: 'Flat',
    }));
    const headers = { 'api-secret': createHash('sha1').update(write).digest('hex') };
    const answer = await accepted(body, headers);
    expect(answer).toHaveLength(3);
    for (const entry of answer) expect(entry._id).toMatch(/^[0-9a-f]{24}$/);
    bodies.push({ body, headers, answer });
  });

  test('like Trio sends one object, with an identity of its own', async () => {
    const { at, value } = reading();
    const id = '0B1F6C52-6A52-4B6C-8C39-6B2E4B6B0001';
    const body = { _id: id, id, sgv: value, glucose: value, direction: 'Flat', type: 'sgv', date: at };
    const headers = { 'api-secret': write };
    const answer = await accepted({ ...body, dateString: iso(at) }, headers);
    expect(answer).toHaveLength(1);
    bodies.push({ body: { ...body, dateString: iso(at) }, headers, answer });
  });

  test('sends it all again, and nothing is added', async () => {
    const before = await readings();
    expect(before).toBe(8);
    for (const { body, headers, answer } of bodies) expect(await accepted(body, headers)).toEqual(answer);
    expect(await readings()).toBe(before);
  });

  test('sends it all again after an interrupt and a new start, and nothing is added', async () => {
    await islet.restart('SIGINT');
    for (const { body, headers, answer } of bodies) expect(await accepted(body, headers)).toEqual(answer);
    expect(await readings()).toBe(8);
  });

  test('with a wrong secret, or none, gets 401 as Nightscout says it; and nothing is kept', async () => {
    const body = [{ type: 'sgv', sgv: 100, date: firstAt - minute }];
    const none: Record<string, string>[] = [{}, { 'api-secret': 'wrong' }, { 'api-secret': '0'.repeat(40) }];
    for (const headers of none) {
      const answer = await post(body, headers);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ status: 401, message: 'Unauthorized' });
    }
    expect(await readings()).toBe(8);
  });
});

describe('the keys of devices', () => {
  test('a read key reads what was sent, newest first, and writes nothing', async () => {
    const answer = await ask('/api/v1/entries/sgv.json?count=100', read);
    expect(answer.status).toBe(200);
    const entries = (await answer.json()) as Entry[];
    expect(entries.map((e) => [e.date, e.sgv])).toEqual([...sent].reverse());
    const body = [{ type: 'sgv', sgv: 100, date: firstAt - minute }];
    expect((await post(body, { 'api-secret': read })).status).toBe(401);
    expect(await readings()).toBe(8);
  });

  test('a write key reads nothing, in no place where a key can stand', async () => {
    for (const path of ['entries', 'entries.json', 'entries/sgv.json', 'entries/current.json', 'entries/mbg'])
      for (const form of [
        { 'api-secret': write },
        { 'api-secret': createHash('sha1').update(write).digest('hex') },
        { authorization: `Bearer ${write}` },
      ] as Record<string, string>[]) {
        const answer = await fetch(`${islet.ready.gateway}/api/v1/${path}`, { headers: form });
        expect(answer.status, path).toBe(401);
        expect(await answer.text()).not.toMatch(/sgv|mbg/);
      }
    const url = `${islet.ready.gateway}/api/v1/entries.json`;
    expect((await fetch(`${url}?token=${write}`)).status).toBe(401);
    expect((await fetch(`${url}?token=${read}`)).status).toBe(200);
  });
});

describe('what was sent', () => {
  test('reaches a clinician, verified, moments later', async () => {
    await settled();
    const granted = await islet.run(
      'grant',
      '--reader',
      'clinic',
      '--streams',
      'glucose/raw',
      '--from',
      from,
      '--to',
      today,
      '--until',
      '2200-01-01',
    );
    expect(granted.code, JSON.stringify(granted.json)).toBe(0);
    await reported();
  });

  test('a second Islet on the folder is refused clearly, and the first goes on', async () => {
    const second = await islet.run('up');
    expect(second.code).not.toBe(0);
    expect(second.json.error.code).toBe('CLI_ALREADY_RUNNING');
    expect(second.json.error.message).toContain(islet.folder);
    expect(second.json.error.message).toContain('npx islet down');
    expect(second.text).not.toMatch(/\n\s+at /);
    await accepted([entry(reading())], { 'api-secret': write });
    expect((await islet.run('doctor')).json.problems).toEqual([]);
  });

  test('is there after `islet down`, which says when there is nothing to stop', async () => {
    expect((await islet.run('down')).json).toEqual({ stopped: true });
    expect((await islet.run('down')).json).toEqual({ stopped: false });
    const refused = await islet.run('report', '--as', 'clinic', '--from', from, '--to', today);
    expect(refused.json.error.code).toBe('CLI_NOT_RUNNING');
    await islet.restart();
    await accepted([entry(reading())], { 'api-secret': write });
    expect(await readings()).toBe(10);
  });

  test('is there after kill -9 of everything at once, and so is the grant', async () => {
    // Acknowledged a moment before: on no disk but the gateway's journal, perhaps.
    await accepted([entry(reading())], { 'api-secret': write });
    const told = JSON.parse(await readFile(join(islet.folder, 'services.json'), 'utf8'));
    for (const { pid } of [told.ledger, told.hub, told.gateway, ...told.custodians, told.supervisor])
      process.kill(pid, 'SIGKILL');
    await islet.restart('SIGKILL');
    expect(await readings()).toBe(11);
    await settled();
    await reported();
    const answer = await ask('/api/v1/entries/sgv.json?count=100', read);
    expect(((await answer.json()) as Entry[]).map((e) => e.date)).toEqual([...sent.keys()].reverse());
  });
});

type Entry = { _id: string; type: string; date: number; sgv?: number; mbg?: number; slope?: number };

/** The next reading of the sensor. */
function reading(): { at: number; value: number } {
  const made = { at: firstAt + next * 5 * minute, value: 90 + 7 * next };
  next++;
  sent.set(made.at, made.value);
  return made;
}

const entry = ({ at, value }: { at: number; value: number }) => ({
  type: 'sgv',
  sgv: value,
  date: at,
  dateString: iso(at),
});

function post(body: object, headers: Record<string, string>): Promise<Response> {
  const text = JSON.stringify(body);
  return fetch(`${islet.ready.gateway}/api/v1/entries`, {
    method: 'POST',
    body: headers['content-encoding'] === 'gzip' ? new Uint8Array(gzipSync(text)) : text,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

async function accepted(body: object, headers: Record<string, string>): Promise<Entry[]> {
  const answer = await post(body, headers);
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  return JSON.parse(text);
}

const ask = (path: string, secret: string): Promise<Response> =>
  fetch(`${islet.ready.gateway}${path}`, { headers: { 'api-secret': secret } });

async function status(): Promise<{ readings: number; segments: { sealed: number; anchored: number } }> {
  const answer = await ask('/v1/status', write);
  return (await answer.json()) as Awaited<ReturnType<typeof status>>;
}

const readings = async (): Promise<number> => (await status()).readings;

async function settled(): Promise<void> {
  const headers = { 'api-secret': write };
  const answer = await fetch(`${islet.ready.gateway}/v1/settle`, { method: 'POST', headers });
  expect(answer.status).toBe(200);
  for (let n = 0; n < 300; n++) {
    const { segments } = await status();
    if (segments.anchored >= segments.sealed) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('not everything was anchored');
}

/** The clinician's report is of what was acknowledged, no more and no less. */
async function reported(): Promise<void> {
  const { code, json } = await islet.run('report', '--as', 'clinic', '--from', from, '--to', today);
  expect(code, JSON.stringify(json)).toBe(0);
  const values = [...sent.values()];
  expect(json.stream).toBe('glucose/raw');
  expect(json.metrics.n).toBe(values.length);
  expect(json.metrics.meanMgDl).toBeCloseTo(values.reduce((a, b) => a + b, 0) / values.length, 9);
  expect(json.verified.receipts).toBeGreaterThan(0);
}
