// Copyright the Islet authors. AGPL-3.0-or-later.
// kill -9 of any process, at random, under load: nothing acknowledged is lost or doubled, and history stays as it was.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import * as Access from '@islet/client/Access';
import * as Day from '@islet/core/Day';
import * as Seeded from '@islet/sim/Seeded';
import { expect, test } from 'vitest';
import { start } from './islet.testkit.js';

const kills = process.env.ISLET_SOAK ? 100 : 20;
const seed = process.env.ISLET_SEED ?? '20261123';

test(`after ${kills} kills (seed ${seed}) every acknowledged reading is there once and no block changed`, async () => {
  await using islet = await start();
  const paired = (await islet.run('pair')).json;
  const random = Seeded.from(seed);
  // The first readings lie in yesterday, so that a closed day is part of it.
  const firstAt = Date.now() - 26 * 3_600_000;
  const acknowledged = new Set<number>();
  let next = 0;
  let posting = true;
  const post = async (): Promise<void> => {
    while (posting) {
      const date = firstAt + next++ * 60_000;
      const body = JSON.stringify({
        type: 'sgv',
        sgv: 100 + (next % 80),
        date,
        dateString: new Date(date).toISOString(),
        device: 'kills',
      });
      const headers = { 'api-secret': paired.apiSecret, 'content-type': 'application/json' };
      // As uploaders do: the same reading again until it is acknowledged.
      for (let tries = 0; posting && tries < 200; tries++) {
        const answer = await fetch(`${islet.ready.gateway}/api/v1/entries`, {
          method: 'POST',
          body,
          headers,
        }).catch(() => undefined);
        if (answer?.status === 200) {
          acknowledged.add(date);
          break;
        }
        await sleep(100);
      }
      await sleep(20);
    }
  };
  const load = [post(), post()];
  const hashes = new Map<number, string>();
  const victims = ['ledger', 'hub', 'gateway', 'custodian-1', 'custodian-2', 'custodian-3', 'islet'];
  for (let n = 0; n < kills; n++) {
    await sleep(200 + random.between(0, 800));
    await note(islet.ready.chain, hashes);
    const victim = victims[random.whole(0, victims.length - 1)]!;
    if (victim === 'islet') await islet.restart('SIGKILL');
    else await kill(islet.folder, victim);
  }
  await sleep(3_000);
  posting = false;
  await Promise.all(load);
  expect(acknowledged.size).toBeGreaterThan(kills * 5);

  await healthy(islet);
  for (const [number, hash] of hashes)
    expect(await hashOf(islet.ready.chain, number), `block ${number}`).toBe(hash);
  await settled(islet, paired.apiSecret);
  const home = Home.at(islet.folder);
  const me = await People.need(home, 'me');
  await using network = await connect(home);
  const lastDay = Day.of(Date.now(), 0) + 1;
  const opened = await Access.own(network, me.wallet, {
    streams: ['glucose/raw'],
    firstDay: lastDay - 5,
    lastDay,
  });
  const found = opened.segments.flatMap((s) =>
    s.content.kind === 'readings' ? s.content.readings.map((r) => r.at) : [],
  );
  expect(new Set(found).size, 'none doubled').toBe(found.length);
  const kept = new Set(found);
  expect(
    [...acknowledged].filter((at) => !kept.has(at)),
    'none lost',
  ).toEqual([]);
}, 1_200_000);

async function kill(folder: string, name: string): Promise<void> {
  const services = JSON.parse(await readFile(join(folder, 'services.json'), 'utf8'));
  const entry = name.startsWith('custodian-') ? services.custodians[Number(name.at(-1)) - 1] : services[name];
  try {
    process.kill(entry.pid, 'SIGKILL');
  } catch {
    // It is down from the kill before; its keeper starts it again.
  }
}

const ask = async (url: string, method: string, params: unknown[]): Promise<any> => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return ((await answer.json()) as any).result;
};

async function hashOf(url: string, number: number): Promise<string | undefined> {
  return (await ask(url, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, false]))?.hash;
}

async function note(url: string, hashes: Map<number, string>): Promise<void> {
  const head = await ask(url, 'islet_getHead', []).catch(() => undefined);
  if (head) hashes.set(head.number, head.hash);
}

async function healthy(islet: Awaited<ReturnType<typeof start>>): Promise<void> {
  for (let n = 0; n < 60; n++) {
    if ((await islet.run('doctor')).json.ok) return;
    await sleep(500);
  }
  throw new Error('Islet did not become whole again');
}

async function settled(islet: Awaited<ReturnType<typeof start>>, secret: string): Promise<void> {
  const headers = { 'api-secret': secret };
  await fetch(`${islet.ready.gateway}/v1/settle`, { method: 'POST', headers });
  for (let n = 0; n < 300; n++) {
    const told = (await (await fetch(`${islet.ready.gateway}/v1/status`, { headers })).json()) as any;
    if (told.segments.anchored >= told.segments.sealed) return;
    await sleep(200);
  }
  throw new Error('not everything was anchored');
}
