// Copyright the Islet authors. AGPL-3.0-or-later.
// Members replace a custodian by a vote, or begin another set, while readings arrive; what was sealed before is dealt to the
// present ones by its owner, and opens without the former, who opens nothing any more.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@islet/cli/Connect';
import * as Environment from '@islet/cli/Environment';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import * as Access from '@islet/client/Access';
import * as Account from '@islet/client/Account';
import * as Held from '@islet/client/Held';
import type { Network } from '@islet/client/Network';
import { TooFewCustodiansError, unlock } from '@islet/client/Opening';
import { toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Day from '@islet/core/Day';
import { nodeFiles } from '@islet/store/NodeFiles';
import * as PrivateFile from '@islet/store/PrivateFile';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Promises from './islet.testkit.js';

const from = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
const start = Date.parse(`${from}T08:00:00Z`);
const imported = 6;
let islet: Promises.Islet;

beforeAll(async () => {
  islet = await Promises.start();
  const entries = Array.from({ length: imported }, (_, i) => ({
    ...{ _id: `65f00000000000000000000${i}`, type: 'sgv', sgv: 120 + i, device: 'made up' },
    ...{ date: start + i * 300_000, dateString: new Date(start + i * 300_000).toISOString() },
  }));
  const file = join(islet.folder, 'entries.json');
  await writeFile(file, JSON.stringify(entries));
  expect((await islet.run('import', file)).code).toBe(0);
});
afterAll(() => islet?.[Symbol.asyncDispose]());

test('what rests on a former set is dealt anew, once, and still opens and verifies', async () => {
  const before = (await islet.run('members')).json;
  const { id } = (await islet.run('members', 'propose', 'threshold', '2')).json;
  expect((await islet.run('members', 'execute', String(id))).json.state).toBe('executed');
  const after = (await islet.run('members')).json;
  expect(after.custodianSetVersion).toBe(before.custodianSetVersion + 1);
  const dealt = (await islet.run('reshare', '--from', from)).json;
  expect(dealt.epochs).toBeGreaterThan(0);
  expect(dealt.set).toBe(after.custodianSetVersion);
  expect((await islet.run('reshare', '--from', from)).json.epochs).toBe(0);
  expect((await islet.run('verify')).code).toBe(0);
});

const program = fileURLToPath(new URL('../packages/custodian/dist/main.js', import.meta.url));
/** Nobody listens there. */
const nowhere = 'http://127.0.0.1:1';

type Place = Pick<NodeJS.ProcessEnv, string>;
type Running = { url: string; stop(): Promise<void> };

/** A custodian that its operator starts by hand. */
async function custodian(env: Place): Promise<Running> {
  const child: ChildProcess = spawn(process.execPath, [program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const { port } = await new Promise<{ port: number }>((resolve, reject) => {
    child.stdout!.on('data', (line: Buffer) => resolve(JSON.parse(line.toString())));
    void ended.then(() => reject(new Error('the custodian did not start')));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Where the second custodian of this home keeps what, in other folders if given. */
async function envOf(home: Home.Home, folder: string, vaultKeys: string): Promise<Place> {
  const { ledger } = await services();
  const chain = { url: ledger.url, validators: await Home.validators(home) };
  return {
    ...Environment.custodian(home, 0, chain, 2),
    ISLET_CUSTODIAN_FOLDER: folder,
    ISLET_CUSTODIAN_KEY: join(folder, 'signing.key'),
    ISLET_CUSTODIAN_ACCOUNT_KEY: join(folder, 'account.key'),
    ISLET_CUSTODIAN_VAULT_KEYS: vaultKeys,
  };
}

const services = async (): Promise<{ ledger: { url: string }; custodians: { pid: number }[] }> =>
  JSON.parse(await readFile(join(islet.folder, 'services.json'), 'utf8'));

const processOf = async (index: number): Promise<number> => (await services()).custodians[index - 1]!.pid;

/** As uploaders do: one reading after another, each again until it is acknowledged. */
function poster(apiSecret: string, acknowledged: number[]): { stop(): Promise<void> } {
  let posting = true;
  const headers = { 'api-secret': apiSecret, 'content-type': 'application/json' };
  const firstAt = Math.floor(Date.now() / 60_000) * 60_000 - 4 * 3_600_000;
  const post = async (): Promise<void> => {
    for (let n = 0; posting; n++) {
      const date = firstAt + n * 60_000;
      const body = JSON.stringify({ type: 'sgv', sgv: 100 + (n % 80), date, device: 'made up' });
      const answered = async (): Promise<boolean> => {
        const url = `${islet.ready.gateway}/api/v1/entries`;
        const answer = await fetch(url, { method: 'POST', body, headers }).catch(() => undefined);
        return answer?.status === 200;
      };
      while (!(await answered())) await sleep(200);
      acknowledged.push(date);
      await sleep(500);
    }
  };
  const done = post();
  return {
    async stop() {
      posting = false;
      await done;
    },
  };
}

/** The same network, but that of some custodians nothing is reached, or others are. */
const reaching = (network: Network, urls: (string | null)[]): Network => ({
  ...network,
  custodians: network.custodians.map((c, i) => ({
    ...c,
    url: urls[i] === null ? nowhere : (urls[i] ?? c.url),
  })),
});

const anchored = async (apiSecret: string): Promise<void> => {
  const headers = { 'api-secret': apiSecret };
  await fetch(`${islet.ready.gateway}/v1/settle`, { method: 'POST', headers });
  for (;;) {
    const told = (await (await fetch(`${islet.ready.gateway}/v1/status`, { headers })).json()) as {
      segments: { anchored: number; sealed: number };
    };
    if (told.segments.anchored >= told.segments.sealed) return;
    await sleep(200);
  }
};

const datesOf = (opened: Access.Opened): number[] =>
  opened.segments.flatMap(({ content }) =>
    content.kind === 'readings' ? content.readings.map((r) => r.at) : [],
  );

test('a custodian is replaced while readings arrive: nothing is lost, and the former opens nothing', async () => {
  const home = Home.at(islet.folder);
  const { apiSecret } = (await islet.run('pair')).json;
  const terms = [
    '--reader',
    'clinic',
    '--streams',
    'glucose/raw',
    '--from',
    from,
    '--to',
    '2199-12-31',
    '--until',
    '2200-01-01',
  ];
  const granted = await islet.run('grant', ...terms);
  expect(granted.code, granted.text).toBe(0);
  const acknowledged: number[] = [];
  const posts = poster(apiSecret, acknowledged);
  while (acknowledged.length < 3) await sleep(100);

  // Another custodian with its own folder and keys gets to know the person.
  const [fresh, freshVault] = [join(islet.folder, 'fresh'), join(islet.folder, 'fresh-vault')];
  await nodeFiles.makeFolder(fresh);
  const [seed, accountKey] = [People.random(32), Secp256k1.secretKeyFrom(People.random)];
  await PrivateFile.write(join(fresh, 'signing.key'), seed);
  await PrivateFile.write(join(fresh, 'account.key'), accountKey);
  const second = await custodian(await envOf(home, fresh, freshVault));
  const me = await People.need(home, 'me');
  {
    await using network = await connect(home);
    await network.chain.follow();
    await Account.enrolAgain(reaching(network, [network.custodians[0]!.url, second.url]), me.wallet);
  }

  // It is voted in; then the former goes, and it takes over its place and address.
  const { org, signingKey: formerKey } = (await islet.run('members')).json.custodians[1];
  const { publicKey } = await Ed25519.fromSeed(seed);
  const change = ['custodian', '2', org, toHex(publicKey), toHex(Secp256k1.addressOf(accountKey))];
  const { id } = (await islet.run('members', 'propose', ...change)).json;
  expect((await islet.run('members', 'execute', String(id))).json.state).toBe('executed');
  await second.stop();
  const former = join(islet.folder, 'former');
  const formerVault = join(islet.folder, 'former-vault');
  await rename(Home.custodian(home, 2), former);
  await rename(Home.vaultKeys(home, 2), formerVault);
  await rename(fresh, Home.custodian(home, 2));
  await rename(freshVault, Home.vaultKeys(home, 2));
  const before = await processOf(2);
  process.kill(before, 'SIGKILL');
  const soFar = acknowledged.length;
  while (acknowledged.length < soFar + 3) await sleep(100);
  await posts.stop();
  await anchored(apiSecret);

  const wanted: Access.Wanted = {
    streams: ['glucose/raw'],
    firstDay: Day.parse(from)!,
    lastDay: Day.of(Date.now(), 0),
  };
  const all = [...Array.from({ length: imported }, (_, i) => start + i * 300_000), ...acknowledged];
  const clinic = await People.need(home, 'clinic');
  let asked: Awaited<ReturnType<typeof Access.fetch>>;
  {
    await using network = await connect(home);
    await network.chain.follow();
    expect(network.chain.state.custodians.get(2)!.signingKey).not.toBe(formerKey);
    // Old and new data with 1 and 3; what is old not with 1 and the new one.
    const opened = await Access.own(reaching(network, [network.custodians[0]!.url, null]), me.wallet, wanted);
    expect(datesOf(opened).sort()).toEqual(all.sort());
    const lacking = Access.own(
      reaching(network, [network.custodians[0]!.url, network.custodians[1]!.url, null]),
      me.wallet,
      wanted,
    );
    await expect(lacking).rejects.toThrow(TooFewCustodiansError);
    const [held] = await Held.from(network, clinic.wallet, me.wallet.account);
    asked = await Access.fetch(network, clinic.wallet, wanted, Access.rightOfGrant(held!), false);
  }

  const found = (await islet.run('doctor', '--shares')).json;
  expect(found.problems.map((p: { code: string }) => p.code)).toContain('CLI_OLD_SHARES');
  expect((await islet.run('reshare', '--from', from)).json.epochs).toBeGreaterThan(0);
  expect((await islet.run('doctor', '--shares')).json.problems).toEqual([]);

  // The first is stopped: the new one and the third open everything.
  const first = await processOf(1);
  process.kill(first, 'SIGSTOP');
  try {
    await using network = await connect(home);
    const opened = await Access.own(network, me.wallet, wanted);
    expect(datesOf(opened).sort()).toEqual(all.sort());
    const releasing = opened.custodians.filter((c) => c.outcome === 'released').map((c) => c.custodian);
    expect(releasing.sort()).toEqual([2, 3]);
  } finally {
    process.kill(first, 'SIGCONT');
  }

  // The former comes back, and is asked by a reader whose grant was revoked since.
  expect((await islet.run('revoke', granted.json.grant)).code).toBe(0);
  const returned = await custodian(await envOf(home, former, formerVault));
  try {
    await using network = await connect(home);
    await network.chain.follow();
    const { ticket, checked } = asked;
    const answersOf = async (urls: (string | null)[]) => {
      const outcome = await unlock(reaching(network, urls), checked.proven, ticket).catch((e) => e);
      expect(outcome).toBeInstanceOf(TooFewCustodiansError);
      const { answers } = outcome as TooFewCustodiansError;
      return answers.sort((a, b) => a.custodian - b.custodian).map((a) => a.code);
    };
    const away = 'SERVICE_UNREACHABLE';
    expect(await answersOf([null, returned.url, null])).toEqual([away, 'CUSTODIAN_LEFT', away]);
    const present = network.custodians.map((c) => c.url);
    expect(await answersOf(present)).toEqual(Array(3).fill('DENIED_REVOKED'));
  } finally {
    await returned.stop();
  }
}, 600_000);
