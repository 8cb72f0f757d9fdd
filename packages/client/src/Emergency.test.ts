// Copyright the Islet authors. AGPL-3.0-or-later.
// Breaking the glass, on a real chain.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Access from './Access.js';
import * as Granting from './Granting.js';
import * as Held from './Held.js';
import { accesses } from './Log.js';
import type { Network } from './Network.js';
import * as Reviewing from './Reviewing.js';
import * as S from './scene.testkit.js';
import type { Wallet } from './Wallet.js';
import * as W from './writer.testkit.js';

const wanted: Access.Wanted = { streams: ['glucose/raw'], firstDay: W.day, lastDay: W.day + 6 };
const why = 'Found unconscious, alone.';
let scene: S.Scene;
let network: Network;
let patient: S.Patient;
let medic: Wallet;
let held: Held.Held;

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  patient = await S.newPatient(scene, 'patient');
  medic = await S.newPerson(scene, 'medic');
  await Granting.grant(network, patient.wallet, {
    ...{ reader: medic.account, ...wanted, purpose: 'emergency', maxUses: 0, emergency: true },
    notBefore: network.now() - 60_000,
    expiresAt: network.now() + 3_600_000,
  });
  [held] = (await Held.from(network, medic, patient.wallet.account)) as [Held.Held];
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const last = async () => (await accesses(network, patient.wallet)).accesses.at(-1)!;

test('without a reason it is refused, on record', async () => {
  expect(await S.codeOf(Access.granted(network, medic, held, wanted))).toBe('DENIED_EMERGENCY_NOT_STATED');
  expect(await last()).toMatchObject({ reason: 15, emergency: null });
});

test('a reason must say something, and not too much', async () => {
  for (const text of ['', '  ', 'x'.repeat(1001)])
    expect(await S.codeOf(Access.inEmergency(network, medic, held, wanted, text))).toBe(
      'EMERGENCY_BAD_REASON',
    );
});

test('with a reason it opens, and the patient alone reads why', async () => {
  const opened = await Access.inEmergency(network, medic, held, wanted, why);
  expect(opened.segments.length).toBeGreaterThan(0);
  const told = await last();
  expect(told.requestId).toBe(opened.requestId);
  expect(told.emergency).toMatchObject({ reason: { text: why }, reviews: [] });
  const papers = [...scene.hub.papers.values()].flat();
  expect(papers).toHaveLength(1);
  expect(Buffer.from(papers[0]!).includes(why)).toBe(false);
});

test('after the account took another key, the person reads why with the one of before, and nobody with neither', async () => {
  const { wallet } = patient;
  const newer = { ...wallet, encryptionSeed: W.random(32) };
  const reasonFor = async (who: Wallet) => (await accesses(network, who)).accesses.at(-1)!.emergency!.reason;
  expect(await reasonFor({ ...newer, formerEncryptionSeeds: [wallet.encryptionSeed] })).toMatchObject({
    text: why,
  });
  expect(await reasonFor(newer)).toBeNull();
});

test('a hub that keeps the reason back, or another’s, does not make up one', async () => {
  const { requestId } = await last();
  const honest = scene.hub.papers.get(requestId)!;
  scene.hub.papers.set(requestId, [W.random(1500)]);
  expect((await last()).emergency).toMatchObject({ reason: null });
  scene.hub.papers.delete(requestId);
  expect((await last()).emergency).toMatchObject({ reason: null });
  scene.hub.papers.set(requestId, honest);
});

test('the patient judges it, once', async () => {
  const { requestId } = await last();
  await Reviewing.asPatient(network, patient.wallet, fromHex(requestId), { justified: true });
  expect((await last()).emergency!.reviews).toMatchObject([
    { by: toHex(patient.wallet.account), justified: true },
  ]);
  const again = Reviewing.asPatient(network, patient.wallet, fromHex(requestId), { justified: false });
  await expect(again).rejects.toThrow();
});

test('an organisation’s admin judges it too', async () => {
  const { requestId } = await last();
  await Reviewing.asMember(network, scene.admin.sender, fromHex(requestId), { justified: false });
  expect((await last()).emergency!.reviews.map((r) => r.justified)).toEqual([true, false]);
});
