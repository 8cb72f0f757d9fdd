// Copyright the Islet authors. AGPL-3.0-or-later.
// Asks on a real chain, through a hub that hands over whatever it likes to whomever it likes.
import * as Abi from '@islet/chain/Abi';
import { membersAbi } from '@islet/chain/abi/Members';
import * as Ask from '@islet/core/Ask';
import { toHex } from '@islet/core/crypto/bytes';
import * as Xwing from '@islet/core/crypto/xwing';
import * as Day from '@islet/core/Day';
import * as Message from '@islet/core/Message';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { state } from './Account.js';
import * as Asked from './Asked.js';
import * as Asking from './Asking.js';
import * as Granting from './Granting.js';
import { deadline, type Network, nonce, placeOf } from './Network.js';
import type { Person } from './Person.js';
import * as Presets from './Presets.js';
import { relay } from './Relaying.js';
import * as Roles from './Roles.js';
import * as Sentence from './Sentence.js';
import * as Signing from './Signing.js';
import * as S from './scene.testkit.js';
import type { Terms } from './Terms.js';
import * as Wallet from './Wallet.js';
import * as W from './writer.testkit.js';

let scene: S.Scene;
let network: Network;
let [patient, other, doctor, stranger]: Person[] = [] as never;
let role: Roles.Role;
let visit: Terms;
const keep = async (): Promise<void> => undefined;

const personOf = async (name: string, who: Person['notes']['role']): Promise<Person> => ({
  wallet: await S.newPerson(scene, name),
  notes: { role: who },
});
const day = 86_400_000;

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  const { sender } = scene.admin;
  doctor = await personOf('doctor', 'clinician');
  stranger = await personOf('stranger', 'clinician');
  await sender.send({
    to: network.deployment.members,
    data: Abi.encodeCall(membersAbi, 'vouch', { reader: doctor!.wallet.account }),
  });
  role = await Roles.create(network, scene.admin);
  await Roles.appoint(network, scene.admin, role, doctor!.wallet.account);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

beforeEach(async () => {
  scene.hub.asks = [];
  patient = await personOf('patient', 'patient');
  other = await personOf('other', 'patient');
  patient.notes.dayOffsetMinutes = 60;
  visit = Presets.visit({ now: network.now(), offsetMinutes: 0, until: network.now() + 30 * day });
});

const why = 'For your visit on 3 February.';
const ask = (by = doctor!, part: Partial<Asking.Wanted> = {}) =>
  Asking.ask(network, by, { patient: patient!.wallet.account, terms: visit, why, ...part }, keep);
const pending = async (who = patient!) => (await Asked.all(network, who)).pending;
const unsound = async (who = patient!) => (await Asked.all(network, who)).unsound;
const stateOf = async (id: string, who = doctor!) =>
  (await Asking.mine(network, who)).find((one) => one.id === id);

/** What a person sends who does not use our program: signed by `by`, sealed by hand. */
function sent(by: Person, part: Partial<Ask.Ask>, place: Partial<Ask.Place> = {}, sealedFor = patient!) {
  const at = {
    ...{ asker: by.wallet.account, patient: patient!.wallet.account, id: W.random(32) },
    ...{ deadline: network.now() + day, ...place },
  };
  const key = Wallet.encryptionKey(sealedFor.wallet);
  const body = { reader: by.wallet.account, terms: visit, why, ...part };
  const bytes = Ask.encodeSealed(Ask.seal(body, at, key, W.random));
  const document = state(network, by.wallet, 'ask', bytes);
  scene.hub.asks.push({ ask: document, answer: null });
  return document;
}

describe('an ask', () => {
  test('shows its patient who asks, what exactly, and why, and opens for nobody else', async () => {
    const { id } = await ask();
    const [one] = await pending();
    expect(one).toMatchObject({
      ...{
        id,
        why,
        isRole: false,
        asker: toHex(doctor!.wallet.account),
        reader: toHex(doctor!.wallet.account),
      },
      organisation: toHex(S.organisation(0)),
    });
    const { hours, notBefore, ...same } = visit;
    expect(one!.terms).toMatchObject(same);
    // The newest days are the patient's own days.
    expect(one!.terms.hours).toEqual({ ...hours, offsetMinutes: 60 });
    expect(one!.terms.notBefore).toBeGreaterThanOrEqual(notBefore);
    expect(await pending(other)).toEqual([]);
    expect(await stateOf(id)).toMatchObject({
      state: 'pending',
      asked: { reader: toHex(doctor!.wallet.account), terms: visit, why },
    });
  });

  test('of someone for whom no member answers says so', async () => {
    await ask(stranger!);
    expect((await pending())[0]).toMatchObject({ organisation: null });
  });

  test('becomes a grant of the patient’s making, perhaps narrower, that its asker finds', async () => {
    const { id } = await ask();
    const one = await Asked.need(network, patient!, id.slice(0, 12));
    const narrower = { ...one.terms, maxUses: 1 };
    const { grantId } = await Granting.grant(network, patient!.wallet, {
      reader: doctor!.wallet.account,
      ...narrower,
    });
    expect(await Asked.granted(network, patient!, one, toHex(grantId), keep)).toBe(true);
    expect(await pending()).toEqual([]);
    expect(await stateOf(id)).toMatchObject({ state: 'granted', grant: toHex(grantId) });
  });

  test('may be for a role that the asker holds, and for none that they do not', async () => {
    await ask(doctor, { role: role.role });
    expect((await pending())[0]).toMatchObject({ isRole: true, reader: toHex(role.role) });
    expect(await S.codeOf(ask(stranger, { role: role.role }))).toBe('ASK_NOT_YOUR_ROLE');
    sent(stranger!, { reader: role.role });
    expect([(await pending()).length, await unsound()]).toEqual([1, 1]);
  });

  test('is declined with a word or without, and its asker alone reads it', async () => {
    const [first, second] = [await ask(), await ask()];
    const find = (id: string) => Asked.need(network, patient!, id);
    await Asked.decline(network, patient!, await find(first.id), ' Not before\nthe visit. ', keep);
    await Asked.decline(network, patient!, await find(second.id), null, keep);
    expect(await pending()).toEqual([]);
    expect(await stateOf(first.id)).toMatchObject({ state: 'declined', word: 'Not before the visit.' });
    expect(await stateOf(second.id)).toMatchObject({ state: 'declined', word: null });
    expect(await Asking.mine(network, other!)).toEqual([]);
    expect(await S.codeOf(find(first.id))).toBe('ASK_NONE');
  });

  test('that nobody answers is over at its deadline, also where the hub still shows it', async () => {
    const { id, deadline } = await ask(doctor, { deadline: network.now() + 60_000 });
    expect(await pending()).toHaveLength(1);
    const later: Network = { ...network, now: () => deadline };
    expect((await Asked.all(later, patient!)).pending).toEqual([]);
    expect((await Asking.mine(later, doctor!)).find((one) => one.id === id)).toMatchObject({ state: 'over' });
  });

  test('that a hub lost is known to its asker as gone', async () => {
    const { id } = await ask();
    scene.hub.asks = [];
    expect(await stateOf(id)).toMatchObject({ state: 'gone' });
  });

  test('to nobody, to oneself or without plain words is not sent', async () => {
    expect(await S.codeOf(ask(doctor, { patient: W.random(32) }))).toBe('ASK_UNKNOWN_PATIENT');
    expect(await S.codeOf(ask(doctor, { patient: role.role }))).toBe('ASK_UNKNOWN_PATIENT');
    expect(await S.codeOf(ask(doctor, { patient: doctor!.wallet.account }))).toBe('ASK_UNKNOWN_PATIENT');
    for (const bad of ['', '   ', 'a\u202Eb', 'a\u001b[2Jb', 'a'.repeat(301)])
      expect(await S.codeOf(ask(doctor, { why: bad }))).toBe('ASK_BAD_WORDS');
    expect(scene.hub.asks).toEqual([]);
  });

  test('of a blocked account is not shown, until it is let in again', async () => {
    await ask();
    await ask(stranger!);
    const account = toHex(doctor!.wallet.account);
    await Asked.block(patient!, account, keep);
    expect((await pending()).map((one) => one.asker)).toEqual([toHex(stranger!.wallet.account)]);
    await Asked.unblock(patient!, account, keep);
    expect(await pending()).toHaveLength(2);
  });
});

describe('a hub or a stranger who lies', () => {
  test('cannot forge an ask in another’s name', async () => {
    // Mallory signs with their own key what is said to be the doctor's.
    sent({ ...stranger!, wallet: { ...stranger!.wallet, account: doctor!.wallet.account } }, {});
    // And takes over the sealed words of the doctor's ask as their own.
    const taken = Ask.parseSealed(Stated.parseDocument(sent(doctor!, {})).bytes);
    scene.hub.asks = scene.hub.asks.slice(0, 1);
    const theirs = Ask.encodeSealed({ ...taken, asker: stranger!.wallet.account });
    scene.hub.asks.push({ ask: state(network, stranger!.wallet, 'ask', theirs), answer: null });
    expect(await pending()).toEqual([]);
    expect(await unsound()).toBe(2);
  });

  test('cannot alter the terms, the patient, or the deadline', async () => {
    await ask();
    const [{ ask: document } = never] = scene.hub.asks;
    const { signed, bytes } = Stated.parseDocument(document);
    const sealed = Ask.parseSealed(bytes);
    const wider = Ask.seal(
      { reader: sealed.asker, terms: { ...visit, streams: ['glucose/raw'] }, why },
      sealed,
      Xwing.publicKeyOf(patient!.wallet.encryptionSeed),
      W.random,
    );
    const altered = [
      wider,
      { ...sealed, deadline: sealed.deadline + 1 },
      { ...sealed, patient: W.random(32) },
    ];
    scene.hub.asks = altered.map((one) => ({
      ask: Stated.encodeDocument({ signed, bytes: Ask.encodeSealed(one) }),
      answer: null,
    }));
    expect(await pending()).toEqual([]);
    expect(await unsound()).toBe(3);
  });

  test('cannot hand one patient what was asked of another', async () => {
    sent(doctor!, {}, { patient: other!.wallet.account }, other);
    // Not even where the asker sealed it to both.
    sent(doctor!, {}, { patient: other!.wallet.account }, patient);
    expect(await pending()).toEqual([]);
    expect(await unsound()).toBe(2);
  });

  test('cannot have an answered ask answered again', async () => {
    const { id } = await ask();
    const before = structuredClone(scene.hub.asks);
    await Asked.decline(network, patient!, await Asked.need(network, patient!, id), null, keep);
    scene.hub.asks = before;
    expect(await pending()).toEqual([]);
    // Twice in one list is one ask.
    await ask();
    scene.hub.asks = [...scene.hub.asks, ...structuredClone(scene.hub.asks)];
    expect(await pending()).toHaveLength(1);
  });

  test('cannot make an ask wait for ever, or come from the future', async () => {
    sent(doctor!, {}, { deadline: network.now() + Ask.maxLife + day });
    expect(await pending()).toEqual([]);
    scene.hub.asks = [];
    const ahead: Network = { ...network, now: () => network.now() + day };
    await Asking.ask(ahead, doctor!, { patient: patient!.wallet.account, terms: visit, why }, keep);
    expect(await pending()).toEqual([]);
  });

  test('cannot show words that turn or hide the text around them, or terms that nobody could grant', async () => {
    for (const bad of ['a\u202Eb', 'two\nlines', '\u200B', 'a'.repeat(301)]) sent(doctor!, { why: bad });
    sent(doctor!, { terms: { ...visit, streams: [] } });
    sent(doctor!, { terms: { ...visit, firstDay: Day.last, lastDay: Day.first } });
    sent(doctor!, { terms: { ...visit, purpose: 'own' } });
    expect(await pending()).toEqual([]);
    expect(await unsound()).toBe(7);
  });

  test('cannot have the sentence say less than the terms: it is made of them, whatever the why claims', async () => {
    const all: Terms = { ...visit, streams: ['glucose/raw', 'insulin/raw'], rollingDays: 0, maxUses: 0 };
    sent(doctor!, { terms: all, why: 'Only your weekly average, once.' });
    const [one] = await pending();
    expect(Sentence.of(one!.terms, 'Dr. Gray')).toMatch(
      /^Dr\. Gray may see your glucose readings and insulin of /,
    );
  });

  test('cannot make up an answer, nor pass off one as that to another ask, nor a grant that is not', async () => {
    const [first, second] = [await ask(), await ask()];
    const one = await Asked.need(network, patient!, first.id);
    await Asked.decline(network, patient!, one, null, keep);
    const [said, unsaid] = scene.hub.asks as [(typeof scene.hub.asks)[0], (typeof scene.hub.asks)[0]];
    unsaid.answer = said.answer;
    expect(await stateOf(second.id)).toMatchObject({ state: 'pending' });
    unsaid.answer = W.random(900);
    expect(await stateOf(second.id)).toMatchObject({ state: 'pending' });
    unsaid.answer = null;
    // A yes of which the chain knows nothing.
    const two = await Asked.need(network, patient!, second.id);
    await Asked.granted(network, patient!, two, toHex(W.random(32)), keep);
    expect(await stateOf(second.id)).toMatchObject({ state: 'pending', grant: null });
  });

  test('cannot show an ask by a key that does not speak for its asker, or does no more', async () => {
    const device = { ...doctor!, wallet: { ...doctor!.wallet, signerKey: W.random(32) } };
    sent(device, {});
    expect([(await pending()).length, await unsound()]).toEqual([0, 1]);
    const change = () => ({
      ...placeOf(network, 'identity'),
      ...{ account: doctor!.wallet.account, signer: Signing.signerOf(network, device.wallet) },
      ...{ nonce: nonce(network), deadline: deadline(network) },
    });
    await relay(network, doctor!.wallet, Message.addSigner, change());
    expect([(await pending()).length, await unsound()]).toEqual([1, 0]);
    await relay(network, doctor!.wallet, Message.removeSigner, change());
    expect([(await pending()).length, await unsound()]).toEqual([0, 1]);
  });

  test('cannot take a grant back by losing its answer', async () => {
    const { id } = await ask();
    const one = await Asked.need(network, patient!, id);
    const away: Network = { ...network, hub: { name: 'hub', url: 'http://127.0.0.1:9' } };
    expect(await Asked.granted(away, patient!, one, toHex(W.random(32)), keep)).toBe(false);
    expect(await pending()).toEqual([]);
  });
});

const never = undefined as never;
