// Copyright the Islet authors. AGPL-3.0-or-later.
// An account comes back with nothing but a passkey, and with no other one, nor by a hub that lies.
import { concat, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Message from '@islet/core/Message';
import * as PasskeyBackup from '@islet/core/PasskeyBackup';
import { parseSigned } from '@islet/core/signed';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Passkey, passkey } from '../../core/src/passkey.testkit.js';
import * as Importing from './Importing.js';
import type { Network } from './Network.js';
import { placeOf } from './Network.js';
import * as PasskeyReturn from './PasskeyReturn.js';
import * as Passkeys from './Passkeys.js';
import type { Person } from './Person.js';
import { relay } from './Relaying.js';
import * as Signers from './Signers.js';
import * as Signing from './Signing.js';
import * as S from './scene.testkit.js';
import { serve } from './services.testkit.js';
import * as Wallet from './Wallet.js';
import { cgm, day, random } from './writer.testkit.js';

let scene: S.Scene;
let network: Network;
let person: Person;
let finger: Passkey;
/** What its PRF gives. */
let output: Uint8Array;

beforeAll(async () => {
  scene = await S.startScene();
  network = scene.network;
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const wallet = await S.newPerson(scene, 'Ana María');
  person = { wallet, notes: { role: 'patient', dayOffsetMinutes: -300 } };
  [finger, output] = [await passkey(), random(32)];
  await Passkeys.add(network, person, finger.publicKey, await said(finger));
  await Passkeys.keep(network, person, finger.publicKey, output);
});

async function said(by: Passkey, how?: Parameters<Passkey['assert']>[1]): Promise<Passkeys.Said> {
  const challenge = random(32);
  return { challenge, assertion: await by.assert(challenge, how) };
}

const account = () => person.wallet.account;
const place = () => ({ account: account(), passkey: finger.publicKey });
const signers = () => Signers.list(network, account());
const recognised = async (by: Passkey, whose = account()) =>
  S.codeOf((async () => PasskeyReturn.recognise(network, whose, await said(by)))());
const opened = (key = output) => PasskeyReturn.open(network, account(), finger.publicKey, key);
const id = () => toHex(PasskeyBackup.placeOf(place()));
/** What the hub hands out from now on. */
const handOut = (...papers: Uint8Array[]) => void scene.hub.papers.set(id(), papers);
const kept = () => scene.hub.papers.get(id())![0]!;

/** Has the passkey let a fresh signer in. */
async function comeBack(by = finger, how?: Parameters<Passkey['assert']>[1]) {
  const key = Secp256k1.secretKeyFrom(random);
  const signer = Secp256k1.addressOf(key);
  const { message, digest } = PasskeyReturn.admission(network, account(), signer);
  const answer = await by.assert(digest, how);
  const admitted = await PasskeyReturn.admit(network, finger.publicKey, message, answer);
  return { key, signer, admitted };
}

describe('an account', () => {
  test('comes back whole by its passkey alone, and the new device speaks for it', async () => {
    const handle = Passkeys.handleOf(account(), random);
    expect(handle.length, 'what authenticators keep of a user').toBeLessThanOrEqual(64);
    const whose = Passkeys.accountIn(handle);
    const key = PasskeyReturn.recognise(network, whose, await said(finger));
    expect(key).toEqual(finger.publicKey);
    const { wallet } = person;
    expect(await PasskeyReturn.open(network, whose, key, output)).toEqual({
      ...{ role: 'patient', name: 'Ana María', dayOffsetMinutes: -300, generation: 0 },
      ...{ rootSeed: wallet.rootSeed, encryptionSeed: wallet.encryptionSeed, formerEncryptionSeeds: [] },
    });
    const { key: signerKey, signer, admitted } = await comeBack();
    expect([admitted.told, admitted.of]).toEqual([3, 3]);
    const heard = parseSigned(Message.addSigner, scene.custodians[0]!.added.at(-1)!);
    expect([heard.signer, heard.message.signer]).toEqual([
      Signing.passkeySigner(network, finger.publicKey),
      signer,
    ]);
    expect(await signers()).toContain(toHex(signer));
    // And can end what was lost.
    await Signers.remove(network, { ...wallet, signerKey }, Signing.signerOf(network, wallet));
    expect(await signers()).not.toContain(toHex(Signing.signerOf(network, wallet)));
  });

  test('has its days begin where the passkey says, whatever is imported first', async () => {
    const reading = { ...cgm(day, 1)[0]!, offsetMinutes: 540 };
    await using gateway = await serve(async ({ path }) =>
      JSON.stringify(
        path === '/v1/status'
          ? { segments: { sealed: 0, anchored: 0 } }
          : { accepted: 1, duplicates: 0, looks: [], devices: [] },
      ),
    );
    const there = { ...network, gateway: { name: 'gateway', url: gateway.url } };
    const keep = async () => {};
    const imported = async (one: Person): Promise<number | undefined> => {
      one.notes.devices = [{ id: 'here', name: 'browser', may: 'write', secret: '00' }];
      await Importing.send(there, one, [reading], keep, () => {});
      return one.notes.dayOffsetMinutes;
    };
    expect(await imported(person)).toBe(-300);
    expect(await imported({ ...person, notes: { role: 'patient', dayOffsetMinutes: -300 } })).toBe(540);
  });

  test('lists its passkeys as such, since when, and whether they bring it back', async () => {
    const own = toHex(Signing.signerOf(network, person.wallet));
    const found = (await signers()).map((signer) => Passkeys.passkeyIn(network, signer));
    expect(found.filter(Boolean)).toEqual([finger.publicKey]);
    expect(Passkeys.passkeyIn(network, own)).toBeUndefined();
    const p256 = toHex(concat(fromHex(network.deployment.p256Verifier), finger.publicKey));
    expect(Passkeys.passkeyIn(network, p256), 'a device’s chip is no passkey').toBeUndefined();
    const { addedAt } = network.chain.state.accounts.get(toHex(account()))!;
    const at = addedAt.get(toHex(Signing.passkeySigner(network, finger.publicKey)))!;
    expect(Math.abs(at - network.now())).toBeLessThan(60_000);
    const isKept = () => Passkeys.isKept(network, account(), finger.publicKey);
    expect(await isKept()).toBe(true);
    handOut();
    expect(await isKept()).toBe(false);
  });

  test('is not spoken for by a key that did not sign, or signed without its person', async () => {
    const add = async (by: Passkey, what: Passkeys.Said) =>
      S.codeOf(Passkeys.add(network, person, by.publicKey, what));
    const other = await passkey();
    expect(await add(other, await said(finger))).toBe('PASSKEY_BAD_ANSWER');
    expect(await add(other, await said(other, { flags: 0x01 }))).toBe('PASSKEY_BAD_ANSWER');
    expect(await add(other, { ...(await said(other)), challenge: random(32) })).toBe('PASSKEY_BAD_ANSWER');
    expect(await signers()).toHaveLength(2);
  });
});

describe('a passkey', () => {
  test('that was removed is told so, and lets nobody in, though it still opens what somebody kept', async () => {
    const copy = kept();
    await Signers.remove(network, person.wallet, Signing.passkeySigner(network, finger.publicKey));
    await network.chain.follow();
    expect(await recognised(finger)).toBe('PASSKEY_ENDED');
    handOut(copy);
    // Whoever had both keeps this half of the keys, as of a copied kit. The other half needs a signer.
    expect((await opened()).rootSeed).toEqual(person.wallet.rootSeed);
    expect(await S.codeOf(comeBack())).toBe('IDENTITY_NOT_A_SIGNER');
    expect(await signers()).toEqual([toHex(Signing.signerOf(network, person.wallet))]);
  });

  test('whose handle names somebody else’s account is not theirs', async () => {
    const theirs = await S.newPerson(scene, 'Bo');
    const foreign = Passkeys.accountIn(Passkeys.handleOf(theirs.account, random));
    expect(await recognised(finger, foreign)).toBe('PASSKEY_NOT_A_SIGNER');
    expect(await recognised(await passkey())).toBe('PASSKEY_NOT_A_SIGNER');
    expect(await recognised(finger, random(32))).toBe('PASSKEY_UNKNOWN_ACCOUNT');
  });

  test('whose handle names no account is said to be another kind', () => {
    for (const handle of [random(16), random(48), random(50), concat(new Uint8Array([2]), random(48))])
      expect(() => Passkeys.accountIn(handle)).toThrow(Passkeys.NoAccountError);
  });

  test('lets nobody in that it did not sign for, nor without its person, nor for another site’s challenge', async () => {
    const before = await signers();
    expect(await S.codeOf(comeBack(await passkey()))).toBe('PASSKEY_BAD_ANSWER');
    expect(await S.codeOf(comeBack(finger, { flags: 0x01 }))).toBe('PASSKEY_BAD_ANSWER');
    expect(await S.codeOf(comeBack(finger, { type: 'webauthn.create' }))).toBe('PASSKEY_BAD_ANSWER');
    const [mine, thief] = [1, 2].map(() =>
      PasskeyReturn.admission(network, account(), Secp256k1.addressOf(Secp256k1.secretKeyFrom(random))),
    );
    const answer = await finger.assert(mine!.digest);
    const swapped = PasskeyReturn.admit(network, finger.publicKey, thief!.message, answer);
    expect(await S.codeOf(swapped)).toBe('PASSKEY_BAD_ANSWER');
    expect(await signers()).toEqual(before);
  });
});

describe('a hub', () => {
  test('that has nothing, or something altered, is found out, and nothing changes', async () => {
    const whole = kept();
    handOut();
    expect(await S.codeOf(opened())).toBe('PASSKEY_NO_BACKUP');
    handOut(whole.with(whole.length - 5, whole.at(-5)! ^ 1) as Uint8Array);
    expect(await S.codeOf(opened())).toBe('PASSKEY_BACKUP_ALTERED');
    handOut(random(40));
    expect(await S.codeOf(opened())).toBe('PASSKEY_BACKUP_ALTERED');
    handOut(whole);
    expect(await S.codeOf(opened(random(32)))).toBe('PASSKEY_BACKUP_ALTERED');
    // One spoilt beside a whole one takes nothing away.
    handOut(random(40), whole);
    expect((await opened()).name).toBe('Ana María');
  });

  test('that serves another account’s is found out, though that one is sound', async () => {
    const theirs: Person = { wallet: await S.newPerson(scene, 'Bo'), notes: { role: 'patient' } };
    const other = await passkey();
    await Passkeys.add(network, theirs, other.publicKey, await said(other));
    await Passkeys.keep(network, theirs, other.publicKey, output);
    const there = { account: theirs.wallet.account, passkey: other.publicKey };
    const paper = scene.hub.papers.get(toHex(PasskeyBackup.placeOf(there)))![0]!;
    handOut(paper);
    expect(await S.codeOf(opened())).toBe('PASSKEY_BACKUP_ALTERED');
    // Nor under our own name: the place is sealed in.
    const { signed, bytes } = Stated.parseDocument(paper);
    const renamed = { ...PasskeyBackup.parsePasskeyBackup(bytes), ...place() };
    handOut(Stated.encodeDocument({ signed, bytes: PasskeyBackup.encodePasskeyBackup(renamed) }));
    expect(await S.codeOf(opened())).toBe('PASSKEY_BACKUP_ALTERED');
    expect(await Passkeys.isKept(network, account(), finger.publicKey)).toBe(false);
  });

  test('that serves one of before is found out once the account’s key is another, and the newest of today’s counts', async () => {
    const old = kept();
    scene.clock.ahead += 1000;
    await Passkeys.keep(network, { ...person, notes: { role: 'patient' } }, finger.publicKey, output);
    const newer = kept();
    handOut(old, newer);
    expect((await opened()).dayOffsetMinutes).toBe(0);
    handOut(newer, old);
    expect((await opened()).dayOffsetMinutes).toBe(0);
    const seed = random(32);
    await relay(network, person.wallet, Message.replaceEncryptionKey, {
      ...placeOf(network, 'identity'),
      account: account(),
      encryptionKeyHash: Wallet.encryptionKeyHash(
        Wallet.encryptionKey({ ...person.wallet, encryptionSeed: seed }),
      ),
      nonce: 77n,
      deadline: Math.floor(network.now() / 1000) + 60,
    });
    await network.chain.follow();
    expect(await S.codeOf(opened())).toBe('PASSKEY_BACKUP_OLD');
    expect(await Passkeys.isKept(network, account(), finger.publicKey)).toBe(false);
    person.wallet = {
      ...person.wallet,
      encryptionSeed: seed,
      formerEncryptionSeeds: [person.wallet.encryptionSeed],
    };
    await Passkeys.keep(network, person, finger.publicKey, output);
    expect((await opened()).formerEncryptionSeeds).toEqual(person.wallet.formerEncryptionSeeds);
  });
});
