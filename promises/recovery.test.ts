// Copyright the Islet authors. AGPL-3.0-or-later.
// A person loses every device, and gets account and data back with two of three guardians; nobody else does. In real
// processes, whose clock is moved a day at a time between starts (clock.testkit.mjs).
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import { provision } from '@islet/cli/Provision';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Person from '@islet/sim/Person';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Islet, type Result, start } from './islet.testkit.js';

const zone = 'Europe/Bucharest';
const readings = Person.days('recovery', { firstAt: Date.UTC(1961, 3, 11, 22), days: 3, zone });
const window = ['--from', '1961-04-12', '--to', '1961-04-13'];
const dayMs = 24 * 3_600_000;
/** Each starts and ends many processes. */
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });
const guardians = ['ann', 'bob', 'cyd'];

let clockFolder: string;
let ahead = 0;
let islet: Islet;
let code: string;
let all: number;

const setClock = (): Promise<void> => writeFile(join(clockFolder, 'ahead'), String(ahead));
/** A day and an hour later, everything started anew. */
async function nextDay(): Promise<void> {
  ahead += dayMs + dayMs / 24;
  await setClock();
  await islet.restart();
}

const path = (name: string) => join(islet.folder, name);
const told = ({ code: exit, json }: Result) => (exit === 0 ? 'done' : json.error?.code);
const ok = async (...args: string[]): Promise<Record<string, any>> => {
  const result = await islet.run(...args);
  expect(result.code, JSON.stringify(result.json)).toBe(0);
  return result.json;
};
const report = (name: string) => islet.run('report', '--as', name, '--person', name, ...window);
const states = ({ custodians }: Record<string, any>) => custodians.map((c: { state: string }) => c.state);

beforeAll(async () => {
  clockFolder = await mkdtemp(join(tmpdir(), 'islet-clock-'));
  await setClock();
  process.env.ISLET_TEST_CLOCK = join(clockFolder, 'ahead');
  process.env.NODE_OPTIONS = `--import ${pathToFileURL(join(import.meta.dirname, 'clock.testkit.mjs')).href}`;
  islet = await start();
  const home = Home.at(islet.folder);
  {
    await using network = await connect(home);
    for (const name of guardians) await provision(home, network, name, 'clinician');
  }
  await writeFile(path('clarity.csv'), ClarityFile.write(readings, { zone } as ClarityFile.Quirks).bytes);
  await ok('import', path('clarity.csv'), '--zone', zone);
  const seen = await report('me');
  all = seen.json.metrics.n;
  code = (await ok('device', 'list')).account;
});
afterAll(async () => {
  await islet?.[Symbol.asyncDispose]();
  delete process.env.NODE_OPTIONS;
  delete process.env.ISLET_TEST_CLOCK;
  await rm(clockFolder, { recursive: true, force: true });
});

/** A guardian who has heard these words answers; the answer's file. */
async function approved(guardian: string, request: string, words: string): Promise<string> {
  const out = path(`${guardian}.answer`);
  await ok('recover', 'approve', request, '--words', words, '--out', out, '--person', guardian);
  return out;
}

describe('beforehand', () => {
  test('a second device is let in by its words, reads everything, and reads nothing once it is removed', async () => {
    const { request, words } = await ok('device', 'request', code, '--person', 'phone', '--p256');
    const add = (heard: string) =>
      islet.run('device', 'add', request, '--words', heard, '--out', path('phone.keys'));
    expect(told(await add('lusab babad gutih tugad'))).toBe('CLI_OTHER_WORDS');
    const added = await add(words);
    expect(told(added)).toBe('done');
    expect(added.json.custodiansTold).toBe(3);
    await ok('device', 'receive', path('phone.keys'), '--person', 'phone');
    const seen = await report('phone');
    expect([told(seen), seen.json.metrics?.n]).toEqual(['done', all]);
    const app = await ok('pair', '--name', 'an app of the first device');
    await ok('pair', '--name', 'an app of the second', '--person', 'phone');
    const posted = await fetch(`${islet.ready.gateway}/api/v1/entries`, {
      method: 'POST',
      headers: { 'api-secret': app.apiSecret, 'content-type': 'application/json' },
      body: JSON.stringify([{ type: 'sgv', sgv: 111, date: Date.now() + ahead }]),
    });
    expect(posted.status, 'what one device paired goes on when another pairs').toBe(200);
    const { verificationMethod } = await ok('did', 'me');
    expect(verificationMethod).toHaveLength(2);
    const removed = await ok('device', 'remove', added.json.signer);
    expect(removed.custodiansTold).toBe(3);
    expect(told(await report('phone'))).not.toBe('done');
    expect(told(await report('me'))).toBe('done');
  });

  test('guardians are named, accept, and a drill shows that they could help, and when they could not', async () => {
    const { invitation, custodiansTold } = await ok(
      'guardians',
      'set',
      ...guardians,
      '--need',
      '2',
      '--hours',
      '24',
    );
    expect(custodiansTold).toBe(3);
    for (const name of guardians) await ok('guardians', 'accept', invitation, '--person', name);
    await writeFile(path('passphrase'), 'three words here\n');
    await ok('kit', 'print', '--out', path('kit.txt'), '--passphrase', path('passphrase'));
    expect(told(await islet.run('kit', 'check', path('kit.txt')))).toBe('KIT_WRONG_PASSPHRASE');
    expect(await ok('kit', 'check', path('kit.txt'), '--passphrase', path('passphrase'))).toMatchObject({
      isThisWallet: true,
      isCurrent: true,
    });
    const { question } = await ok('drill', 'ask');
    const answers: string[] = [];
    for (const name of guardians.slice(0, 2))
      answers.push((await ok('drill', 'answer', question, '--person', name)).answer);
    const kit = ['--kit', path('kit.txt'), '--passphrase', path('passphrase')];
    const one = await islet.run('drill', 'check', answers[0]!, answers[0]!, ...kit);
    expect([one.code, one.json.enough]).toEqual([1, false]);
    expect(await ok('drill', 'check', ...answers, ...kit)).toMatchObject({ enough: true, kit: true });
    expect(await ok('guardians', 'list')).toMatchObject({ need: 2, hours: 24, drillDue: false });
  });
});

describe('with every device lost', () => {
  /** Found again later, by whoever has it: the person, who objects, or the finder. */
  const old = 'old';
  let request: string;
  let words: string;

  test('one guardian is not enough, and none is fooled by a request with other words', async () => {
    await copyFile(path('wallets/me.wallet'), path(`wallets/${old}.wallet`));
    await copyFile(path('wallets/me.notes'), path(`wallets/${old}.notes`));
    await rm(path('wallets/me.wallet'));
    await rm(path('wallets/me.notes'));
    ({ request, words } = await ok('recover', 'start', code, '--person', 'again'));
    const forged = await ok('recover', 'start', code, '--person', 'thief');
    const fooled = await islet.run(
      ...['recover', 'approve', forged.request, '--words', words],
      ...['--out', path('x'), '--person', 'ann'],
    );
    expect(told(fooled)).toBe('CLI_OTHER_WORDS');
    const taken = await ok('recover', 'take', await approved('ann', request, words), '--person', 'again');
    expect(states(taken)).toEqual(['refused', 'refused', 'refused']);
    expect(told(await islet.run('recover', 'finish', '--person', 'again'))).toBe('RECOVERY_SHARES_FALSE');
  });

  test('two are, but the person’s objection wins, however long one waits', async () => {
    const taken = await ok('recover', 'take', await approved('bob', request, words), '--person', 'again');
    expect(states(taken)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(told(await islet.run('recover', 'finish', '--person', 'again'))).not.toBe('done');
    expect(await ok('recover', 'object', '--person', old)).toMatchObject({
      attempts: [1],
      custodiansTold: 3,
    });
    await nextDay();
    expect(told(await islet.run('recover', 'finish', '--person', 'again'))).not.toBe('done');
    const again = await ok('recover', 'take', path('bob.answer'), '--person', 'again');
    expect(again.custodians.map((c: { code: string }) => c.code)).toEqual(Array(3).fill('RECOVERY_OVER'));
    expect(told(await report(old))).toBe('done');
  });

  test('two who are not objected to are waited for', async () => {
    const second = await ok('recover', 'start', code, '--person', 'once-more');
    for (const name of ['ann', 'cyd'])
      await ok(
        'recover',
        'take',
        await approved(name, second.request, second.words),
        '--person',
        'once-more',
      );
    expect(told(await islet.run('recover', 'finish', '--person', 'once-more'))).not.toBe('done');
  });

  test('after the delay the account is theirs, and the old device is out; nothing opens for a day', async () => {
    await nextDay();
    const finished = await ok('recover', 'finish', '--person', 'once-more');
    expect(states(finished)).toEqual(['recovered', 'recovered', 'recovered']);
    expect(told(await report('once-more'))).not.toBe('done');
    expect(told(await report(old))).not.toBe('done');
  });

  test('then all that was sealed before opens again, and may be granted again', async () => {
    await nextDay();
    const seen = await report('once-more');
    expect([told(seen), seen.json.metrics?.n]).toEqual(['done', all]);
    expect(told(await report(old))).not.toBe('done');
    // And it may grant again, and name guardians anew.
    await ok(
      'grant',
      '--reader',
      'clinic',
      '--streams',
      'glucose/day',
      ...window,
      '--until',
      '2200-01-01',
      '--person',
      'once-more',
    );
    const read = await islet.run('report', '--as', 'clinic', '--person', 'once-more', ...window);
    expect(told(read)).toBe('done');
    await ok('guardians', 'set', 'ann', 'bob', '--need', '2', '--person', 'once-more');
  });
});
