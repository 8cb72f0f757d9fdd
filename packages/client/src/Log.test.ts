// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Release from '@islet/core/Release';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as Access from './Access.js';
import { accesses } from './Log.js';
import type { Network } from './Network.js';
import * as S from './scene.testkit.js';
import type { Wallet } from './Wallet.js';
import * as W from './writer.testkit.js';

const raw: Access.Wanted = { streams: ['glucose/raw'], firstDay: W.day, lastDay: W.day + 6 };
let scene: S.Scene;
let network: Network;
let patient: S.Patient;
let clinic: Wallet;
let looked: Access.Opened;

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  patient = await S.newPatient(scene, 'patient');
  clinic = await S.newPerson(scene, 'clinic');
  // All three answer, so that each has a note of it.
  looked = await Access.own(network, patient.wallet, raw);
  await S.codeOf(Access.withoutGrant(network, clinic, patient.wallet.account, raw));
});
afterEach(() => {
  for (const c of scene.custodians) c.telling = undefined;
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const log = () => accesses(network, patient.wallet);
const note = (custodian: number): Release.Note => ({
  requestId: Uint8Array.from(Buffer.from(looked.requestId, 'hex')),
  custodian,
  epochs: [W.random(32)],
  blockNumber: 1,
  blockHash: W.random(32),
  at: 5,
});

describe('who saw what', () => {
  test('has every request, granted or refused, in order, with the releases', async () => {
    const told = await log();
    expect(told.silent).toEqual([]);
    expect(told.accesses.map((a) => a.reason)).toEqual([0, 1]);
    const [own, refused] = told.accesses;
    expect(own!.requestId).toBe(looked.requestId);
    const released = looked.custodians.filter((c) => c.outcome === 'released').map((c) => c.custodian);
    expect(own!.releases.map((r) => r.custodian)).toEqual(expect.arrayContaining(released));
    expect(own!.releases.every((r) => r.epochs === 3)).toBe(true);
    expect(refused!.releases).toEqual([]);
  });

  test('has nothing of other people', async () => {
    expect((await accesses(network, clinic)).accesses).toEqual([]);
  });

  test('names the custodians that do not answer', async () => {
    const custodians = network.custodians.map((c, i) => (i === 1 ? { ...c, url: 'http://127.0.0.1:1' } : c));
    expect((await accesses({ ...network, custodians }, patient.wallet)).silent).toEqual([2]);
  });

  test('names a custodian whose notes are not all signed by it', async () => {
    const [, liar] = scene.custodians;
    const stranger = await Ed25519.fromSeed(W.random(32));
    liar!.telling = async () => [...liar!.notes, await Release.signNote(note(2), stranger)];
    const told = await log();
    expect(told.silent).toEqual([2]);
    expect(told.accesses.flatMap((a) => a.releases).map((r) => r.custodian)).not.toContain(2);
  });

  test('names a custodian that writes its releases down to another', async () => {
    const [, liar] = scene.custodians;
    liar!.telling = async () => [await Release.signNote(note(3), liar!.signer)];
    expect((await log()).silent).toEqual([2]);
  });

  test('names a custodian that answers with something else', async () => {
    scene.custodians[0]!.telling = async () => [W.random(40)];
    expect((await log()).silent).toEqual([1]);
  });

  test('names a custodian that the chain does not list', async () => {
    const custodians = [...network.custodians, network.custodians[0]!];
    expect((await accesses({ ...network, custodians }, patient.wallet)).silent).toEqual([4]);
  });
});
