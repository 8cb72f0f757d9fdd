// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as Abi from '@islet/chain/Abi';
import { membersAbi } from '@islet/chain/abi/Members';
import * as Deployment from '@islet/chain/Deployment';
import * as Rpc from '@islet/chain/Rpc';
import * as Wire from '@islet/chain/Wire';
import { to0x } from '@islet/core/crypto/bytes';
import { addressOf } from '@islet/core/crypto/secp256k1';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Home from './Home.js';
import { type Installation, install, outcomeOf } from './installation.testkit.js';
import * as KeyFile from './KeyFile.js';
import * as Services from './Services.js';

/** Each is deployed in a block of its own. */
const CONTRACTS = 11;

let islet: Installation;
beforeAll(async () => {
  islet = await install();
});
afterAll(() => islet[Symbol.asyncDispose]());

const entriesOf = async (home: Home.Home): Promise<Services.Entry[]> =>
  Object.values((await Services.read(home)).entries);
const portsOf = async (home: Home.Home): Promise<number[]> => (await entriesOf(home)).map(({ port }) => port);
const aliveOf = async (home: Home.Home): Promise<number> =>
  (await entriesOf(home)).filter(({ run }) => run && Services.isAlive(run)).length;

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await what()) return;
    await sleep(50);
  }
  throw new Error('it did not happen within 10 s');
}

const headOf = (url: string): Promise<number> => Rpc.connect(url).call('eth_blockNumber', [], Wire.count);

const health = async (url: string): Promise<{ islet: Record<string, string> }> =>
  (await fetch(`${url}/health`)).json() as Promise<{ islet: Record<string, string> }>;

describe('a fresh data folder', () => {
  let home: Home.Home;
  beforeAll(() => {
    home = islet.home();
  });

  test('gets services that know each other and a deployment in which the hub may relay', async () => {
    const { ready, child, ended } = await islet.up(home);
    expect(ready).toMatchObject({ ready: true, home: home.root });
    const services = await Services.find(home);
    expect(services).toMatchObject({ ledger: ready.chain, hub: ready.hub, gateway: ready.gateway });
    const { islet: env } = await health(services.gateway);
    expect(env).toMatchObject({ ISLET_HUB_URL: services.hub, ISLET_RPC_URL: services.ledger });
    expect(env.ISLET_CUSTODIANS).toBe(services.custodians.join(','));
    expect(env.ISLET_VALIDATORS).toBe(to0x((await Home.validators(home))[0]!));

    const { members } = Deployment.parse(await readFile(Home.deployment(home), 'utf8'));
    const relay = to0x(addressOf(await KeyFile.read(Home.relayKey(home))));
    const rpc = Rpc.connect(services.ledger, { abis: [membersAbi] });
    const data = Abi.encodeCall(membersAbi, 'isRelay', { relay });
    const told = await rpc.call('eth_call', [{ to: members, data }, 'latest'], Wire.bytes);
    expect(Abi.decodeResult(membersAbi, 'isRelay', told)).toBe(true);

    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(await aliveOf(home)).toBe(0);
    await expect(Services.find(home)).rejects.toMatchObject({ code: 'CLI_NOT_RUNNING' });
  });

  test('is gone on with at the next start: same ports, same contracts', async () => {
    const [ports, deployment] = [await portsOf(home), await readFile(Home.deployment(home), 'utf8')];
    const { ready } = await islet.up(home);
    expect(await portsOf(home)).toEqual(ports);
    expect(await readFile(Home.deployment(home), 'utf8')).toBe(deployment);
    expect(await headOf(ready.chain)).toBe(CONTRACTS);
  });

  test('is not shared by two supervisors', async () => {
    const { code, out } = await islet.run(home, ['up', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out).error.code).toBe('CLI_ALREADY_RUNNING');
    expect(await aliveOf(home)).toBe(7);
  });

  test.each(['hub', 'ledger', 'custodian-2'] as const)(
    'has a killed %s again on the same port',
    async (name) => {
      const { run, port, url } = (await Services.read(home)).entries[name]!;
      process.kill(run!.pid, 'SIGKILL');
      await until(async () => {
        const now = (await Services.read(home)).entries[name]!;
        return now.port === port && now.run !== null && now.run.pid !== run!.pid;
      });
      expect((await fetch(`${url}/health`)).ok).toBe(true);
    },
  );

  test('is diagnosed as sound while it runs', async () => {
    const { out, code } = await islet.run(home, ['doctor', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      running: true,
      chain: { number: CONTRACTS },
      problems: [],
    });
  });

  test('is stopped by down, which waits', async () => {
    expect(JSON.parse((await islet.run(home, ['down', '--json'])).out)).toEqual({ stopped: true });
    expect(await aliveOf(home)).toBe(0);
    expect(JSON.parse((await islet.run(home, ['down', '--json'])).out)).toEqual({ stopped: false });
  });

  test('is diagnosed when nothing runs', async () => {
    const { out, code } = await islet.run(home, ['doctor', '--json']);
    expect(code).toBe(1);
    const found = JSON.parse(out);
    expect(found).toMatchObject({ ok: false, running: false, chain: null });
    expect(found.problems).toEqual([
      { code: 'CLI_NOT_RUNNING', message: expect.stringContaining('islet up') },
    ]);
  });

  test('goes on after its supervisor was killed, whose services end by themselves', async () => {
    const first = await islet.up(home);
    const [ports, head] = [await portsOf(home), await headOf(first.ready.chain)];
    first.child.kill('SIGKILL');
    await first.ended;
    await until(async () => (await aliveOf(home)) === 0);
    await expect(Services.find(home)).rejects.toMatchObject({ code: 'CLI_NOT_RUNNING' });
    const second = await islet.up(home);
    expect(await portsOf(home)).toEqual(ports);
    expect(await headOf(second.ready.chain)).toBe(head);
    second.child.kill('SIGKILL');
    await second.ended;
  });

  test('goes on at once after a kill, without waiting for a person', async () => {
    const { ready, child, ended } = await islet.up(home);
    expect(ready.ready).toBe(true);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  test('is not started on new keys when one is missing', async () => {
    const path = Home.custodianKey(home, 2);
    const key = await readFile(path);
    await writeFile(path, '');
    const { code, out } = await islet.run(home, ['up', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out).error.code).toBe('CLI_KEY_FILE');
    await writeFile(path, key);
  });
});

test('an installation of an earlier version is refused by name, and nothing of it is touched', async () => {
  const home = islet.home();
  await mkdir(home.root, { recursive: true, mode: 0o700 });
  const address = `0x${'11'.repeat(20)}`;
  const places = {
    directory: address,
    members: address,
    identity: address,
    anchors: address,
    consent: address,
  };
  const former = JSON.stringify({ chainId: 31_337, genesisHash: `0x${'22'.repeat(32)}`, ...places });
  await writeFile(Home.deployment(home), former);
  const { code, out } = await islet.run(home, ['up', '--json']);
  expect(code).toBe(1);
  const { error } = JSON.parse(out);
  expect(error.code).toBe('CHAIN_OLD_DEPLOYMENT');
  expect(error.message).toContain('earlier version of Islet');
  expect(await readFile(Home.deployment(home), 'utf8')).toBe(former);
  expect((await KeyFile.read(Home.relayKey(home)).catch((e) => e)).code).toBe('CLI_KEY_FILE');
});

test('a service that cannot start is named with its complaint, and nothing is left running', async () => {
  const home = islet.home();
  await mkdir(Home.hub(home), { recursive: true, mode: 0o700 });
  await writeFile(join(Home.hub(home), 'broken'), '');
  const { code, out } = await islet.run(home, ['up', '--json']);
  expect(code).toBe(1);
  const { error } = JSON.parse(out);
  expect(error.code).toBe('CLI_SERVICE_FAILED');
  expect(error.message).toContain('The hub ended with code 7 before it was ready: the stand-in is broken');
  expect(await aliveOf(home)).toBe(0);
});

test('an interrupt during the start stops what had started', async () => {
  const home = islet.home();
  const child = islet.start(home, ['up']);
  const outcome = outcomeOf(child);
  await until(async () => (await entriesOf(home)).length > 0);
  child.kill('SIGINT');
  const { code, err } = await outcome;
  expect(code).toBe(1);
  expect(err).toContain('CLI_STOPPED');
  expect(err).not.toContain('    at ');
  expect(await aliveOf(home)).toBe(0);
});

test('a set port is used', async () => {
  const home = islet.home();
  const { ready, child, ended } = await islet.up(home, { ISLET_PORT_GATEWAY: '29173' });
  expect(ready.gateway).toBe('http://127.0.0.1:29173');
  child.kill('SIGTERM');
  await ended;
});

describe('an error', () => {
  test.each([
    ['stumble', 1, 'CLI_UNEXPECTED', 'Something unexpected happened: a stumble'],
    ['ask', 3, 'DENIED_REVOKED', 'The patient revoked the grant.'],
    ['miss', 1, 'CLI_MISSING', 'It is not there. Look elsewhere.'],
  ])('of %s ends with code %i and is told in one line', async (command, exit, code, message) => {
    const json = await islet.run(islet.home(), [command, '--json']);
    expect(json).toEqual({ code: exit, err: '', out: `${JSON.stringify({ error: { code, message } })}\n` });
    const text = await islet.run(islet.home(), [command]);
    expect(text).toEqual({ code: exit, out: '', err: `${message} [${code}]\n` });
  });

  test('carries its stack only when asked to', async () => {
    const { err } = await islet.run(islet.home(), ['stumble'], { ISLET_DEBUG: '1' });
    expect(err).toContain('    at ');
  });

  test('of usage is an error like the others', async () => {
    const { code, out } = await islet.run(islet.home(), ['upp', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out).error.code).toBe('CLI_USAGE');
  });
});

test('help is no error', async () => {
  const { code, out } = await islet.run(islet.home(), ['--help']);
  expect(code).toBe(0);
  expect(out).toContain('doctor');
});
