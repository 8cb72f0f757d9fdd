// Copyright the Islet authors. AGPL-3.0-or-later.
// Asks: what others ask of a patient, and what a clinician asked of patients.
import * as Asked from '@islet/client/Asked';
import * as Asking from '@islet/client/Asking';
import type { Terms } from '@islet/client/Terms';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Code from './Code.js';
import * as Session from './Session.js';

/** An ask that waits for an answer, with the names that the person gave to whom it names. */
export type AskLine = Asked.Pending & {
  askerName: string | null;
  readerName: string | null;
  /** The code of whom the grant would be for. */
  code: string;
};

export type AskLines = {
  lines: AskLine[];
  unsound: number;
  blocked: { account: string; name: string | null }[];
};

/** Something was asked, answered or blocked here since the hub was last asked for news. */
let changed = false;

export function takeChanged(): boolean {
  const before = changed;
  changed = false;
  return before;
}

/** Who asks this person, the newest first. */
export async function asks(): Promise<AskLines> {
  const { network, vault } = await Session.need();
  const { contacts = {}, blocked = [] } = vault.keeper.notes;
  const { pending, unsound } = await Asked.all(network, vault.keeper);
  return {
    lines: pending.map((one) => ({
      ...one,
      askerName: contacts[one.asker] ?? null,
      readerName: contacts[one.reader] ?? null,
      code: Code.ofAccount(fromHex(one.reader)),
    })),
    unsound,
    blocked: blocked.map((account) => ({ account, name: contacts[account] ?? null })),
  };
}

export async function declineAsk(asked: { id: string; word: string }): Promise<void> {
  const { network, vault, keep } = await Session.need();
  const ask = await Asked.need(network, vault.keeper, asked.id);
  const word = asked.word.trim() === '' ? null : asked.word;
  await Asked.decline(network, vault.keeper, ask, word, keep);
  changed = true;
}

/** Tells whoever asked what was granted. The grant stands, whether or not that succeeds. */
export async function grantedAsk(asked: { ask: Asked.Answered; grant: string }): Promise<boolean> {
  const { network, vault, keep } = await Session.need();
  changed = true;
  return Asked.granted(network, vault.keeper, asked.ask, asked.grant, keep);
}

export async function blockAsker(asked: { account: string; blocked: boolean }): Promise<void> {
  const { vault, keep } = await Session.need();
  const change = asked.blocked ? Asked.block : Asked.unblock;
  await change(vault.keeper, asked.account, keep);
  changed = true;
}

/** Throws `WEB_BAD_CODE`, and what `Asking.ask` throws. */
export async function askPatient(asked: {
  code: string;
  name: string;
  role: string | null;
  terms: Terms;
  why: string;
}): Promise<void> {
  const { network, vault, keep } = await Session.need();
  const { keeper } = vault;
  const patient = Code.toAccount(asked.code);
  const { terms, why, role } = asked;
  await Asking.ask(network, keeper, { patient, terms, why, ...(role && { role: fromHex(role) }) }, keep);
  changed = true;
  if (asked.name === '') return;
  keeper.notes.contacts = { ...keeper.notes.contacts, [toHex(patient)]: asked.name };
  await keep(keeper);
}

export type MyAsk = Asking.Mine & { name: string | null; code: string };

/** What this person asked of others, and what came of it. */
export async function myAsks(): Promise<MyAsk[]> {
  const { network, vault } = await Session.need();
  const { contacts = {} } = vault.keeper.notes;
  return (await Asking.mine(network, vault.keeper)).map((one) => ({
    ...one,
    name: contacts[one.patient] ?? null,
    code: Code.ofAccount(fromHex(one.patient)),
  }));
}

/** How many asks wait for this person, and whatever tells one state of their asks from another. */
export async function askNews(): Promise<{ waiting: number; asks: string } | undefined> {
  const { network, vault } = await Session.need();
  const { keeper } = vault;
  try {
    if (keeper.notes.role === 'patient') {
      const { pending } = await Asked.all(network, keeper);
      return { waiting: pending.length, asks: pending.map((one) => one.id).join() };
    }
    const mine = await Asking.mine(network, keeper);
    return { waiting: 0, asks: mine.map((one) => `${one.id}/${one.state}`).join() };
  } catch (error) {
    // A hub that does not answer, or an older one: what was known stands.
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}
