// Copyright the Islet authors. AGPL-3.0-or-later.
// What the patient erases stays shut from the moment a custodian hears of it, and is gone once it has signed for that.
import { cp, rm } from 'node:fs/promises';
import { toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as ErasureReceipt from '@islet/core/ErasureReceipt';
import * as Message from '@islet/core/Message';
import type { Stream } from '@islet/core/Stream';
import { encodeSigned, parseSigned } from '@islet/core/signed';
import { encodeMoreKeys } from '@islet/core/wire/Ask';
import { encodeHandover, parseDone, parseHandover } from '@islet/core/wire/Erasing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

let scene: Scene.Scene;
let custodian: Scene.Custodian;
let patient: Story.Person;
let register: Uint8Array;
beforeAll(async () => {
  scene = await Scene.startScene();
  custodian = await scene.custodian(1);
});
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(async () => {
  patient = await Story.person();
  register = await Story.settle(scene, patient);
  expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
});

const { day } = Story;
const hand = (handover: Uint8Array, to = custodian) => to.answer('/v1/erase', handover);
async function done(handover: Uint8Array, to = custodian) {
  const response = await to.post('/v1/erase', handover);
  expect(response.status).toBe(200);
  return parseDone(new Uint8Array(await response.arrayBuffer()));
}
/** Sealed and anchored data of those days, to the custodian's keys of now. */
async function sealed(days: (number | null)[], stream: Stream = 'glucose/raw') {
  const all: Story.Sealed[] = [];
  for (const at of days) {
    const own = await Story.keyOf(custodian, patient, stream, at);
    all.push(await Story.seal([], patient, { day: at, stream, keys: [own, own, own] }));
  }
  await Story.anchor(scene, all);
  return all;
}
/** What the custodian answers to the patient's own, granted question. */
async function open(one: Story.Sealed, stream: Stream = 'glucose/raw', from = custodian) {
  const asked = await Story.askOwn(scene, patient, [one], { streams: [stream] });
  return Story.answer(from, await Story.decide(scene, patient, asked));
}

describe('an erasure handed over', () => {
  test('is carried out once the chain has it: those days are shut, others and other streams open', async () => {
    const [inside, after, late] = await sealed([day, day + 1, null]);
    const [other] = await sealed([day], 'insulin/raw');
    const { message, handover } = Story.erasure(scene, patient);
    await Story.eraseOnChain(scene, patient, message);
    const { receipt, confirm } = await done(handover);
    expect(await open(inside!)).toBe('410 DENIED_ERASED');
    expect(await open(after!)).toBe('200');
    expect(await open(other!, 'insulin/raw')).toBe('200');
    // Late data may have been of that day, so its key went too.
    expect(await open(late!)).toBe('403 RELEASE_NO_SHARE');
    const read = await ErasureReceipt.parse(receipt!);
    const { publicKey } = await Ed25519.fromSeed(Scene.signingSeeds[0]!);
    expect(read).toMatchObject({
      ...{ role: 'custodian', custodian: 1, keeper: publicKey, dropped: [['secrets', 1]] },
      ...{ erasureId: message.erasureId, account: patient.account, firstDay: day, lastDay: day },
    });
    const signed = parseSigned(Message.confirm, confirm!);
    expect(Message.verify(Message.confirm, signed)).toBe(true);
    expect(signed.signer).toEqual(Secp256k1.addressOf(Scene.accountKeys[0]!));
    expect(signed.message.receiptHash).toEqual(ErasureReceipt.hashOf(receipt!));
    await Story.confirmOnChain(scene, confirm!);
    await custodian.context.chain.follow();
    const on = custodian.context.chain.state.erasures.get(toHex(message.erasureId))!;
    expect([on.needed, [...on.confirmations.keys()]]).toEqual([2, [1]]);
  });

  test('binds at once though the chain does not have it, and destroys nothing yet', async () => {
    const [one] = await sealed([day]);
    const { message, handover } = Story.erasure(scene, patient);
    expect(await done(handover)).toEqual({ receipt: null, confirm: null });
    expect(await open(one!)).toBe('410 DENIED_ERASED');
    await custodian.close();
    custodian = await scene.custodian(1, custodian.folder);
    expect(await open(one!)).toBe('410 DENIED_ERASED');
    const { nodes } = (await custodian.context.vault.tree(patient.account, 'glucose/raw'))!;
    expect(nodes).toHaveLength(1);
    await Story.eraseOnChain(scene, patient, message);
    expect((await done(handover)).receipt).not.toBeNull();
    expect(await open(one!)).toBe('410 DENIED_ERASED');
  });

  test('again gives the same receipt, also after a restart, and cuts nothing twice', async () => {
    const { message, handover } = Story.erasure(scene, patient);
    await Story.eraseOnChain(scene, patient, message);
    const first = await done(handover);
    const tree = await custodian.context.vault.tree(patient.account, 'glucose/raw');
    expect((await done(handover)).receipt).toEqual(first.receipt);
    await custodian.close();
    custodian = await scene.custodian(1, custodian.folder);
    expect((await done(handover)).receipt).toEqual(first.receipt);
    expect(await custodian.context.vault.tree(patient.account, 'glucose/raw')).toEqual(tree);
  });

  test('leaves no keys for those days, and keys around them', async () => {
    const { message, handover } = Story.erasure(scene, patient);
    await Story.eraseOnChain(scene, patient, message);
    await done(handover);
    const keys = (firstDay: number, days: number) =>
      encodeMoreKeys({ account: patient.account, wanted: [{ stream: 'glucose/raw', firstDay, days }] });
    expect(await custodian.answer('/v1/keys', keys(day, 1))).toBe('410 KEYS_ERASED');
    expect(await custodian.list('/v1/keys', 'islet/bundles', keys(day - 1, 3))).toHaveLength(2);
    expect(await custodian.list('/v1/keys', 'islet/bundles', keys(day + 1, 3))).toHaveLength(1);
  });

  test('of everything ends the account here, and nobody else’s', async () => {
    const [one] = await sealed([day]);
    const { message, handover } = Story.erasure(scene, patient, { streams: [] });
    await Story.eraseOnChain(scene, patient, message);
    await done(handover);
    expect(await open(one!)).toBe('410 DENIED_ERASED');
    expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('410 ENROL_ERASED');
    const keys = {
      account: patient.account,
      wanted: [{ stream: 'note/raw' as const, firstDay: 1, days: 1 }],
    };
    expect(await custodian.answer('/v1/keys', encodeMoreKeys(keys))).toBe('410 KEYS_ERASED');
    patient = await Story.person();
    expect(await custodian.answer('/v1/enrol', Story.enrolment(await Story.settle(scene, patient)))).toBe(
      '200',
    );
    const [theirs] = await sealed([day]);
    expect(await open(theirs!)).toBe('200');
  });
});

describe('an erasure that is refused', () => {
  test('is one that the pinned patient did not sign, whatever the chain says', async () => {
    const [one] = await sealed([day]);
    const thief = Secp256k1.secretKeyFrom(Scene.random);
    await Story.letSpeak(scene, patient, Secp256k1.addressOf(thief));
    const { message, handover } = Story.erasure(scene, patient, { key: thief });
    expect(await hand(handover)).toBe('403 CUSTODIAN_NOT_THE_PATIENT');
    const other = await Story.person();
    const theirs = Story.erasure(scene, other, {}, { account: patient.account });
    expect(await hand(theirs.handover)).toBe('403 CUSTODIAN_NOT_THE_PATIENT');
    const elsewhere = Story.erasure(scene, patient, {}, { target: new Uint8Array(20).fill(1) });
    expect(await hand(elsewhere.handover)).toBe('403 CUSTODIAN_NOT_THE_PATIENT');
    // A stranger's signature under the name of the patient's own key.
    const { erase: theirsSigned, scope } = parseHandover(handover);
    const forged = {
      ...parseSigned(Message.erase, theirsSigned),
      signer: Secp256k1.addressOf(patient.wallet),
    };
    const named = encodeHandover({ erase: encodeSigned(Message.erase, forged), scope });
    expect(await hand(named)).toBe('403 CUSTODIAN_NOT_THE_PATIENT');
    expect(message.account).toEqual(patient.account);
    expect(await open(one!)).toBe('200');
  });

  test('is one with another scope than was signed', async () => {
    const { erase } = parseHandover(Story.erasure(scene, patient).handover);
    const { scope } = parseHandover(Story.erasure(scene, patient, { streams: ['insulin/raw'] }).handover);
    expect(await hand(encodeHandover({ erase, scope }))).toBe('400 FORMAT_MALFORMED');
  });

  test('is a second one under a known id', async () => {
    const first = Story.erasure(scene, patient);
    await done(first.handover);
    const { erasureId } = first.message;
    const second = Story.erasure(scene, patient, { streams: ['note/raw'] }, { erasureId });
    expect(await hand(second.handover)).toBe('409 ERASE_OTHER_KNOWN');
  });

  test('destroys nothing where the chain recorded something else under its id', async () => {
    const real = Story.erasure(scene, patient, { streams: ['note/raw'] });
    await Story.eraseOnChain(scene, patient, real.message);
    const { erasureId } = real.message;
    const other = Story.erasure(scene, patient, { streams: ['glucose/raw'] }, { erasureId });
    expect(await done(other.handover)).toEqual({ receipt: null, confirm: null });
  });
});

describe('an erasure that a custodian only saw on chain', () => {
  test('keeps those days of all streams shut until it is told in words, and then opens what was not meant', async () => {
    const [one] = await sealed([day]);
    const [other, elsewhere] = await sealed([day, day + 1], 'insulin/raw');
    const { message, handover } = Story.erasure(scene, patient);
    await Story.eraseOnChain(scene, patient, message);
    expect(await open(one!)).toBe('410 DENIED_ERASED');
    expect(await open(other!, 'insulin/raw')).toBe('410 DENIED_ERASED');
    expect(await open(elsewhere!, 'insulin/raw')).toBe('200');
    await done(handover);
    expect(await open(one!)).toBe('410 DENIED_ERASED');
    expect(await open(other!, 'insulin/raw')).toBe('200');
  });

  test('stays shut for one whose whole folder, key and all, comes back from a backup', async () => {
    const [one] = await sealed([day]);
    await custodian.close();
    const backup = `${custodian.folder}-backup`;
    await cp(custodian.folder, backup, { recursive: true });
    await cp(`${custodian.folder}-key`, `${backup}-key`, { recursive: true });
    custodian = await scene.custodian(1, custodian.folder);
    const { message, handover } = Story.erasure(scene, patient);
    await Story.eraseOnChain(scene, patient, message);
    await done(handover);
    await custodian.close();
    // The vault alone does not even open.
    await cp(`${custodian.folder}-key`, `${backup}-today`, { recursive: true });
    await cp(backup, `${backup}-alone`, { recursive: true });
    await cp(`${backup}-today`, `${backup}-alone-key`, { recursive: true });
    await expect(scene.custodian(1, `${backup}-alone`)).rejects.toMatchObject({
      code: 'CUSTODIAN_VAULT_CORRUPT',
    });
    const restored = await scene.custodian(1, backup);
    expect(await open(one!, 'glucose/raw', restored)).toBe('410 DENIED_ERASED');
    expect((await done(handover, restored)).receipt).not.toBeNull();
    expect(await open(one!, 'glucose/raw', restored)).toBe('410 DENIED_ERASED');
    await restored.close();
    await rm(backup, { recursive: true });
    custodian = await scene.custodian(1, custodian.folder);
  });
});
