// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdir, readFile, stat } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import type { Reading } from '@islet/core/Reading';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import { Journal } from '@islet/store/Journal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cgm,
  get,
  ingestBody,
  ok,
  openSegment,
  type Paired,
  pair,
  post,
  postReadings,
  settle,
  today,
} from './gateway.testkit.js';
import { startHub, type TestHub } from './hub.testkit.js';
import { compile, environment, type Program, type Running, start } from './process.testkit.js';
import * as Record from './Record.js';
import { random, type Scene, startScene } from './scene.testkit.js';

let scene: Scene;
let hub: TestHub;
let program: Program;
beforeAll(async () => {
  [scene, program] = await Promise.all([startScene(), compile()]);
  hub = await startHub(scene);
});
afterAll(async () => {
  await hub?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
  await program?.[Symbol.asyncDispose]();
});

const glucose = ['glucose/raw', 'glucose/hour', 'glucose/day', 'note/raw'] as const;
const runs = { streams: glucose, firstDay: today() - 3, days: 5 };

async function stop(running: Running): Promise<void> {
  running.child.kill('SIGTERM');
  expect(await running.exited).toBe(0);
}

/** Everything the journal holds of a person, opened with both locks. */
async function readJournal(folder: string, { person }: Paired): Promise<Reading[]> {
  await using journal = await Journal.open(join(folder, 'journal'));
  const epochs = new Map<string, { epoch: Epoch.Epoch; shares: Shares.Shares }>();
  const found: Reading[] = [];
  const numbers = new Map<string, number>();
  for await (const { record } of journal.read()) {
    const parsed = Record.parse(record);
    if (parsed.is !== 'commit') continue;
    const { commit } = parsed;
    commit.epochs.forEach((bytes, i) => {
      const epoch = Epoch.parse(bytes);
      epochs.set(toHex(epoch.hash), { epoch, shares: Shares.parse(commit.shares[i]!) });
    });
    for (const segment of commit.segments.map(Segment.parse)) {
      const chain = toHex(segment.header.chain);
      expect(segment.header.number).toBe((numbers.get(chain) ?? 0) + 1);
      numbers.set(chain, segment.header.number);
      const { epoch, shares } = epochs.get(toHex(segment.header.epochHash))!;
      const content = await openSegment(scene, person, segment, epoch, shares);
      if (content.kind === 'readings') found.push(...content.readings);
    }
  }
  return found;
}

/** A small generator with a seed, so that a failing run can be had again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

describe('killed without warning', () => {
  test('every acknowledged reading is in the journal and opens, five times over', async () => {
    const folder = join(scene.folder, 'killed');
    const env = await environment(scene, hub, folder);
    const next = seeded(20_261_123);
    let running = await start(program, env);
    const paired = await pair(scene, running, runs);
    const readings = cgm(Date.now() - 40 * 3_600_000, 4_000).map((r, i) => ({
      ...r,
      at: r.at - 299_000 * i,
    }));
    const acknowledged: Reading[] = [];
    let at = 0;
    for (let kill = 0; kill < 5; kill++) {
      const until = acknowledged.length + 5 + Math.floor(next() * 40);
      const { child, url } = running;
      const uploader = async () => {
        while (acknowledged.length < until || child.exitCode === null) {
          const size = 1 + Math.floor(next() * 3);
          const mine = readings.slice(at, at + size) as Reading[];
          at += size;
          const response = await post({ url }, '/v1/readings', paired.write, ingestBody(mine)).catch(
            () => undefined,
          );
          if (response?.status !== 200) return;
          acknowledged.push(...mine);
        }
      };
      const uploaders = Promise.all(Array.from({ length: 6 }, uploader));
      while (acknowledged.length < until) await new Promise((done) => setTimeout(done, 1 + next() * 10));
      child.kill('SIGKILL');
      await running.exited;
      await uploaders;
      running = await start(program, env);
    }
    expect(acknowledged.length).toBeGreaterThan(50);
    // What the window says after all of it, and what clients that send everything again are told.
    const again = await postReadings(running, paired, acknowledged);
    expect(again).toMatchObject({ accepted: 0, duplicates: acknowledged.length });
    await settle(running, paired);
    await stop(running);
    const said = (r: Reading) => `${r.at} ${r.kind === 'glucose' && r.value}`;
    const opened = new Set((await readJournal(folder, paired)).map(said));
    for (const reading of acknowledged) expect(opened.has(said(reading))).toBe(true);
    expect(hub.faults).toEqual([]);
  });
});

describe('on the disk', () => {
  test('no reading, no secret and no key lies outside keys/, nor is any said aloud', async () => {
    const folder = join(scene.folder, 'marked');
    const running = await start(program, { ...(await environment(scene, hub, folder)), ISLET_LOG: 'trace' });
    const paired = await pair(scene, running, runs);
    const marker = `marker${toHex(random(16))}`;
    const day = today() - 1;
    const [reading] = cgm(Day.startOf(day, 0), 1) as [Reading];
    const note = { ...reading, kind: 'note', text: marker } as unknown as Reading;
    const named = cgm(Day.startOf(day, 0), 30).map((r) => ({
      ...r,
      source: { ...r.source, device: marker },
    }));
    await postReadings(running, paired, [note, ...named], marker);
    const live = [{ type: 'sgv', sgv: 111, date: Date.now(), device: marker, secret: paired.write }];
    await ok(post(running, `/api/v1/entries?token=${paired.write}`, '', live));
    await ok(get(running, `/api/v1/entries?count=3&find[type]=sgv&token=${paired.read}`, ''));
    await post(running, '/api/v1/entries', paired.write, new TextEncoder().encode(`{"sgv": "${marker}`));
    await settle(running, paired);
    await stop(running);

    const keys = await Promise.all(
      (await readdir(join(folder, 'keys'))).map(async (name) => {
        expect((await stat(join(folder, 'keys', name))).mode & 0o777).toBe(0o600);
        return readFile(join(folder, 'keys', name));
      }),
    );
    expect(keys).toHaveLength(3);
    const texts = [marker, paired.write, paired.read].flatMap((text) => [
      Buffer.from(text),
      Buffer.from(text).toString('base64'),
      Buffer.from(text).toString('hex'),
    ]);
    const needles = [...texts, ...keys.flatMap((key) => [key, key.toString('hex'), key.toString('base64')])];
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((f) => f.isFile());
    const outside = files.filter((f) => !f.parentPath.endsWith('/keys'));
    expect(outside.length).toBeGreaterThan(5);
    for (const file of outside) {
      const bytes = await readFile(join(file.parentPath, file.name));
      for (const needle of needles) expect(bytes.includes(needle)).toBe(false);
    }
    for (const needle of needles) expect(Buffer.from(running.said()).includes(needle)).toBe(false);
    expect(running.said()).toContain('started');
  });
});

describe('under load', () => {
  test('single posts share their syncs, and bulk goes at its own pace', async () => {
    const folder = join(scene.folder, 'loaded');
    const running = await start(program, await environment(scene, hub, folder));
    const people = await Promise.all([1, 2].map(() => pair(scene, running, runs)));
    const bulk = cgm(Day.startOf(runs.firstDay, 0), 3 * 288).flatMap((r, i) =>
      Array.from({ length: 12 }, (_, k) => ({ ...r, at: r.at + k * 1000, value: 60 + ((i * 7 + k) % 200) })),
    ) as Reading[];
    let begun = performance.now();
    expect(await postReadings(running, people[0]!, bulk, 'bulk')).toMatchObject({ accepted: bulk.length });
    const bulkRate = bulk.length / ((performance.now() - begun) / 1000);

    const singles = cgm(Date.now(), 1_500).map((r, i) => ({ ...r, at: Date.now() - 1000 * i }) as Reading);
    await postReadings(running, people[1]!, singles.splice(0, 1));
    const times: number[] = [];
    begun = performance.now();
    let next = 0;
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const uploader = async () => {
      while (next < singles.length) {
        const body = ingestBody([singles[next++]!]);
        const sent = performance.now();
        expect(await postBy(agent, `${running.url}/v1/readings`, people[1]!.write, body)).toBe(200);
        times.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: 8 }, uploader));
    agent.destroy();
    const rate = singles.length / ((performance.now() - begun) / 1000);
    times.sort((a, b) => a - b);
    const p99 = times[Math.floor(times.length * 0.99)]!;
    console.log(
      `bulk ${Math.round(bulkRate)} readings/s; single posts ${Math.round(rate)}/s, p50 ${times[times.length >> 1]!.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    );
    await using journal = await stopThen(running, () => Journal.open(join(folder, 'journal')));
    // Far fewer records than posts: that is what group commit means.
    expect(journal.next).toBeLessThan(singles.length);
  });
});

/** A post without the cost of `fetch`, which would be most of what is measured. */
const postBy = (agent: Agent, url: string, secret: string, body: Uint8Array): Promise<number | undefined> =>
  new Promise((done, fail) => {
    const headers = { 'api-secret': secret, 'content-length': body.length };
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      response.resume();
      response.once('end', () => done(response.statusCode));
    });
    sent.once('error', fail);
    sent.end(body);
  });

async function stopThen<T>(running: Running, then: () => Promise<T>): Promise<T> {
  await stop(running);
  return then();
}
