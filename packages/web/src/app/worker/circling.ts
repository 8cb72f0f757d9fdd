// Copyright the Islet authors. AGPL-3.0-or-later.
// Circles of carers: opened and ended by a patient, kept by whom the patient named.
import { isOpen } from '@islet/chain/Circles';
import * as Circles from '@islet/client/Circles';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Code from './Code.js';
import { call } from './people.js';
import * as Session from './Session.js';

export type Someone = { account: string; name: string | null };

export type CircleLine = {
  id: string;
  /** What a patient grants to. */
  code: string;
  isOpen: boolean;
  /** What whoever is open here is to it. */
  isPatient: boolean;
  isKeeper: boolean;
  patient: Someone;
  keeper: Someone;
  maxPeople: number;
  /** UTC ms: from then on nobody is in it. */
  until: number;
  people: Someone[];
  /** Whom the patient took out: the keeper cannot let them in again. */
  barred: Someone[];
};

/** Those that a person opened, keeps or is in, the newest first. */
export async function circles(): Promise<CircleLine[]> {
  const { network, vault } = await Session.need();
  const { wallet, notes } = vault.keeper;
  const me = toHex(wallet.account);
  const someone = (account: string): Someone => ({ account, name: notes.contacts?.[account] ?? null });
  const known = await Circles.of(network, wallet.account);
  return known.reverse().map((c) => ({
    id: c.circle,
    code: Code.ofAccount(fromHex(c.circle)),
    isOpen: isOpen(c, network.now()),
    isPatient: c.patient === me,
    isKeeper: c.keeper === me,
    patient: someone(c.patient),
    keeper: someone(c.keeper),
    maxPeople: c.maxPeople,
    until: c.until * 1000,
    people: [...c.people.keys()].map(someone),
    barred: [...c.barred].map(someone),
  }));
}

/** Names who may let carers in, how many at a time, and the last day. Throws `WEB_BAD_CODE` and what `Circles.open` throws. */
export async function openCircle(asked: {
  code: string;
  name: string;
  people: number;
  lastDay: number;
}): Promise<void> {
  const { network, vault } = await Session.need();
  const keeper = Code.toAccount(asked.code);
  const { dayOffsetMinutes = 0 } = vault.keeper.notes;
  const until = Day.endOf(asked.lastDay, dayOffsetMinutes);
  await Circles.open(network, vault.keeper.wallet, { keeper, maxPeople: asked.people, until });
  await call({ account: toHex(keeper), name: asked.name });
}

/** As its keeper. Throws `WEB_BAD_CODE` and what `Circles.admit` throws. */
export async function admit(asked: { circle: string; code: string; name: string }): Promise<void> {
  const { network, vault } = await Session.need();
  const reader = Code.toAccount(asked.code);
  await Circles.admit(network, vault.keeper.wallet, fromHex(asked.circle), reader);
  await call({ account: toHex(reader), name: asked.name });
  await network.chain.follow();
}

/** As its keeper, or as its patient: then for good. */
export async function dismiss(asked: { circle: string; account: string }): Promise<void> {
  const { network, vault } = await Session.need();
  await Circles.dismiss(network, vault.keeper.wallet, fromHex(asked.circle), fromHex(asked.account));
}

export async function endCircle(asked: { circle: string }): Promise<void> {
  const { network, vault } = await Session.need();
  await Circles.end(network, vault.keeper.wallet, fromHex(asked.circle));
}
