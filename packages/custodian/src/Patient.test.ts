// Copyright the Islet authors. AGPL-3.0-or-later.
// What the patient may say and ask directly, and nobody else in their name.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Message from '@islet/core/Message';
import * as Release from '@islet/core/Release';
import { encodeSigned } from '@islet/core/signed';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { questionLifeMs } from './limits.js';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

const refused = '403 CUSTODIAN_NOT_THE_PATIENT';
let scene: Scene.Scene;
let custodian: Scene.Custodian;
let patient: Story.Person;
let other: Story.Person;
let reader: Story.Person;

beforeAll(async () => {
  scene = await Scene.startScene();
  custodian = await scene.custodian(1);
  [patient, other, reader] = await Promise.all([Story.person(), Story.person(), Story.person()]);
  for (const who of [patient, other, reader]) {
    const register = await Story.settle(scene, who);
    if (who !== reader) expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
  }
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const revoke = (bytes: Uint8Array) => custodian.answer('/v1/revoke', bytes);
const isRevoked = (who: Story.Person, grantId: Uint8Array) =>
  custodian.context.record.isRevoked(who.account, grantId);
/** A grant from the patient with a decision to use it. */
async function granted() {
  const given = await Story.grant(scene, patient, reader);
  const asked = await Story.decide(scene, reader, await Story.ask(scene, reader, given, []), given);
  return { grantId: given.message.grantId, asked };
}
const answer = (asked: Story.Asked) => Story.answer(custodian, asked);

describe('a revocation handed to the custodian', () => {
  test('binds at once and after a restart, though the chain does not have it', async () => {
    const { grantId, asked } = await granted();
    expect(await answer(asked)).toBe('200');
    const { bytes } = Story.revocation(scene, patient, grantId);
    expect(await revoke(bytes)).toBe('200');
    expect(await answer(asked)).toBe('403 DENIED_REVOKED');
    expect(await revoke(bytes)).toBe('200');
    await custodian.close();
    custodian = await scene.custodian(1, custodian.folder);
    expect(await answer(asked)).toBe('403 DENIED_REVOKED');
  });

  test('binds a grant that our view of the chain has not seen yet', async () => {
    const given = Story.signGrant(scene, patient, reader);
    expect(await revoke(Story.revocation(scene, patient, given.message.grantId).bytes)).toBe('200');
    await Story.submitGrant(scene, patient, given);
    const asked = await Story.decide(scene, reader, await Story.ask(scene, reader, given, []), given);
    expect(await answer(asked)).toBe('403 DENIED_REVOKED');
  });

  test('stops anyone else’s signature in the patient’s name', async () => {
    const { grantId } = await granted();
    const { message } = Story.revocation(scene, patient, grantId);
    const forged = Message.sign(Message.revoke, message, other.wallet);
    const signer = Secp256k1.addressOf(patient.wallet);
    expect(await revoke(encodeSigned(Message.revoke, { ...forged, signer }))).toBe(refused);
    expect(await revoke(encodeSigned(Message.revoke, forged))).toBe(refused);
    expect(isRevoked(patient, grantId)).toBe(false);
  });

  test('stops one for another chain or contract', async () => {
    const { grantId } = await granted();
    for (const change of [{ chain: 1n }, { target: fromHex(scene.deployment.identity) }])
      expect(await revoke(Story.revocation(scene, patient, grantId, change).bytes)).toBe(refused);
    expect(isRevoked(patient, grantId)).toBe(false);
  });

  test('stops one patient revoking another’s grant by naming its id', async () => {
    const { grantId, asked } = await granted();
    expect(await answer(asked)).toBe('200');
    expect(await revoke(Story.revocation(scene, other, grantId).bytes)).toBe('403 REVOKE_NOT_YOURS');
    expect(isRevoked(other, grantId)).toBe(false);
    expect(await answer(asked)).toBe('200');
  });

  test('stops one patient revoking another’s grant before our view of the chain has it', async () => {
    const { grantId, asked } = await granted();
    // The custodian was not asked anything since, so it has not heard of the grant.
    expect(custodian.context.chain.state.grants.has(toHex(grantId))).toBe(false);
    expect(await revoke(Story.revocation(scene, other, grantId).bytes)).toBe('200');
    expect(await answer(asked)).toBe('200');
  });
});

describe('the notes of what was released', () => {
  const ask = (changes?: Partial<Message.Statement>, who = patient) =>
    custodian.answer('/v1/notes', Story.question(scene, who, changes));
  const list = (who: Story.Person) => custodian.list('/v1/notes', 'islet/notes', Story.question(scene, who));

  test('are told to the patient, all of them and no one else’s, also after a restart', async () => {
    const before = (await list(patient)).length;
    const { asked } = await granted();
    await Story.released(custodian, asked);
    await Story.released(custodian, asked);
    await custodian.close();
    custodian = await scene.custodian(1, custodian.folder);
    const notes = await list(patient);
    expect(notes).toHaveLength(before + 2);
    const note = await Release.parseNote(notes.at(-1)!, custodian.context.signer.publicKey);
    expect(toHex(note!.requestId)).toBe(toHex(asked.requestId));
    expect(await list(other)).toEqual([]);
  });

  test('stop someone else asking in the patient’s name', async () => {
    const bytes = Story.question(scene, { ...patient, wallet: other.wallet });
    expect(await custodian.answer('/v1/notes', bytes)).toBe(refused);
    const message = {
      ...Story.placeOf(scene, 'identity'),
      account: patient.account,
      kind: Stated.kinds.askNotes,
    };
    const whole = { ...message, hash: Stated.toCustodian(1), version: scene.clock.now };
    const forged = Message.sign(Message.statement, whole, other.wallet);
    const signer = Secp256k1.addressOf(patient.wallet);
    const named = encodeSigned(Message.statement, { ...forged, signer });
    expect(await custodian.answer('/v1/notes', named)).toBe(refused);
  });

  test('stop someone who never enrolled', async () => {
    expect(await ask({}, reader)).toBe(refused);
  });

  test('stop a question seen once and repeated later, or dated ahead', async () => {
    const { now } = scene.clock;
    expect(await ask({ version: now - questionLifeMs })).toBe('200');
    expect(await ask({ version: now - questionLifeMs - 1 })).toBe(refused);
    expect(await ask({ version: now + questionLifeMs })).toBe('200');
    expect(await ask({ version: now + questionLifeMs + 1 })).toBe(refused);
  });

  test('stop a statement that the wallet signed for something else', async () => {
    expect(await ask({ kind: Stated.kinds.askLooks })).toBe(refused);
    expect(await ask({ kind: Stated.kinds.devices })).toBe(refused);
  });

  test('stop a question that the patient asked another custodian', async () => {
    expect(await ask({ hash: Stated.toCustodian(2) })).toBe(refused);
    expect(await ask({ hash: new Uint8Array(32) })).toBe(refused);
  });

  test('stop a question meant for another chain or contract', async () => {
    expect(await ask({ chain: 1n })).toBe(refused);
    expect(await ask({ target: fromHex(scene.deployment.consent) })).toBe(refused);
  });
});
