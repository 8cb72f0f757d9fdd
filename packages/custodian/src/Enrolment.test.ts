// Copyright the Islet authors. AGPL-3.0-or-later.
// Who is pinned as the patient, and what public keys are handed out.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Day from '@islet/core/Day';
import * as Message from '@islet/core/Message';
import type { Stream } from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { encodeEnrol, encodeMoreKeys } from '@islet/core/wire/Ask';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { enrol as enrolWith } from './Enrolment.js';
import { daysPerQuestion, enrolmentsPerHour } from './limits.js';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

let scene: Scene.Scene;
let custodian: Scene.Custodian;
let patient: Story.Person;
let stranger: Story.Person;
let register: Uint8Array;

beforeAll(async () => {
  scene = await Scene.startScene();
});
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(async () => {
  custodian = await scene.custodian(1);
  [patient, stranger] = await Promise.all([Story.person(), Story.person()]);
  register = await Story.settle(scene, patient);
});

const enrol = (bytes: Uint8Array) => custodian.answer('/v1/enrol', Story.enrolment(bytes));
const pinned = (who: Story.Person) => custodian.context.vault.signerOf(who.account);
const keys = (firstDay: number, days: number, streams: Stream[] = ['glucose/raw'], who = patient) =>
  custodian.answer(
    '/v1/keys',
    encodeMoreKeys({ account: who.account, wanted: streams.map((stream) => ({ stream, firstDay, days })) }),
  );

describe('enrolling', () => {
  test('pins the signer of a registration that is signed and on chain; a repetition changes nothing', async () => {
    expect(await enrol(register)).toBe('200');
    expect(pinned(patient)).toBe(toHex(Secp256k1.addressOf(patient.wallet)));
    const key = await Story.keyOf(custodian, patient, 'glucose/raw', Story.day);
    expect(await enrol(register)).toBe('200');
    expect(await Story.keyOf(custodian, patient, 'glucose/raw', Story.day)).toEqual(key);
  });

  test('stops a registration whose signature does not hold', async () => {
    const { message } = Story.registration(scene, patient);
    const { signature } = Message.sign(Message.register, message, stranger.wallet);
    const forged = encodeSigned(Message.register, { message, signer: message.signer, signature });
    expect(await enrol(forged)).toBe('403 ENROL_BAD_SIGNATURE');
    expect(pinned(patient)).toBeUndefined();
  });

  test('stops a registration signed by another key than the one that it names', async () => {
    const { message } = Story.registration(scene, patient);
    const forged = Story.signedBytes(Message.register, message, stranger.wallet);
    expect(await enrol(forged)).toBe('403 ENROL_BAD_SIGNATURE');
    expect(pinned(patient)).toBeUndefined();
  });

  test('stops a registration for another chain', async () => {
    expect(await enrol(Story.registration(scene, patient, { chain: 1n }).bytes)).toBe(
      '403 ENROL_BAD_SIGNATURE',
    );
  });

  test('stops a registration for another contract', async () => {
    const target = fromHex(scene.deployment.consent);
    expect(await enrol(Story.registration(scene, patient, { target }).bytes)).toBe('403 ENROL_BAD_SIGNATURE');
  });

  test('stops someone who registers another’s account with a key of their own', async () => {
    const { bytes } = Story.registration(scene, { ...patient, wallet: stranger.wallet });
    expect(await enrol(bytes)).toBe('403 ENROL_NOT_REGISTERED');
    expect(pinned(patient)).toBeUndefined();
  });

  test('stops an account that the chain does not have', async () => {
    expect(await enrol(Story.registration(scene, stranger).bytes)).toBe('403 ENROL_NOT_REGISTERED');
  });

  test('stops pinning anew after another key took the account over on chain', async () => {
    expect(await enrol(register)).toBe('200');
    await Story.letSpeak(scene, patient, Secp256k1.addressOf(stranger.wallet));
    const { bytes } = Story.registration(scene, { ...patient, wallet: stranger.wallet });
    expect(await enrol(bytes)).toBe('403 ENROL_OTHER_SIGNER');
    expect(pinned(patient)).toBe(toHex(Secp256k1.addressOf(patient.wallet)));
  });

  test('stops an enrolment on a frozen chain, where a registration may have been taken over since', async () => {
    custodian.clock.skew = 30_001;
    expect(await enrol(register)).toBe('503 CHAIN_STALE');
  });

  test('stops filling the disk with accounts in one hour', async () => {
    const theirs = await Story.settle(scene, stranger);
    const { context } = custodian;
    const budget = { hour: Math.floor(scene.clock.now / 3_600_000), spent: enrolmentsPerHour - 1 };
    await enrolWith(context, budget, { register, wanted: [] });
    const second = () => enrolWith(context, budget, { register: theirs, wanted: [] });
    await expect(second()).rejects.toMatchObject({ code: 'ENROL_TOO_MANY', status: 429 });
    expect(pinned(stranger)).toBeUndefined();
    // Those who are enrolled may come again.
    await expect(enrolWith(context, budget, { register, wanted: [] })).resolves.toEqual([]);
    scene.clock.now += 3_600_000;
    await expect(second()).resolves.toEqual([]);
  });

  test('stops junk and repetitions from using up what others need to enrol', async () => {
    const { context } = custodian;
    const budget = { hour: -1, spent: 0 };
    await enrolWith(context, budget, { register, wanted: [] });
    await enrolWith(context, budget, { register, wanted: [] });
    const junk = Story.registration(scene, stranger).bytes;
    await expect(enrolWith(context, budget, { register: junk, wanted: [] })).rejects.toThrow();
    expect(budget.spent).toBe(1);
  });
});

describe('public keys', () => {
  test('are for anyone, signed, and differ by custodian, person, stream and day', async () => {
    expect(await enrol(register)).toBe('200');
    expect(await enrol(await Story.settle(scene, stranger))).toBe('200');
    await using second = await scene.custodian(2);
    expect(await second.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
    const all = await Promise.all([
      Story.keyOf(custodian, patient, 'glucose/raw', Story.day),
      Story.keyOf(custodian, patient, 'glucose/raw', Story.day + 1),
      Story.keyOf(custodian, patient, 'glucose/raw', null),
      Story.keyOf(custodian, patient, 'glucose/day', Story.day),
      Story.keyOf(custodian, stranger, 'glucose/raw', Story.day),
      Story.keyOf(second, patient, 'glucose/raw', Story.day),
    ]);
    expect(new Set(all.map(toHex)).size).toBe(all.length);
  });

  test('are the same after a restart', async () => {
    expect(await enrol(register)).toBe('200');
    const key = await Story.keyOf(custodian, patient, 'glucose/raw', Story.day);
    await custodian.close();
    custodian = await scene.custodian(1, custodian.folder);
    expect(await Story.keyOf(custodian, patient, 'glucose/raw', Story.day)).toEqual(key);
  });

  test('are not drawn for someone who never enrolled', async () => {
    expect(await keys(Story.day, 1)).toBe('404 KEYS_NOT_ENROLLED');
    expect(await keys(Story.day, 1, ['glucose/raw'], stranger)).toBe('404 KEYS_NOT_ENROLLED');
  });

  test('stop a question that would keep the processor busy', async () => {
    expect(await enrol(register)).toBe('200');
    const many = Array.from({ length: daysPerQuestion / 800 }, (): Stream => 'glucose/raw');
    expect(await keys(0, 800, [...many, 'insulin/raw'])).toBe('400 KEYS_TOO_MANY');
    const wanted = [...many, 'insulin/raw' as const].map((stream) => ({ stream, firstDay: 0, days: 800 }));
    expect(await custodian.answer('/v1/enrol', encodeEnrol({ register, wanted }))).toBe('400 KEYS_TOO_MANY');
  });

  test('of days that do not exist are a malformed question', async () => {
    expect(await enrol(register)).toBe('200');
    expect(await keys(Story.day, 0)).toBe('400 FORMAT_MALFORMED');
    expect(await keys(Day.last, 2)).toBe('400 FORMAT_MALFORMED');
    expect(await keys(Day.last, 1)).toBe('200');
  });
});
