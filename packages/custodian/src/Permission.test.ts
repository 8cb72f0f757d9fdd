// Copyright the Islet authors. AGPL-3.0-or-later.
// Who may have shares: the patient's word, the reader's word and the contract's, each checked by the custodian itself.
import { toHex } from '@islet/core/crypto/bytes';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Message from '@islet/core/Message';
import * as Release from '@islet/core/Release';
import * as Streams from '@islet/core/Stream';
import { encodeSigned, parseSigned } from '@islet/core/signed';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { decisionLifeMs } from './limits.js';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

let scene: Scene.Scene;
let custodian: Scene.Custodian;
let patient: Story.Person;
let reader: Story.Person;
let stranger: Story.Person;
let sealed: Story.Sealed;
let granted: Story.Granted;

beforeAll(async () => {
  scene = await Scene.startScene();
  custodian = await scene.custodian(1);
  [patient, reader, stranger] = await Promise.all([Story.person(), Story.person(), Story.person()]);
  for (const who of [patient, reader, stranger]) {
    const register = await Story.settle(scene, who);
    expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
  }
  const others = [await Hpke.publicKeyOf(Scene.random(32)), await Hpke.publicKeyOf(Scene.random(32))];
  const keys = [await Story.keyOf(custodian, patient, 'glucose/raw', Story.day), ...others];
  sealed = await Story.seal([], patient, { keys });
  await Story.anchor(scene, 1, [sealed]);
  granted = await Story.grant(scene, patient, reader);
});
afterAll(() => scene?.[Symbol.asyncDispose]());
afterEach(() => {
  custodian.clock.skew = 0;
});

const ask = (how?: Story.Asking, under = granted) => Story.ask(scene, reader, under, [sealed], how);
const decided = async (how?: Story.Asking, under = granted) =>
  Story.decide(scene, reader, await ask(how, under), under);
const answer = (asked: Story.Asked, changes?: Parameters<typeof Story.answer>[2]) =>
  Story.answer(custodian, asked, changes);

test('a reader with the patient’s grant and a decision is released the share', async () => {
  const release = await Story.opened(custodian, await decided());
  expect(release?.shares).toHaveLength(1);
});
