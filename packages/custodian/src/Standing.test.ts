// Copyright the Islet authors. AGPL-3.0-or-later.
// A custodian that the members replaced, and what it still does.
import * as Abi from '@islet/chain/Abi';
import { membersAbi } from '@islet/chain/abi/Members';
import type { Hex } from '@islet/chain/Wire';
import { to0x } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import { encodeMoreKeys } from '@islet/core/wire/Ask';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

let scene: Scene.Scene;
let custodians: Scene.Custodian[];
let patient: Story.Person;
let register: Uint8Array;
let granted: Story.Granted;
let reader: Story.Person;
let sealed: Story.Sealed;

beforeAll(async () => {
  scene = await Scene.startScene();
  custodians = [];
  for (const index of [1, 2, 3]) custodians.push(await scene.custodian(index));
  [patient, reader] = await Promise.all([Story.person(), Story.person()]);
  for (const who of [reader, patient]) {
    register = await Story.settle(scene, who);
    for (const one of custodians) await one.answer('/v1/enrol', Story.enrolment(register));
  }
  sealed = await Story.seal(custodians, patient);
  await Story.anchor(scene, [sealed]);
  granted = await Story.grant(scene, patient, reader);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

async function setCustodian(index: number, signingKey: Uint8Array, account: Hex): Promise<void> {
  const call = Abi.encodeCall(membersAbi, 'setCustodian', {
    index: BigInt(index),
    org: new Uint8Array(32).fill(1),
    signingKey,
    account,
  });
  await Story.vote(scene, call);
}

const ask = async () =>
  Story.decide(
    scene,
    reader,
    await Story.ask(scene, reader, granted, [sealed], { streams: ['glucose/raw'] }),
    granted,
  );

test('a custodian that the members replace refuses at once, and again when it is listed it releases', async () => {
  const [first, second] = custodians;
  const keys = encodeMoreKeys({
    account: patient.account,
    wanted: [{ stream: 'glucose/raw', firstDay: Story.day, days: 1 }],
  });
  expect(await Story.answer(second!, await ask())).toBe('200');
  const fresh = await Ed25519.fromSeed(Scene.random(32));
  await setCustodian(2, fresh.publicKey, to0x(Secp256k1.addressOf(Scene.random(32))));
  const asked = await ask();
  expect(await Story.answer(second!, asked)).toBe('403 CUSTODIAN_LEFT');
  expect(await Story.answer(first!, asked)).toBe('200');
  expect(await second!.answer('/v1/keys', keys)).toBe('403 CUSTODIAN_LEFT');
  expect(await second!.answer('/v1/enrol', Story.enrolment(register))).toBe('403 CUSTODIAN_LEFT');
  expect(await first!.answer('/v1/keys', keys)).toBe('200');

  await setCustodian(2, second!.context.signer.publicKey, to0x(Secp256k1.addressOf(Scene.accountKeys[1]!)));
  expect(await Story.answer(second!, await ask())).toBe('200');
  expect(await second!.answer('/v1/keys', keys)).toBe('200');
});

test('one not listed yet lets people enrol, so that it is known when it is, and releases nothing', async () => {
  const index = 3;
  const seed = Scene.signingSeeds[index - 1]!;
  Scene.signingSeeds[index - 1] = new Uint8Array(Scene.random(32));
  const coming = await scene.custodian(index);
  Scene.signingSeeds[index - 1] = seed;
  expect(await coming.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
  expect(await Story.answer(coming, await ask())).toBe('403 CUSTODIAN_LEFT');
});
