// Copyright the Islet authors. AGPL-3.0-or-later.
// Devices, guardians and recovery, with the real contracts and real custodians.
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import * as Account from '@islet/client/Account';
import * as Drill from '@islet/client/Drill';
import * as Guarding from '@islet/client/Guarding';
import type { Network } from '@islet/client/Network';
import type { Person } from '@islet/client/Person';
import * as Recovery from '@islet/client/Recovery';
import * as Signers from '@islet/client/Signers';
import * as Signing from '@islet/client/Signing';
import * as Wallet from '@islet/client/Wallet';
import { equal, toHex } from '@islet/core/crypto/bytes';
import { encodeList, parseList } from '@islet/core/wire/Ask';
import { app } from '@islet/custodian/app';
import * as Custodian from '@islet/custodian/Custodian';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as S from '../packages/client/src/scene.testkit.js';
import * as W from '../packages/client/src/writer.testkit.js';

const keep = async (): Promise<void> => {};
const hours = 3_600_000;
let scene: S.Scene;
let network: Network;
let folder: string;
const closing: (() => Promise<unknown>)[] = [];
let person: Person;
let guards: Person[];

async function newPerson(name: string): Promise<Person> {
  const wallet = await S.newPerson({ ...scene, network }, name);
  return { wallet, notes: { role: 'patient', dayOffsetMinutes: 120 } };
}

beforeAll(async () => {
  scene = await S.startScene();
  folder = await mkdtemp(join(tmpdir(), 'islet-recovery-'));
  const urls = await Promise.all(
    scene.custodians.map(async ({ index, accountKey }) => {
      const config = {
        ...{ folder: join(folder, String(index)), vaultKeyFolder: join(folder, `key-${index}`) },
        ...{ port: 0, index, rpcUrl: scene.rpcUrl },
        ...{ deployment: scene.network.deployment, validators: scene.validators },
        ...{ signingSeed: W.random(32), accountKey },
      };
      const custodian = await Custodian.open(config, scene.network.now);
      const server = serve({ fetch: app(custodian).fetch, hostname: '127.0.0.1', port: 0 }) as Server;
      closing.push(
        async () => server.close(),
        () => custodian.close(),
      );
      await new Promise((done) => server.once('listening', done));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }),
  );
  network = { ...scene.network, custodians: urls.map((url, i) => ({ name: `custodian ${i + 1}`, url })) };
  guards = [await newPerson('ann'), await newPerson('bob'), await newPerson('cyd')];
});
afterAll(async () => {
  for (const close of closing) await close();
  await scene?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});
beforeEach(async () => {
  person = await newPerson('me');
});

async function guarded(): Promise<string> {
  const accounts = guards.map((g) => g.wallet.account);
  const { told, invitations } = await Guarding.set(network, person, keep, {
    guardians: accounts,
    threshold: 2,
    delay: 24 * 3600,
  });
  expect(told).toBe(3);
  for (const guard of guards) await Guarding.accept(network, guard, keep, invitations[0]!);
  return invitations[0]!;
}
const states = (answers: Recovery.Answer[]) => answers.map((a) => a.code ?? a.state);

describe('a further device', () => {
  test.each(['secp256k1', 'p256'] as const)(
    'of %s signs for the account, and has its keys for reading',
    async (kind) => {
      const { newcomer, request } = await Signers.newcomer(network, person.wallet.account, kind);
      const handed = await Signers.hand(network, person, request);
      expect(await Signers.add(network, person.wallet, request.signer)).toEqual({ told: 3, of: 3 });
      const { wallet, dayOffsetMinutes } = Signers.receive(network, newcomer, handed);
      expect(dayOffsetMinutes).toBe(120);
      expect({ ...wallet, signerKey: null, signerKind: null }).toEqual({
        ...person.wallet,
        signerKey: null,
        signerKind: null,
      });
      expect(Signing.signerOf(network, wallet)).toEqual(request.signer);
      // It can itself let others in, and out.
      const next = await Signers.newcomer(network, wallet.account);
      expect((await Signers.add(network, wallet, next.request.signer)).told).toBe(3);
      expect((await Signers.remove(network, wallet, next.request.signer)).told).toBe(3);
      expect(await Signers.list(network, wallet.account)).toHaveLength(2);
    },
  );

  test('is handed nothing that another could open, nor another account’s keys', async () => {
    const { newcomer, request } = await Signers.newcomer(network, person.wallet.account);
    const handed = await Signers.hand(network, person, request);
    const other = await Signers.newcomer(network, person.wallet.account);
    expect(() => Signers.receive(network, other.newcomer, handed)).toThrow(Signers.NotForUsError);
    expect(() =>
      Signers.receive(network, { ...newcomer, signerKey: other.newcomer.signerKey }, handed),
    ).toThrow(Signers.NotForUsError);
    expect(await S.codeOf(Signers.hand(network, guards[0]!, request))).toBe('REQUEST_OTHER_ACCOUNT');
  });

  test('is not handed keys under another one-time key, which a hub would open', async () => {
    const { request } = await Signers.newcomer(network, person.wallet.account);
    const key = toHex(request.keyHash);
    const [thief] = [...scene.hub.keys.values()].filter((k) => k.length === 1216);
    scene.hub.keys.set(key, thief!.with(0, thief![0]! ^ 1));
    expect(await S.codeOf(Signers.hand(network, person, request))).toBe('REQUEST_NO_KEY');
  });
});

describe('guardians', () => {
  test('give account and seeds back after the delay; custodians follow and the old signer is out', async () => {
    await guarded();
    const { attempt: begun, request } = await Recovery.start(network, person.wallet.account);
    let attempt = begun;
    attempt = Recovery.take(network, attempt, await Recovery.approve(network, guards[0]!, request));
    expect(states(await Recovery.present(network, attempt))).toEqual(Array(3).fill('RECOVERY_NO_QUORUM'));
    attempt = Recovery.take(network, attempt, await Recovery.approve(network, guards[2]!, request));
    expect(states(await Recovery.present(network, attempt))).toEqual(['waiting', 'waiting', 'waiting']);
    expect(await Recovery.open(network, person.wallet.account)).toMatchObject([{ attempt: 1, approvals: 2 }]);
    scene.clock.ahead += 25 * hours;
    const { wallet, role, dayOffsetMinutes, custodians } = await Recovery.finish(network, attempt, 'me');
    expect(role).toBe('patient');
    expect(states(custodians)).toEqual(['recovered', 'recovered', 'recovered']);
    expect(dayOffsetMinutes).toBe(120);
    expect({ ...wallet, signerKey: null }).toEqual({ ...person.wallet, signerKey: null });
    expect(await Signers.list(network, wallet.account)).toEqual([toHex(request.signer)]);
    expect(equal(wallet.signerKey, person.wallet.signerKey)).toBe(false);
    const again = await Recovery.finish(network, attempt, 'me');
    expect(states(again.custodians)).toEqual(['recovered', 'recovered', 'recovered']);
  });

  test('give a clinician back as a clinician, for whom no custodian is asked', async () => {
    const wallet = Wallet.create('dr', W.random);
    await Account.register(network, wallet);
    await network.chain.follow();
    person = { wallet, notes: { role: 'clinician' } };
    const guardians = guards.map((g) => g.wallet.account);
    const { told, of, invitations } = await Guarding.set(network, person, keep, {
      ...{ guardians, threshold: 2, delay: 24 * 3600 },
    });
    expect({ told, of }).toEqual({ told: 0, of: 0 });
    for (const guard of guards) await Guarding.accept(network, guard, keep, invitations[0]!);
    const { attempt: begun, request } = await Recovery.start(network, wallet.account);
    let attempt = begun;
    for (const guard of guards.slice(1))
      attempt = Recovery.take(network, attempt, await Recovery.approve(network, guard, request));
    scene.clock.ahead += 25 * hours;
    const back = await Recovery.finish(network, attempt, 'dr');
    expect({ role: back.role, custodians: back.custodians }).toEqual({ role: 'clinician', custodians: [] });
    expect({ ...back.wallet, signerKey: null }).toEqual({ ...wallet, signerKey: null });
    expect(await Signers.list(network, wallet.account)).toEqual([toHex(request.signer)]);
  });

  test('lose to an objection', async () => {
    await guarded();
    const { attempt: begun, request } = await Recovery.start(network, person.wallet.account);
    let attempt = begun;
    for (const guard of guards)
      attempt = Recovery.take(network, attempt, await Recovery.approve(network, guard, request));
    expect(states(await Recovery.present(network, attempt))).toEqual(['waiting', 'waiting', 'waiting']);
    expect(await Recovery.object(network, person)).toEqual({ told: 3, of: 3, attempts: [1] });
    scene.clock.ahead += 25 * hours;
    expect(await S.codeOf(Recovery.finish(network, attempt, 'me'))).not.toBe('ALLOWED');
    expect(states(await Recovery.present(network, attempt))).toEqual(Array(3).fill('RECOVERY_OVER'));
    expect(await S.codeOf(Recovery.object(network, person))).toBe('RECOVERY_NOTHING');
  });

  test('who take an approval back leave no quorum behind', async () => {
    await guarded();
    const { attempt: begun, request } = await Recovery.start(network, person.wallet.account);
    let attempt = begun;
    for (const guard of guards.slice(0, 2))
      attempt = Recovery.take(network, attempt, await Recovery.approve(network, guard, request));
    await Recovery.present(network, attempt);
    expect((await Recovery.withdraw(network, guards[1]!, person.wallet.account)).told).toBe(3);
    expect(states(await Recovery.present(network, attempt))).toEqual(Array(3).fill('RECOVERY_NO_QUORUM'));
    scene.clock.ahead += 25 * hours;
    expect(await S.codeOf(Recovery.finish(network, attempt, 'me'))).not.toBe('ALLOWED');
  });

  test('of whom one hands in a false share spoil nothing where enough are true, and give nothing where not', async () => {
    await guarded();
    const { attempt: begun, request } = await Recovery.start(network, person.wallet.account);
    const answers = await Promise.all(guards.map((g) => Recovery.approve(network, g, request)));
    const [approval] = parseList('islet/guardian-answer', answers[1]!);
    const { share, place } = Guarding.chargeOf(guards[1]!, person.wallet.account);
    const key = await Signers.oneTimeKeyOf(network, request);
    const lie = Guarding.reseal(place, share.with(3, share[3]! ^ 1), key, network);
    answers[1] = encodeList('islet/guardian-answer', [approval!, lie]);
    const take = (some: Uint8Array[]) => some.reduce((a, one) => Recovery.take(network, a, one), begun);
    expect(await S.codeOf(Recovery.finish(network, take(answers.slice(0, 2)), 'me'))).toBe(
      'RECOVERY_SHARES_FALSE',
    );
    await Recovery.present(network, take(answers));
    scene.clock.ahead += 25 * hours;
    const { wallet } = await Recovery.finish(network, take(answers), 'me');
    expect(wallet.rootSeed).toEqual(person.wallet.rootSeed);
  });

  test('answer no request but the one that they were asked', async () => {
    await guarded();
    const { request } = await Recovery.start(network, person.wallet.account);
    const other = await Recovery.start(network, person.wallet.account);
    const answer = await Recovery.approve(network, guards[0]!, request);
    expect(() => Recovery.take(network, other.attempt, answer)).toThrow(Recovery.BadAnswerError);
    const stranger = await newPerson('stranger');
    expect(await S.codeOf(Recovery.approve(network, stranger, request))).toBe('GUARDIANS_NOT_OURS');
  });

  test('are two or more others, each once, and known', async () => {
    const set = (guardians: Uint8Array[], threshold: number) =>
      S.codeOf(Guarding.set(network, person, keep, { guardians, threshold }));
    const [a, b] = guards.map((g) => g.wallet.account) as [Uint8Array, Uint8Array];
    expect(await set([a, b], 1)).toBe('GUARDIANS_TOO_FEW');
    expect(await set([a, b], 3)).toBe('GUARDIANS_TOO_FEW');
    expect(await set([a, a], 2)).toBe('GUARDIANS_TOO_FEW');
    expect(await set([a, person.wallet.account], 2)).toBe('GUARDIANS_TOO_FEW');
    expect(await set([a, W.random(32)], 2)).toBe('GUARDIANS_UNKNOWN');
    expect(await set([], 0)).toBe('ALLOWED');
    expect(Guarding.rulesOf(person)).toBeUndefined();
  });

  test('accept no invitation to another’s share, nor one that the hub changed', async () => {
    const invitation = await guarded();
    const stranger = await newPerson('stranger');
    expect(await S.codeOf(Guarding.accept(network, stranger, keep, invitation))).toBe(
      'GUARDIANS_BAD_INVITATION',
    );
    expect(await S.codeOf(Guarding.accept(network, guards[0]!, keep, invitation.slice(0, -2)))).toBe(
      'GUARDIANS_BAD_INVITATION',
    );
    const rules = Guarding.rulesOf(person)!;
    const hash = toHex(rules.guardians[0]!.share!.hash);
    scene.hub.keys.set(hash, scene.hub.keys.get(hash)!.with(200, 1));
    expect(await S.codeOf(Guarding.accept(network, guards[0]!, keep, invitation))).toBe(
      'GUARDIANS_BAD_INVITATION',
    );
  });
});

describe('a drill', () => {
  const random = W.random;

  test('passes where enough guardians answer, and is remembered; a false, old or repeated answer counts nothing', async () => {
    await guarded();
    const { text, question } = Drill.ask(person, random);
    const answers = guards.map((g) => Drill.answer(g, text));
    const check = (some: string[], q = question) => Drill.check(person, keep, q, some, 1_000);
    expect(await check([answers[0]!, answers[0]!])).toMatchObject({ enough: false });
    expect(person.notes.drilledAt).toBeUndefined();
    expect(await check(answers, random(32))).toMatchObject({ enough: false, answered: [] });
    const outcome = await check(answers.slice(1));
    expect(outcome).toEqual({
      answered: guards.slice(1).map((g) => toHex(g.wallet.account)),
      silent: [toHex(guards[0]!.wallet.account)],
      enough: true,
    });
    expect(person.notes.drilledAt).toBe(1_000);
  });

  test('is due half a year after guardians were named or tried', async () => {
    expect(Drill.isDue(person, 1e15)).toBe(false);
    await guarded();
    const { setAt } = person.notes.guardians!;
    const half = 180 * 24 * hours;
    expect([
      Drill.isFirst(person),
      Drill.isDue(person, setAt + half),
      Drill.isDue(person, setAt + half + 1),
    ]).toEqual([true, false, true]);
    person.notes.drilledAt = setAt + 5;
    expect([Drill.isFirst(person), Drill.isDue(person, setAt + half + 1)]).toEqual([false, false]);
  });

  test('fails where shares are of other seeds than the wallet has now', async () => {
    await guarded();
    const { text, question } = Drill.ask(person, random);
    const answers = guards.map((g) => Drill.answer(g, text));
    const other = { ...person, wallet: { ...person.wallet, rootSeed: random(32) } };
    expect(await Drill.check(other, keep, question, answers, 1)).toMatchObject({ enough: false });
  });
});
