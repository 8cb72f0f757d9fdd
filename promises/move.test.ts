// Copyright the Islet authors. AGPL-3.0-or-later.
// A person goes to another gateway, then to another hub, which run as processes of their own: nothing is lost, apps need only
// the new gateway's address, and readers nothing at all.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@islet/cli/Connect';
import * as Environment from '@islet/cli/Environment';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import * as Access from '@islet/client/Access';
import { toHex } from '@islet/core/crypto/bytes';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Day from '@islet/core/Day';
import * as Receipt from '@islet/core/Receipt';
import * as PrivateFile from '@islet/store/PrivateFile';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Islet, start } from './islet.testkit.js';

const program = fileURLToPath(new URL('../packages/cli/bin/islet.mjs', import.meta.url));
const hubMain = fileURLToPath(new URL('../packages/hub/dist/main.js', import.meta.url));
const gatewayMain = fileURLToPath(new URL('../packages/gateway/dist/main.js', import.meta.url));
const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
const begins = Date.parse(`${day}T08:00:00Z`);
let islet: Islet;
let folder: string;
let second: { child: ChildProcess; url: string };
let hub: typeof second;
let hubAddress: string;
let secret: string;
let sent = 0;

const ok = async (...args: string[]): Promise<Record<string, any>> => {
  const { code, json } = await islet.run(...args);
  expect(code, JSON.stringify(json)).toBe(0);
  return json;
};
const refusal = async (...args: string[]) => (await islet.run(...args)).json.error?.code;
const seen = async (): Promise<number> =>
  (await ok('report', '--as', 'me', '--from', day, '--to', day)).metrics.n;

/** One more reading, as an app sends it. */
async function post(url: string): Promise<number> {
  // Close together, so that however many an app sends, they are of one day.
  const date = begins + sent++ * 20_000;
  const entry = {
    type: 'sgv',
    sgv: 120 + sent,
    date,
    dateString: new Date(date).toISOString(),
    device: 'app',
  };
  const headers = { 'api-secret': secret, 'content-type': 'application/json' };
  const body = JSON.stringify([entry]);
  return (await fetch(`${url}/api/v1/entries`, { method: 'POST', headers, body })).status;
}

async function startGateway(port = 0): Promise<typeof second> {
  const home = Home.at(islet.folder);
  await using network = await connect(home);
  const { ledger } = JSON.parse(await readFile(Home.services(home), 'utf8'));
  const chain = { url: ledger.url, validators: await Home.validators(home) };
  const custodians = network.custodians.map(({ url }) => url);
  return serve(gatewayMain, {
    ...Environment.gateway(home, port, chain, network.hub.url, custodians),
    ISLET_GATEWAY_FOLDER: folder,
  });
}

/** A hub with a folder and a relay key of its own, as another member would run it. */
async function startHub(port = 0): Promise<typeof second> {
  const home = Home.at(islet.folder);
  await using network = await connect(home);
  const { ledger } = JSON.parse(await readFile(Home.services(home), 'utf8'));
  const chain = { url: ledger.url, validators: await Home.validators(home) };
  const custodians = network.custodians.map(({ url }) => url);
  return serve(hubMain, {
    ...Environment.hub(home, port, chain, custodians),
    ISLET_HUB_FOLDER: join(folder, 'hub'),
    ISLET_HUB_KEY: join(folder, 'relay.key'),
  });
}

async function serve(main: string, env: Record<string, string>): Promise<typeof second> {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', () => reject(new Error('it ended before it was ready')));
  });
  return { child, url: `http://127.0.0.1:${JSON.parse(line).port}` };
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

const grants: string[] = [];
async function grantToClinic(): Promise<void> {
  const bounds = ['--from', day, '--to', day, '--until', '2200-01-01', '--purpose', 'treatment'];
  grants.push((await ok('grant', '--reader', 'clinic', '--streams', 'glucose/raw', ...bounds)).grant);
}

/** Comes true once batches are made and gateways have put. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 1; !(await holds()); tries++) {
    expect(tries).toBeLessThan(60);
    await sleep(500);
  }
}

const gateways = async () => {
  const home = Home.at(islet.folder);
  await using network = await connect(home);
  const { wallet } = await People.need(home, 'me');
  await network.chain.follow();
  const all = [...network.chain.state.accounts.get(toHex(wallet.account))!.gateways.values()];
  return { all: all.length, active: all.filter((g) => g.endedAt === null).length };
};

beforeAll(async () => {
  islet = await start();
  folder = await mkdtemp(join(tmpdir(), 'islet-second-gateway-'));
  secret = (await ok('pair')).apiSecret;
  expect(await post(islet.ready.gateway)).toBe(200);
  second = await startGateway();
});
afterAll(async () => {
  await end(second?.child);
  await end(hub?.child);
  await islet?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('an address where no gateway answers changes nothing', async () => {
  expect(await refusal('move', '--gateway', islet.ready.hub)).toBe('MOVE_NO_GATEWAY');
  expect(await refusal('move', '--gateway', islet.ready.gateway)).toBe('MOVE_ALREADY_THERE');
  expect(await refusal('move', '--end')).toBe('MOVE_NOTHING');
  expect(await gateways()).toEqual({ all: 1, active: 1 });
});

test('cut short while it is told keys, the old gateway is still the one, and both may write', async () => {
  const child = spawn(process.execPath, [program, 'move', '--gateway', second.url, '--json'], {
    env: { ...process.env, ISLET_HOME: islet.folder, TZ: 'UTC' },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const known = () => fetch(`${second.url}/v1/status`, { headers: { 'api-secret': secret } });
  // From the first keys on, the new gateway has a folder for the account.
  const told = () => readdir(join(folder, 'accounts')).catch(() => []);
  while (child.exitCode === null && (await told()).length === 0) await sleep(5);
  child.kill('SIGKILL');
  await ended;
  expect(child.signalCode).toBe('SIGKILL');
  expect((await known()).status).not.toBe(200);
  expect(await post(islet.ready.gateway)).toBe(200);
});

test('run again, it tells the new one keys and apps, and both take what apps send', async () => {
  const moved = await ok('move', '--gateway', second.url, '--keep-old');
  expect(moved).toMatchObject({ gateway: second.url, ended: [], before: { url: islet.ready.gateway } });
  expect(moved.apps.map((a: { name: string }) => a.name)).toContain('uploader');
  expect(await gateways()).toEqual({ all: 2, active: 2 });
  expect(await post(islet.ready.gateway)).toBe(200);
  expect(await post(second.url)).toBe(200);
});

test('the old one hands on all it acknowledged, to the last moment, and then takes nothing more', async () => {
  // An app that sends on and on, until it is refused.
  const app = (async () => {
    for (let taken = 0; ; taken++) {
      const status = await post(islet.ready.gateway);
      if (status === 200) continue;
      sent--;
      return { taken, status };
    }
  })();
  const moved = await ok('move', '--end');
  const { taken, status } = await app;
  expect([taken > 0, status]).toEqual([true, 401]);
  expect(moved.ended).toHaveLength(1);
  expect(await gateways()).toEqual({ all: 2, active: 1 });
  expect(await post(islet.ready.gateway)).toBe(401);
  sent--;
  expect(await post(second.url)).toBe(200);
});

test('everything from both is there and verifies, also after a restart, which does not go back', async () => {
  const file = join(folder, 'more.json');
  const entries = [0, 1].map((i) => ({
    ...{ _id: `65f00000000000000000000${i}`, type: 'sgv', sgv: 150, device: 'file' },
    ...{ date: begins + (i - 10) * 300_000, dateString: new Date(begins + (i - 10) * 300_000).toISOString() },
  }));
  await writeFile(file, JSON.stringify(entries));
  expect((await ok('import', file)).accepted).toBe(2);
  expect(await seen()).toBe(sent + 2);
  await ok('verify');
  await islet.restart();
  expect(await gateways()).toEqual({ all: 2, active: 1 });
  expect(await seen()).toBe(sent + 2);
});

const hubs = async (): Promise<Record<string, any>[]> =>
  Promise.all([islet.ready.hub, hub.url].map(async (url) => (await fetch(`${url}/health`)).json()));
/** What the person's own look brings: the receipts' hubs, and where the heads are anchored. */
async function served(): Promise<{ segments: Map<string, string>; heads: Set<string> }> {
  const home = Home.at(islet.folder);
  await using network = await connect(home);
  const { wallet } = await People.need(home, 'me');
  const days = { firstDay: Day.parse(day)!, lastDay: Day.parse(day)! };
  const opened = await Access.own(network, wallet, { streams: ['glucose/raw'], ...days });
  const { parts } = opened.served;
  return {
    segments: new Map(
      parts
        .flatMap((p) => p.segments)
        .map(({ segment, receipt }) => [toHex(segment), toHex(Receipt.parseReceipt(receipt).hub)]),
    ),
    heads: new Set(parts.map((p) => toHex(Receipt.parseHeadProof(p.headProof).hub))),
  };
}
const asClinic = () =>
  islet.run('report', '--as', 'clinic', '--stream', 'glucose/raw', '--from', day, '--to', day);

test('an address where no hub of a member answers moves nothing', async () => {
  expect(await refusal('move', '--hub', second.url)).toBe('MOVE_NO_HUB');
  expect(await refusal('move', '--hub', islet.ready.hub)).toBe('MOVE_ALREADY_AT_HUB');
  expect(await refusal('move', '--hub', islet.ready.hub, '--gateway', second.url)).toBe('CLI_MOVE_WHAT');
  const key = Secp256k1.secretKeyFrom(People.random);
  await PrivateFile.write(join(folder, 'relay.key'), key);
  hubAddress = toHex(Secp256k1.addressOf(key));
  hub = await startHub();
  // It runs, and no member answers for it yet.
  expect(await refusal('move', '--hub', hub.url)).toBe('MOVE_NO_HUB');
  const [member] = (await ok('members')).members;
  const { id } = await ok('members', 'propose', 'relay', hubAddress, member.org);
  expect((await ok('members', 'execute', String(id))).state).toBe('executed');
});

let before: Awaited<ReturnType<typeof served>>;
test('cut short while it carries to another hub, both still serve, and nothing is dropped', async () => {
  await grantToClinic();
  before = await served();
  const child = spawn(process.execPath, [program, 'move', '--hub', hub.url, '--json'], {
    env: { ...process.env, ISLET_HOME: islet.folder, TZ: 'UTC' },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  while (child.exitCode === null && (await hubs())[1]!.leaves === 0) await sleep(5);
  child.kill('SIGKILL');
  await ended;
  expect(child.signalCode).toBe('SIGKILL');
  expect(await post(second.url)).toBe(200);
  await until(async () => (await seen()) === sent + 2);
  expect((await asClinic()).json.metrics.n).toBeGreaterThanOrEqual(sent + 1);
});

test('run again, while an app sends on and on, all of it is at the new hub, and the old one has dropped it', async () => {
  let isOver = false;
  const app = (async () => {
    const refused: number[] = [];
    while (!isOver) {
      const status = await post(second.url);
      if (status !== 200) refused.push(status);
      await sleep(20);
    }
    return refused;
  })();
  const moved = await ok('move', '--hub', hub.url).finally(() => {
    isOver = true;
  });
  expect(await app).toEqual([]);
  expect(moved).toMatchObject({ hub: hub.url, before: [], behind: { grants: [], erasures: [] } });
  expect(moved.segments).toBeGreaterThan(0);
  const [dropped] = Object.values(moved.dropped) as Record<string, number>[];
  expect(dropped!.segments).toBeGreaterThanOrEqual(before.segments.size);
  expect(await refusal('move', '--hub', hub.url)).toBe('MOVE_ALREADY_AT_HUB');
});

test('nothing is lost, and what the old hub had anchored counts from then', async () => {
  await until(async () => (await seen()) === sent + 2);
  await ok('verify');
  const after = await served();
  expect([...after.heads]).toEqual([hubAddress]);
  for (const [segment, anchoredBy] of before.segments)
    if (after.segments.has(segment)) expect(after.segments.get(segment)).toBe(anchoredBy);
  // Closed days are sealed anew; of the gateway that had ended all stands as it was.
  expect([...after.segments.values()].some((one) => one !== hubAddress)).toBe(true);
});

test('who may see it sees it there, by the grant of before and by a new one, until it is revoked', async () => {
  const answer = await asClinic();
  expect(answer.json.metrics.n).toBe(sent + 2);
  const gone = await fetch(`${islet.ready.hub}/v1/grants/${grants[0]}`);
  expect([gone.status, (await gone.json()).code]).toEqual([404, 'HUB_ACCOUNT_LEFT']);
  await ok('revoke', grants[0]!);
  expect((await asClinic()).json.error.code).toBe('DENIED_REVOKED');
  await grantToClinic();
  expect((await asClinic()).json.metrics.n).toBe(sent + 2);
});

test('what apps send from then on comes to the new hub, over a restart of everything', async () => {
  const port = Number(new URL(hub.url).port);
  await end(hub.child);
  expect(await post(second.url)).toBe(200);
  hub = await startHub(port);
  await islet.restart();
  await until(async () => (await seen()) === sent + 2);
});

test('and an installation starts while a gateway elsewhere is away', async () => {
  await end(second.child);
  await islet.restart();
  expect(await seen()).toBe(sent + 2);
});
