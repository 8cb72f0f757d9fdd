// Copyright the Islet authors. AGPL-3.0-or-later.
// Who speaks for an account after signers were added and removed, and after its guardians gave it to a new one.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as P256 from '@islet/core/crypto/p256';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Message from '@islet/core/Message';
import { encodeSigned } from '@islet/core/signed';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { recoveryCoolDownMs, recoveryPatienceMs, signersPerAccount, statementAheadMs } from './limits.js';
import * as R from './recovery.testkit.js';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

const notThePatient = '403 CUSTODIAN_NOT_THE_PATIENT';
const delayMs = 72 * 3_600_000;
/** Blocks made while the clock stands are dated ahead of it, a second each. */
const aMinute = 60_000;
let scene: Scene.Scene;
let custodian: Scene.Custodian;
let patient: Story.Person;
let reader: Story.Person;
let stranger: Story.Person;
let guards: Story.Person[];

const newKey = (): Uint8Array => Secp256k1.secretKeyFrom(Scene.random);
const addressOf = Secp256k1.addressOf;

beforeAll(async () => {
  scene = await Scene.startScene();
  custodian = await scene.custodian(1);
  [reader, stranger] = await Promise.all([Story.person(), Story.person()]);
  guards = await Promise.all([Story.person(), Story.person(), Story.person()]);
  for (const who of [reader, stranger, ...guards]) await Story.settle(scene, who);
});
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(async () => {
  patient = await Story.person();
  const register = await Story.settle(scene, patient);
  expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
});

const speaks = (signer: Uint8Array, who = patient) =>
  custodian.context.signers.speaks(toHex(who.account), toHex(signer));
async function restart(): Promise<void> {
  await custodian.close();
  custodian = await scene.custodian(1, custodian.folder);
}
/** What the custodian says to a look at one's own data, signed with a key. */
async function own(key: Uint8Array): Promise<string> {
  const as = { ...patient, wallet: key };
  return Story.answer(custodian, await Story.decide(scene, as, await Story.askOwn(scene, as, [])));
}
/** What it says to a reader with a grant that was signed with a key. */
async function granted(key: Uint8Array): Promise<{ again: () => Promise<string> }> {
  const as = { ...patient, wallet: key };
  // Longer than any delay here.
  const given = await Story.grant(scene, as, reader, { expiresAt: Story.secondsOf(scene) + 90 * 86_400 });
  const again = async () =>
    Story.answer(
      custodian,
      await Story.decide(scene, reader, await Story.ask(scene, reader, given, []), given),
    );
  return { again };
}

describe('a further signer', () => {
  let key: Uint8Array;
  beforeEach(() => {
    key = newKey();
  });
  const add = (said = R.addSigner(scene, patient, addressOf(key))) =>
    custodian.answer('/v1/add-signer', said.bytes);

  test('opens and grants once the custodian was told and the chain has it, also after a restart', async () => {
    const said = R.addSigner(scene, patient, addressOf(key));
    await R.submitSigner(scene, 'addSigner', said);
    expect(await own(key)).toBe('403 RELEASE_NOT_THE_PATIENT');
    const before = await granted(key);
    expect(await before.again()).toBe('403 RELEASE_GRANT_NOT_SIGNED');
    expect(await add(said)).toBe('200');
    expect(await add(said)).toBe('200');
    expect(await own(key)).toBe('200');
    expect(await before.again()).toBe('200');
    await restart();
    expect(await own(key)).toBe('200');
    expect(await own(patient.wallet)).toBe('200');
  });

  test('opens nothing while the chain does not have it', async () => {
    expect(await add()).toBe('200');
    const as = { ...patient, wallet: key };
    const asked = await Story.decide(scene, patient, await Story.askOwn(scene, patient, []));
    const request = Story.signedBytes(Message.request, asked.message, key);
    expect(await Story.answer(custodian, asked, { request })).toBe('403 RELEASE_NOT_THE_READER');
    expect(as.account).toBe(patient.account);
  });

  test('a signer that the chain never had says nothing in the person’s name', async () => {
    expect(await add()).toBe('200');
    const next = R.addSigner(scene, patient, Scene.random(20), key);
    expect(await custodian.answer('/v1/add-signer', next.bytes)).toBe(notThePatient);
    await R.submitSigner(scene, 'addSigner', R.addSigner(scene, patient, addressOf(key)));
    expect(await custodian.answer('/v1/add-signer', next.bytes)).toBe('200');
  });

  test('a signer that the chain alone has says nothing in the person’s name', async () => {
    await R.submitSigner(scene, 'addSigner', R.addSigner(scene, patient, addressOf(key)));
    const next = R.addSigner(scene, patient, Scene.random(20), key);
    expect(await custodian.answer('/v1/add-signer', next.bytes)).toBe(notThePatient);
    expect(await add()).toBe('200');
    expect(await custodian.answer('/v1/add-signer', next.bytes)).toBe('200');
  });

  test('may be a P-256 key, through the verifier of this deployment only', async () => {
    const secret = P256.secretKeyFrom(Scene.random);
    const { p256 } = custodian.context.verifiers;
    const place = { ...Story.placeOf(scene, 'identity'), account: patient.account };
    const nonce = { nonce: 77n, deadline: Story.secondsOf(scene) + 60 };
    const { signer } = Message.signP256(
      Message.revoke,
      { ...place, grantId: place.account, patient: place.account, deadline: 1 },
      secret,
      p256,
    );
    const said = R.addSigner(scene, patient, signer);
    await R.submitSigner(scene, 'addSigner', said);
    expect(await add(said)).toBe('200');
    const other = addressOf(newKey());
    const next = Message.signP256(Message.addSigner, { ...place, signer: other, ...nonce }, secret, p256);
    const elsewhere = Message.signP256(
      Message.addSigner,
      { ...place, signer: other, ...nonce },
      secret,
      Scene.random(20),
    );
    const send = (m: typeof next) => custodian.answer('/v1/add-signer', encodeSigned(Message.addSigner, m));
    expect(await send(elsewhere)).toBe(notThePatient);
    expect(await send({ ...next, message: { ...next.message, nonce: 78n } })).toBe(notThePatient);
    expect(await send(next)).toBe('200');
    expect(speaks(other)).toBe(true);
  });

  test('stops one that somebody else adds, or that is added elsewhere', async () => {
    const forged = R.addSigner(scene, patient, addressOf(key), stranger.wallet);
    expect(await add(forged)).toBe(notThePatient);
    const named = { ...forged.signed, signer: addressOf(patient.wallet) };
    expect(await custodian.answer('/v1/add-signer', encodeSigned(Message.addSigner, named))).toBe(
      notThePatient,
    );
    for (const change of [{ chain: 1n }, { target: fromHex(scene.deployment.consent) }])
      expect(await add(R.addSigner(scene, patient, addressOf(key), patient.wallet, change))).toBe(
        notThePatient,
      );
    expect(
      await custodian.answer('/v1/add-signer', R.removeSigner(scene, patient, addressOf(key)).bytes),
    ).toBe('400 FORMAT_MALFORMED');
    expect(speaks(addressOf(key))).toBe(false);
  });

  test('stops filling the disk with signers of one account', async () => {
    for (let i = 1; i < signersPerAccount; i++)
      expect(await add(R.addSigner(scene, patient, Scene.random(20)))).toBe('200');
    expect(await add()).toBe('403 SIGNER_TOO_MANY');
  });
});

describe('a signer that was removed', () => {
  let key: Uint8Array;
  beforeEach(async () => {
    key = newKey();
    const said = R.addSigner(scene, patient, addressOf(key));
    await R.submitSigner(scene, 'addSigner', said);
    expect(await custodian.answer('/v1/add-signer', said.bytes)).toBe('200');
  });
  const remove = (signer = addressOf(key), by = patient.wallet) =>
    custodian.answer('/v1/remove-signer', R.removeSigner(scene, patient, signer, by).bytes);

  test('opens nothing from then on, whatever the chain says, also after a restart', async () => {
    expect(await own(key)).toBe('200');
    expect(await remove()).toBe('200');
    expect(await remove()).toBe('200');
    expect(await own(key)).toBe('403 RELEASE_NOT_THE_PATIENT');
    expect(await (await granted(key)).again()).toBe('403 RELEASE_GRANT_NOT_SIGNED');
    await restart();
    expect(await own(key)).toBe('403 RELEASE_NOT_THE_PATIENT');
    expect(await own(patient.wallet)).toBe('200');
  });

  test('leaves standing what it had granted before', async () => {
    const before = await granted(key);
    expect(await before.again()).toBe('200');
    expect(await remove()).toBe('200');
    expect(await before.again()).toBe('200');
    await restart();
    expect(await before.again()).toBe('200');
    expect(await (await granted(key)).again()).toBe('403 RELEASE_GRANT_NOT_SIGNED');
  });

  test('does not come back, neither by the message that added it nor by a new one', async () => {
    expect(await remove()).toBe('200');
    const again = R.addSigner(scene, patient, addressOf(key));
    expect(await custodian.answer('/v1/add-signer', again.bytes)).toBe('403 SIGNER_WAS_REMOVED');
    expect(speaks(addressOf(key))).toBe(false);
  });

  test('may be the first, by the word of another; the last cannot go', async () => {
    expect(await remove(addressOf(patient.wallet), key)).toBe('200');
    expect(speaks(addressOf(patient.wallet))).toBe(false);
    expect(await own(key)).toBe('200');
    expect(await remove(addressOf(key), key)).toBe('403 SIGNER_LAST');
    expect(speaks(addressOf(key))).toBe(true);
  });

  test('is removed by nobody else, and can itself say nothing any more', async () => {
    expect(await remove(addressOf(key), stranger.wallet)).toBe(notThePatient);
    expect(speaks(addressOf(key))).toBe(true);
    expect(await remove()).toBe('200');
    expect(await remove(addressOf(patient.wallet), key)).toBe(notThePatient);
    expect(speaks(addressOf(patient.wallet))).toBe(true);
  });
});

describe('guardians', () => {
  let chosen: R.Guarded;
  let key: Uint8Array;
  beforeEach(() => {
    chosen = R.choose(patient, guards, 2);
    key = newKey();
  });
  const tell = (
    ...args: Parameters<typeof R.stated> extends [unknown, unknown, ...infer Rest] ? Rest : never
  ) => custodian.answer('/v1/guardians', R.stated(scene, patient, ...args));
  const approve = (index: number, attempt?: number, changes?: Partial<Message.Approve>, by?: Uint8Array) =>
    R.approval(scene, chosen, index, addressOf(key), attempt, changes, by);
  const recover = (...said: ReturnType<typeof approve>[]) =>
    custodian.answer('/v1/recovery', R.approvals(...said));
  async function standing(
    ...said: ReturnType<typeof approve>[]
  ): Promise<{ state: string; until?: number; opensAt?: number }> {
    const response = await custodian.post('/v1/recovery', R.approvals(...said));
    expect(response.status).toBe(200);
    return (await response.json()) as never;
  }
  /** Guardians named to the custodian and on chain, two of whom have approved on chain. */
  async function approvedOnChain(attempt = 1) {
    const said = [approve(0, attempt), approve(1, attempt)];
    for (const one of said) await R.submitApproval(scene, one);
    return said;
  }
  async function guarded(): Promise<void> {
    await R.setGuardians(scene, patient, chosen);
    expect(await tell(chosen.rules)).toBe('200');
  }

  test('give an account to a new signer, after the delay and the chain’s own finish; it opens after a day', async () => {
    await guarded();
    const said = await approvedOnChain();
    const first = await standing(...said);
    expect(first).toEqual({ state: 'waiting', until: scene.clock.now + delayMs });
    scene.clock.now += delayMs - 1;
    expect(await standing(...said)).toEqual(first);
    scene.clock.now += aMinute;
    expect(await recover(...said)).toBe('403 RECOVERY_NOT_ON_CHAIN');
    const before = await granted(patient.wallet);
    expect(await before.again()).toBe('200');
    await R.finish(scene, patient, addressOf(key));
    await restart();
    const last = await standing(...said);
    expect(last).toEqual({ state: 'recovered', opensAt: scene.clock.now + recoveryCoolDownMs });
    expect(await standing(...said)).toEqual(last);
    expect(speaks(addressOf(key))).toBe(true);
    expect(speaks(addressOf(patient.wallet))).toBe(false);
    expect(await before.again()).toBe('200');
    // Neither the person's own look nor a new grant, for a day, also by a signer that the new one adds.
    const fresh = newKey();
    const added = R.addSigner(scene, patient, addressOf(fresh), key);
    await R.submitSigner(scene, 'addSigner', added);
    expect(await custodian.answer('/v1/add-signer', added.bytes)).toBe('200');
    const lately = '403 RELEASE_RECOVERED_LATELY';
    const [mine, theirs] = [await granted(key), await granted(fresh)];
    scene.clock.now += recoveryCoolDownMs - 1000;
    for (const one of [own(key), own(fresh), mine.again(), theirs.again()]) expect(await one).toBe(lately);
    scene.clock.now += 1000;
    for (const one of [own(key), own(fresh), mine.again(), theirs.again()]) expect(await one).toBe('200');
    await restart();
    expect(await own(key)).toBe('200');
    // The old quorum gives nothing any more.
    const gone = R.removeSigner(scene, patient, addressOf(key), fresh);
    expect(await custodian.answer('/v1/remove-signer', gone.bytes)).toBe('200');
    expect(await recover(...said)).toBe('403 RECOVERY_OVER');
  });

  test('too few give nothing, however they are counted', async () => {
    await guarded();
    const none = '403 RECOVERY_NO_QUORUM';
    expect(await recover()).toBe(none);
    expect(await recover(approve(0))).toBe(none);
    expect(await recover(approve(0), approve(0))).toBe(none);
    const later = approve(0, 1, { deadline: Story.secondsOf(scene) + 9 });
    expect(await recover(approve(0), later)).toBe(none);
    expect(custodian.context.signers.seen(toHex(patient.account), 1, toHex(addressOf(key)))).toBeUndefined();
  });

  test('of two signers or of two attempts do not add up', async () => {
    await guarded();
    const not = '403 RECOVERY_NOT_A_GUARDIAN';
    const other = R.approval(scene, chosen, 1, addressOf(newKey()));
    expect(await recover(approve(0), other)).toBe(not);
    expect(await recover(approve(0), approve(1, 2))).toBe(not);
  });

  test('are those whom the person named, by their own signature, for this chain and contract', async () => {
    await guarded();
    const not = '403 RECOVERY_NOT_A_GUARDIAN';
    expect(await recover(approve(0), approve(1, 1, {}, stranger.wallet))).toBe(not);
    const forged = approve(1, 1, {}, stranger.wallet);
    const named = { ...forged.signed, signer: addressOf(guards[1]!.wallet) };
    const bytes = encodeSigned(Message.approve, named);
    expect(await recover(approve(0), { signed: named, bytes })).toBe(not);
    for (const change of [
      { chain: 1n },
      { target: fromHex(scene.deployment.identity) },
      { salt: Scene.random(32) },
    ])
      expect(await recover(approve(0), approve(1, 1, change))).toBe(not);
    expect(await recover(approve(0), approve(1, 1, { guardian: stranger.account }, stranger.wallet))).toBe(
      not,
    );
  });

  test('whom the custodian was not told of give nothing, though the chain has made the recovery', async () => {
    await R.setGuardians(scene, patient, chosen);
    const said = await approvedOnChain();
    expect(await recover(...said)).toBe('403 RECOVERY_NOT_A_GUARDIAN');
    scene.clock.now += delayMs + aMinute;
    await R.finish(scene, patient, addressOf(key));
    expect(await recover(...said)).toBe('403 RECOVERY_NOT_A_GUARDIAN');
    expect(await own(key)).toBe('403 RELEASE_NOT_THE_PATIENT');
  });

  test('wait on the custodian’s own clock, however long the chain has waited', async () => {
    await guarded();
    const said = await approvedOnChain();
    scene.clock.now += delayMs + aMinute;
    await R.finish(scene, patient, addressOf(key));
    const { until } = await standing(...said);
    expect(until).toBe(scene.clock.now + delayMs);
    scene.clock.now = until!;
    expect((await standing(...said)).state).toBe('recovered');
  });

  test('lose to the person’s objection, handed straight to the custodian, for good', async () => {
    await guarded();
    const said = await approvedOnChain();
    await standing(...said);
    const object = (by?: Uint8Array, changes?: object) =>
      custodian.answer('/v1/object', R.objection(scene, patient, 1, by, changes).bytes);
    expect(await object(stranger.wallet)).toBe(notThePatient);
    for (const change of [{ chain: 1n }, { target: fromHex(scene.deployment.identity) }])
      expect(await object(patient.wallet, change)).toBe(notThePatient);
    expect(await object()).toBe('200');
    expect(await object()).toBe('200');
    scene.clock.now += delayMs + aMinute;
    // The chain was never told, and carries it out.
    await R.finish(scene, patient, addressOf(key));
    expect(await recover(...said)).toBe('403 RECOVERY_OVER');
    await restart();
    expect(await recover(...said)).toBe('403 RECOVERY_OVER');
    expect(speaks(addressOf(patient.wallet))).toBe(true);
  });

  test('lose where one of a bare quorum takes it back; another quorum waits anew', async () => {
    await guarded();
    const said = await approvedOnChain();
    await standing(...said);
    scene.clock.now += delayMs - 1000;
    const withdraw = (by?: Uint8Array) =>
      custodian.answer('/v1/withdraw-approval', R.withdrawal(scene, chosen, 1, 1, by).bytes);
    expect(await withdraw(stranger.wallet)).toBe('403 RECOVERY_NOT_A_GUARDIAN');
    expect(await withdraw()).toBe('200');
    expect(await recover(...said)).toBe('403 RECOVERY_NO_QUORUM');
    const third = approve(2);
    expect((await standing(said[0]!, third)).until).toBe(scene.clock.now + delayMs);
    await restart();
    expect(await recover(...said)).toBe('403 RECOVERY_NO_QUORUM');
  });

  test('keep their time where more join, and where one of more than enough takes it back', async () => {
    await guarded();
    const said = [approve(0), approve(1)];
    const { until } = await standing(...said);
    scene.clock.now += 3_600_000;
    expect(await standing(...said, approve(2))).toEqual({ state: 'waiting', until });
    expect(await custodian.answer('/v1/withdraw-approval', R.withdrawal(scene, chosen, 1).bytes)).toBe('200');
    expect(await standing(...said, approve(2))).toEqual({ state: 'waiting', until });
  });

  test('whose time has passed long ago give nothing', async () => {
    await guarded();
    const said = await approvedOnChain();
    await standing(...said);
    scene.clock.now += delayMs + recoveryPatienceMs + 1;
    expect(await recover(...said)).toBe('403 RECOVERY_LAPSED');
  });

  test('who were dismissed give nothing: neither by old approvals nor by the old statement', async () => {
    await guarded();
    const old = R.stated(scene, patient, chosen.rules);
    const said = [approve(0), approve(1)];
    await standing(...said);
    scene.clock.now += 1000;
    const others = R.choose(patient, [guards[0]!, guards[1]!, stranger], 2);
    expect(await tell(others.rules)).toBe('200');
    expect(await recover(...said)).toBe('403 RECOVERY_NOT_A_GUARDIAN');
    expect(await custodian.answer('/v1/guardians', old)).toBe('403 GUARDIANS_OLD');
    const none = { ...chosen.rules, guardians: [], threshold: 0 };
    scene.clock.now += 1000;
    expect(await tell(none)).toBe('200');
    await restart();
    chosen = others;
    expect(await recover(approve(0), approve(1))).toBe('403 RECOVERY_NOT_A_GUARDIAN');
  });

  test('chosen anew begin with no quorum seen', async () => {
    await guarded();
    await standing(approve(0), approve(1));
    scene.clock.now += delayMs - 1000;
    expect(await tell(chosen.rules)).toBe('200');
    expect((await standing(approve(0), approve(1))).until).toBe(scene.clock.now + delayMs);
  });

  test('are chosen by the person alone, for themselves, and not themselves', async () => {
    expect(await tell(chosen.rules, {}, stranger.wallet)).toBe(notThePatient);
    expect(await tell(chosen.rules, { chain: 1n })).toBe(notThePatient);
    const ahead = scene.clock.now + statementAheadMs;
    expect(await tell(chosen.rules, { version: ahead + 1 })).toBe(notThePatient);
    expect(await tell(chosen.rules, { hash: Scene.random(32) })).toBe(notThePatient);
    expect(await tell({ ...chosen.rules, account: stranger.account })).toBe('403 GUARDIANS_NOT_YOURS');
    const self = R.choose(patient, [patient, guards[0]!], 2);
    expect(await tell(self.rules)).toBe('403 GUARDIANS_NOT_YOURS');
    expect(custodian.context.signers.guardians(toHex(patient.account))).toBeUndefined();
  });

  test('cannot bring back a signer that was removed', async () => {
    await guarded();
    const said = R.addSigner(scene, patient, addressOf(key));
    expect(await custodian.answer('/v1/add-signer', said.bytes)).toBe('200');
    const gone = R.removeSigner(scene, patient, addressOf(key));
    expect(await custodian.answer('/v1/remove-signer', gone.bytes)).toBe('200');
    expect(await recover(approve(0), approve(1))).toBe('403 SIGNER_WAS_REMOVED');
  });
});
