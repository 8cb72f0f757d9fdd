// Copyright the Islet authors. AGPL-3.0-or-later.
// Parents keep a child's account; the young person takes it over. A copy of everything the parents had, made before, opens
// and changes nothing afterwards. In real processes, each person with a folder of their own.
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import * as Access from '@islet/client/Access';
import * as Account from '@islet/client/Account';
import * as Granting from '@islet/client/Granting';
import * as Held from '@islet/client/Held';
import * as Http from '@islet/client/Http';
import { looks } from '@islet/client/Log';
import { type Network, nonce, placeOf } from '@islet/client/Network';
import * as Pairing from '@islet/client/Pairing';
import * as Signers from '@islet/client/Signers';
import * as Signing from '@islet/client/Signing';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Guardians from '@islet/core/Guardians';
import * as Message from '@islet/core/Message';
import { oneTimeKeyHash } from '@islet/core/Release';
import * as Streams from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { encodeAskRelease } from '@islet/core/wire/Ask';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, type Told } from './command.testkit.js';
import { type Islet, start } from './islet.testkit.js';

const from = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
const begins = Date.parse(`${from}T08:00:00Z`);
const days = ['--from', from, '--to', from];
const readings = 24;
const nobody = 'The second parent made it, in secret.';

let islet: Islet;
let outside: string;
/** Folders of the second parent, of the young person, and of a thief who copied the first parent's. */
let dad: string;
let young: string;
let copied: string;
let code: string;
let readKey: string;
let signers: string[];
/** A signer that a parent told the custodians of, and nobody else. */
const hidden = Secp256k1.secretKeyFrom((n) => new Uint8Array(n).fill(7));

const jsonOf = ({ out, err }: Told): Record<string, any> => {
  const line = out.trim().split('\n').at(-1) ?? '';
  expect(line, err).toMatch(/^\{/);
  return JSON.parse(line);
};
const at = async (folder: string, ...args: string[]) => {
  const told = await command(folder, [...args, '--json']);
  return { ...told, json: jsonOf(told) };
};
const ok = async (folder: string, ...args: string[]): Promise<Record<string, any>> => {
  const { code: exit, json } = await at(folder, ...args);
  expect(exit, JSON.stringify(json)).toBe(0);
  return json;
};
const refusal = async (folder: string, ...args: string[]): Promise<string> => {
  const { code: exit, json } = await at(folder, ...args);
  expect(exit, JSON.stringify(json)).not.toBe(0);
  return json.error.code;
};
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error) => error.code ?? String(error),
  );
const report = ['report', '--as', 'ana', '--person', 'ana', ...days] as const;

/** A folder of another computer, which knows the same chain and services, and nobody. */
async function computer(name: string): Promise<string> {
  const folder = join(outside, name);
  await mkdir(join(folder, 'wallets'), { recursive: true });
  for (const file of ['deployment.json', 'validators.json', 'services.json'])
    await cp(join(islet.folder, file), join(folder, file));
  return folder;
}

beforeAll(async () => {
  islet = await start();
  outside = await mkdtemp(join(tmpdir(), 'islet-handover-'));
  dad = await computer('dad');
  young = await computer('young');
  ({ account: code } = await ok(islet.folder, 'child', 'add', 'ana'));
  const entries = Array.from({ length: readings }, (_, i) => ({
    ...{
      _id: `65f0000000000000000000${String(i).padStart(2, '0')}`,
      type: 'sgv',
      sgv: 120 + i,
      device: 'made up',
    },
    ...{ date: begins + i * 300_000, dateString: new Date(begins + i * 300_000).toISOString() },
  }));
  const file = join(outside, 'entries.json');
  await writeFile(file, JSON.stringify(entries));
  await ok(islet.folder, 'import', file, '--person', 'ana');
  readKey = (await ok(islet.folder, 'pair', '--both', '--person', 'ana')).apiSecret;
});
afterAll(async () => {
  await islet?.[Symbol.asyncDispose]();
  if (outside) await rm(outside, { recursive: true, force: true });
});

describe('while the parents keep it', () => {
  test('both have it, each with a device of their own, name guardians and grant', async () => {
    const { request, words } = await ok(dad, 'device', 'request', code, '--person', 'ana');
    const keys = join(outside, 'dad.keys');
    await ok(islet.folder, 'device', 'add', request, '--words', words, '--out', keys, '--person', 'ana');
    await ok(dad, 'device', 'receive', keys, '--person', 'ana');
    expect((await ok(dad, ...report)).metrics.n).toBe(readings);
    expect((await ok(islet.folder, 'child', 'list')).children).toEqual([
      { name: 'ana', account: code, signers: 2 },
    ]);
    const set = ['guardians', 'set', 'me', 'clinic', '--need', '2', '--person', 'ana'];
    const { invitation } = await ok(islet.folder, ...set);
    for (const name of ['me', 'clinic'])
      await ok(islet.folder, 'guardians', 'accept', invitation, '--person', name);
    const grant = ['grant', '--reader', 'me', '--streams', 'glucose/raw', ...days, '--until', '2200-01-01'];
    await ok(islet.folder, ...grant, '--person', 'ana');
    ({ signers } = await ok(islet.folder, 'device', 'list', '--person', 'ana'));
  });

  test('one copies everything, and tells custodians of a signer that the chain does not know', async () => {
    copied = await computer('copied');
    await cp(join(islet.folder, 'wallets'), join(copied, 'wallets'), { recursive: true });
    await using network = await connect(Home.at(copied));
    const { wallet } = await People.need(Home.at(copied), 'ana');
    const message = Signers.changeOf(network, wallet, Secp256k1.addressOf(hidden));
    const added = Signing.sign(network, wallet, Message.addSigner, message);
    const { told } = await Signers.tellAll(network, '/v1/add-signer', encodeSigned(Message.addSigner, added));
    expect(told, nobody).toBe(3);
  });
});

describe('the hand-over', () => {
  let request: string;
  let words: string;
  const parcel = () => join(outside, 'ana.account');
  const take = () => ['handover', 'take', parcel(), '--person', 'ana', '--yes'];

  test('begins on the young person’s device, whose words the parent must hear', async () => {
    ({ request, words } = await ok(young, 'handover', 'ask', code, '--p256', '--person', 'ana'));
    const give = ['handover', 'give', request, '--out', parcel(), '--person', 'ana'];
    expect(await refusal(islet.folder, ...give, '--words', 'lusab babad gutih tugad')).toBe(
      'CLI_OTHER_WORDS',
    );
    expect(await refusal(islet.folder, 'handover', 'leave', '--person', 'ana')).toBe(
      'CLI_HANDOVER_STILL_YOURS',
    );
    expect((await ok(islet.folder, ...give, '--words', words)).custodiansTold).toBe(3);
    // A parcel that was lost is made again.
    expect((await ok(islet.folder, ...give, '--words', words)).custodiansTold).toBe(3);
  });

  test('says first what it means, and asks for guardians', async () => {
    const said = await command(young, ['handover', 'take', parcel(), '--person', 'ana']);
    expect(said.out).toContain('What cannot be undone');
    expect(said.err).toContain('CLI_HANDOVER_UNREAD');
    expect(await refusal(young, ...take())).toBe('CLI_HANDOVER_GUARDIANS');
    expect(await refusal(young, ...take(), '--no-guardians', '--see', 'visit')).toBe('CLI_HANDOVER_SEE');
  });

  test('cut short at any point, and with a custodian away, it is gone on with', async () => {
    await killedOnceBegun([...take(), '--no-guardians']);
    const known = join(young, 'services.json');
    const services = await readFile(known, 'utf8');
    const { custodians } = JSON.parse(services);
    await writeFile(known, services.replaceAll(custodians[2].url, 'http://127.0.0.1:9'));
    const parent = await at(islet.folder, 'device', 'list');
    const see = ['--parent', parent.json.account, '--see', 'visit', '--until', '2200-01-01'];
    const without = await at(young, 'handover', 'take', '--person', 'ana', ...see);
    expect(without.code).toBe(1);
    expect(without.json.granted).toHaveLength(1);
    expect(without.json).toMatchObject({ done: false, custodians: { ended: 2, guardians: 2, of: 3 } });
    await writeFile(known, services);
    const whole = await ok(young, 'handover', 'take', '--person', 'ana');
    expect(whole).toMatchObject({ done: true, apps: true, revoked: [] });
    // What was chosen for the parent stands, though what stood before was ended.
    expect(whole.standing).toHaveLength(1);
    expect(whole.custodians).toEqual({ ended: 3, guardians: 3, of: 3 });
    expect(whole.ended).toEqual(expect.arrayContaining(signers));
    expect((await ok(young, 'device', 'list', '--person', 'ana')).signers).toHaveLength(1);
    expect(await refusal(young, 'handover', 'take', '--person', 'ana')).toBe('CLI_WALLET_THERE');
  });

  test('the young person reads all of it, and their log shows that and who may look', async () => {
    expect((await ok(young, ...report)).metrics.n).toBe(readings);
    const { accesses } = await ok(young, 'access', '--person', 'ana');
    expect(accesses.at(-1)).toMatchObject({ reader: 'ana', outcome: 'granted', from, to: from });
    const { grants } = await ok(young, 'grants', '--person', 'ana');
    expect(grants).toMatchObject([{ state: 'revoked' }, { state: 'active' }]);
    expect(grants[0].terms.streams).toEqual(['glucose/raw']);
    expect(await ok(young, 'guardians', 'list', '--person', 'ana')).toMatchObject({ guardians: [] });
  });

  test('the parents’ folders keep nothing of it', async () => {
    for (const folder of [islet.folder, dad]) {
      expect((await ok(folder, 'handover', 'leave', '--person', 'ana')).left).toEqual(['ana']);
      const left = await readdir(join(folder, 'wallets'));
      expect(left.filter((file) => file.startsWith('ana.'))).toEqual([]);
    }
    expect((await ok(islet.folder, 'guardians', 'list')).guardianOf).toEqual([]);
  });

  test('a parent sees what the young person grants, and nothing more', async () => {
    const { account } = await ok(islet.folder, 'device', 'list');
    const window = ['--streams', 'glucose/day', ...days, '--until', '2200-01-01'];
    await ok(young, 'grant', '--reader', account, ...window, '--person', 'ana');
    const home = Home.at(islet.folder);
    await using network = await connect(home);
    const { wallet } = await People.need(home, 'me');
    const ana = (await People.need(Home.at(young), 'ana')).wallet.account;
    const [held] = await Held.from(network, wallet, ana);
    const wanted = { firstDay: held!.message.firstDay, lastDay: held!.message.lastDay };
    await Access.granted(network, wallet, held!, { ...wanted, streams: ['glucose/day'] });
    const more = Access.granted(network, wallet, held!, { ...wanted, streams: ['glucose/raw'] });
    expect(await codeOf(more)).toBe('DENIED_WRONG_STREAM');
    const { accesses } = await ok(young, 'access', '--person', 'ana');
    expect(accesses.slice(-2).map((a: { code: string }) => a.code)).toEqual([
      'GRANTED',
      'DENIED_WRONG_STREAM',
    ]);
  });

  /** Runs it, and ends it as soon as it has taken in what was handed over. */
  async function killedOnceBegun(args: string[]): Promise<void> {
    const program = fileURLToPath(new URL('../packages/cli/bin/islet.mjs', import.meta.url));
    const env = { ...process.env, ISLET_HOME: young, TZ: 'UTC' };
    const child = spawn(process.execPath, [program, ...args, '--json'], { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const begun = () => stat(join(young, 'wallets', 'ana.wallet')).catch(() => undefined);
    while (child.exitCode === null && !(await begun())) await sleep(5);
    child.kill('SIGKILL');
    await ended;
    expect(child.signalCode).toBe('SIGKILL');
  }
});

describe('afterwards, with the copy that a parent made before', () => {
  let network: Network & AsyncDisposable;
  let old: People.Person;
  beforeAll(async () => {
    // A folder of its own, so that commands can use the other meanwhile.
    network = await connect(Home.at(await computer('watching')));
    old = await People.need(Home.at(copied), 'ana');
  });
  afterAll(() => network?.[Symbol.asyncDispose]());

  test('the commands of before do nothing any more', async () => {
    for (const args of [
      [...report],
      [
        'grant',
        '--reader',
        'me',
        '--streams',
        'glucose/day',
        ...days,
        '--until',
        '2200-01-01',
        '--person',
        'ana',
      ],
      ['pair', '--person', 'ana'],
      ['guardians', 'set', 'me', 'clinic', '--person', 'ana'],
    ] as string[][])
      expect(await refusal(copied, ...args), args.join(' ')).toMatch(/SIGN|GATEWAY/);
  });

  test('the chain takes no message of it', async () => {
    const { wallet } = old;
    const own = () =>
      Access.own(network, wallet, { streams: ['glucose/raw'], firstDay: 40_000, lastDay: 40_000 });
    const me = (await People.need(Home.at(copied), 'me')).wallet.account;
    for (const attempt of [
      own,
      () => Account.authoriseGateway(network, wallet, new Uint8Array(32).fill(1)),
      () => Signers.add(network, wallet, Secp256k1.addressOf(hidden)),
      () =>
        Granting.grant(network, wallet, {
          ...{ reader: me, streams: ['glucose/day'] },
          ...{ firstDay: 40_000, lastDay: 40_000, purpose: 'treatment', maxUses: 0 },
          ...{ notBefore: Date.now() - 60_000, expiresAt: Date.now() + 3_600_000 },
        }),
    ])
      expect(await codeOf(attempt()), String(attempt)).toMatch(/_NOT_A_SIGNER$/);
  });

  test('each custodian refuses the old keys, and the one that only custodians were told of', async () => {
    const { wallet } = old;
    const { account } = wallet;
    const mine = Signing.signerOf(network, (await People.need(Home.at(young), 'ana')).wallet);
    const change = (signer: Uint8Array) => Signers.changeOf(network, wallet, signer);
    const rules = { account, threshold: 0, delay: Guardians.usualDelay, guardians: [], dealing: null };
    const secret = { ...wallet, signerKey: hidden };
    const salt = network.random(32);
    const oneTimeKey = network.random(32);
    const look: Message.Request = {
      ...placeOf(network, 'consent'),
      ...{ grantId: new Uint8Array(32), patient: account, reader: account },
      ...{ streams: [Streams.code(salt, 'glucose/raw')], firstDay: 40_000, lastDay: 40_000 },
      ...{ purpose: Streams.purposeCode(salt, 'own'), oneTimeKeyHash: oneTimeKeyHash(oneTimeKey) },
      ...{ statement: new Uint8Array(32), nonce: nonce(network) },
      deadline: Math.floor(Date.now() / 1000) + 60,
    };
    const [grantId] = [...network.chain.state.grants].find(([, g]) => g.patient === toHex(account))!;
    const revoke = {
      ...placeOf(network, 'consent'),
      ...{ grantId: fromHex(grantId), patient: account, deadline: look.deadline },
    };
    for (const [i, custodian] of network.custodians.entries())
      for (const key of [wallet, secret]) {
        const sign = <S extends Parameters<typeof encodeSigned>[0]>(struct: S, message: Message.Of<S>) =>
          encodeSigned(struct, Signing.sign(network, key, struct, message));
        const notes = Account.statement(network, key, 'askNotes', Stated.toCustodian(i + 1));
        const guardians = Account.state(network, key, 'guardians', Guardians.encodeGuardians(rules));
        const release = encodeAskRelease({
          ...{ request: sign(Message.request, look), grant: null, salt, streams: ['glucose/raw'] },
          ...{ purpose: 'own', oneTimeKey, blockNumber: 0, epochs: [] },
        });
        for (const [path, body] of [
          ['/v1/notes', notes],
          ['/v1/guardians', guardians],
          ['/v1/revoke', sign(Message.revoke, revoke)],
          ['/v1/add-signer', sign(Message.addSigner, change(Secp256k1.addressOf(hidden)))],
          ['/v1/remove-signer', sign(Message.removeSigner, change(mine))],
        ] as const)
          expect(await codeOf(Http.post(custodian, path, body)), path).toBe('CUSTODIAN_NOT_THE_PATIENT');
        expect(await codeOf(Http.post(custodian, '/v1/release', release))).toBe('RELEASE_NOT_THE_READER');
      }
  });

  test('the gateway knows neither the wallet nor what its apps might read', async () => {
    const keep = async () => {};
    const health = Http.json(await Http.get(network.gateway, '/health'));
    for (const attempt of [
      () => looks(network, old.wallet, fromHex(String(health.gatewayKey))),
      () => Pairing.tell(network, structuredClone(old), keep, []),
      () =>
        Account.publishKeys(network, old.wallet, [{ stream: 'glucose/raw', firstDay: 50_000, days: 1 }], 0),
    ])
      expect(await codeOf(attempt())).toBe('GATEWAY_NOT_A_SIGNER');
    const read = await fetch(`${network.gateway.url}/api/v1/entries.json?token=${readKey}`);
    expect([401, 403]).toContain(read.status);
  });

  test('the guardians of before can give it to nobody', async () => {
    const { request, words } = await ok(copied, 'recover', 'start', code, '--person', 'taken');
    const approve = ['recover', 'approve', request, '--words', words, '--out', join(outside, 'x')];
    expect(await refusal(copied, ...approve, '--person', 'me')).toMatch(/^RECOVERY_/);
  });

  test('the young person’s account still works', async () => {
    expect((await ok(young, ...report)).metrics.n).toBe(readings);
  });
});
