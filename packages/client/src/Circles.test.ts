// Copyright the Islet authors. AGPL-3.0-or-later.
// A circle on a real chain: whom its keeper lets in opens what is granted to it, in their own name.
import { toHex } from '@islet/core/crypto/bytes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Access from './Access.js';
import * as Circles from './Circles.js';
import * as Given from './Given.js';
import * as Granting from './Granting.js';
import * as Held from './Held.js';
import { accesses } from './Log.js';
import type { Network } from './Network.js';
import * as S from './scene.testkit.js';
import type { Wallet } from './Wallet.js';
import * as W from './writer.testkit.js';

const wanted: Access.Wanted = { streams: ['glucose/raw'], firstDay: W.day, lastDay: W.day + 6 };
const day = 86_400_000;
let scene: S.Scene;
let network: Network;
let patient: Wallet;
let [mum, nurse, aunt]: Wallet[] = [];
let circle: Uint8Array;

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  ({ wallet: patient } = await S.newPatient(scene, 'patient'));
  mum = await S.newPerson(scene, 'mum');
  nurse = await S.newPerson(scene, 'nurse');
  aunt = await S.newPerson(scene, 'aunt');
  circle = await open(2);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const open = (maxPeople: number) =>
  Circles.open(network, patient, { keeper: mum!.account, maxPeople, until: network.now() + day });
const grant = () =>
  Granting.grant(network, patient, {
    reader: circle,
    ...wanted,
    notBefore: network.now() - 60_000,
    expiresAt: network.now() + 3_600_000,
    purpose: 'care-giving',
    maxUses: 0,
  });
const held = (who: Wallet) => Held.from(network, who, patient.account);
const ids = async (who: Wallet) => (await held(who)).map((h) => toHex(h.grantId));
const look = async (who: Wallet, one: Held.Held) => S.codeOf(Access.granted(network, who, one, wanted));
const people = () => [...network.chain.state.circles.get(toHex(circle))!.people.keys()];

describe('a grant to a circle', () => {
  test('holds no key for who is not in it, and opens nothing for its keeper before they let themselves in', async () => {
    await grant();
    expect(await ids(nurse!)).toEqual([]);
    const [mums] = await held(mum!);
    expect(await look(mum!, mums!)).toBe('DENIED_NOT_IN_CIRCLE');
  });

  test('opens for whom the keeper lets in, also what was granted before; the log names both', async () => {
    await Circles.admit(network, mum!, circle, nurse!.account);
    const [one] = await held(nurse!);
    expect(await look(nurse!, one!)).toBe('ALLOWED');
    const { accesses: log } = await accesses(network, patient);
    const inCircle = { id: toHex(circle), keeper: toHex(mum!.account) };
    expect(log.at(-1)).toMatchObject({
      reader: toHex(nurse!.account),
      circle: inCircle,
      role: null,
      reason: 0,
    });
  });

  test('counts what each person in it has already, when another is given', async () => {
    const given = await Given.by(network, patient.account, () => undefined);
    const known = given.map((g) => ({ ...g, terms: null }));
    expect(Given.before(network, known, circle)).toHaveLength(1);
  });

  test('is widened by nobody: not by who is in it, nor by its keeper beyond the number signed', async () => {
    const more = (who: Wallet) => S.codeOf(Circles.admit(network, who, circle, aunt!.account));
    expect(await more(nurse!)).toBe('CIRCLES_NOT_THE_KEEPER');
    expect(await more(patient)).toBe('CIRCLE_NO_KEY');
    await Circles.admit(network, mum!, circle, mum!.account);
    expect(await more(mum!)).toBe('CIRCLES_FULL');
    expect(people()).toHaveLength(2);
    expect(await S.codeOf(open(33))).toBe('CIRCLES_BAD_TERMS');
  });

  test('ends at once for who is dismissed, whose old key opens no later grant', async () => {
    const [one] = await held(nurse!);
    const before = await ids(nurse!);
    await Circles.dismiss(network, mum!, circle, nurse!.account);
    expect(await look(nurse!, one!)).toBe('DENIED_NOT_IN_CIRCLE');
    const { grantId } = await grant();
    expect(await ids(nurse!)).toEqual(before);
    const [newest] = await held(mum!);
    expect(toHex(newest!.grantId)).toBe(toHex(grantId));
    expect(await look(mum!, newest!)).toBe('ALLOWED');
  });

  test('opens for who comes later, under every key there was', async () => {
    await Circles.admit(network, mum!, circle, aunt!.account);
    expect((await ids(aunt!)).length).toBe(2);
    for (const one of await held(aunt!)) expect(await look(aunt!, one)).toBe('ALLOWED');
  });

  test('is closed by the patient to one person for good, and its keeper has the new key all the same', async () => {
    const [one] = await held(aunt!);
    await Circles.dismiss(network, patient, circle, aunt!.account);
    expect(await look(aunt!, one!)).toBe('DENIED_NOT_IN_CIRCLE');
    expect(await S.codeOf(Circles.admit(network, mum!, circle, aunt!.account))).toBe('CIRCLES_BARRED');
    const { grantId } = await grant();
    await Circles.admit(network, mum!, circle, nurse!.account);
    const [newest] = await held(nurse!);
    expect(toHex(newest!.grantId)).toBe(toHex(grantId));
    expect(await look(nurse!, newest!)).toBe('ALLOWED');
  });

  test('makes a new key anew where a dismissal was cut short', async () => {
    const { keyHash } = network.chain.state.circles.get(toHex(circle))!;
    await Circles.dismiss(network, mum!, circle, aunt!.account);
    expect(network.chain.state.circles.get(toHex(circle))!.keyHash).not.toBe(keyHash);
    expect(people().sort()).toEqual([mum!, nurse!].map((w) => toHex(w.account)).sort());
  });

  test('is listed for patient, keeper and who is in it', async () => {
    for (const who of [patient, mum!, nurse!])
      expect((await Circles.of(network, who.account)).map((c) => c.circle)).toEqual([toHex(circle)]);
    expect(await Circles.of(network, aunt!.account)).toEqual([]);
  });

  test('ends for everybody when the patient ends the circle', async () => {
    const [one] = await held(nurse!);
    expect(await S.codeOf(Circles.end(network, mum!, circle))).toBe('CIRCLES_NOT_THE_PATIENT');
    expect(await look(nurse!, one!)).toBe('ALLOWED');
    await Circles.end(network, patient, circle);
    expect(await look(nurse!, one!)).toBe('DENIED_NOT_IN_CIRCLE');
    expect(await look(mum!, one!)).toBe('DENIED_NOT_IN_CIRCLE');
    expect(await S.codeOf(Circles.admit(network, mum!, circle, patient.account))).toBe('CIRCLES_OVER');
  });
});

test('a circle is not opened for a keeper whose key cannot be found', async () => {
  const terms = { keeper: W.random(32), maxPeople: 2, until: network.now() + day };
  expect(await S.codeOf(Circles.open(network, patient, terms))).toBe('ROLE_UNKNOWN_HOLDER');
});
