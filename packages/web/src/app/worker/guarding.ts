// Copyright the Islet authors. AGPL-3.0-or-later.
// One's own guardians: naming them, trying them, and stopping a recovery that one did not begin.
import * as Drill from '@islet/client/Drill';
import * as Guarding from '@islet/client/Guarding';
import * as Recovery from '@islet/client/Recovery';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Code from './Code.js';
import { random } from './Connection.js';
import { OtherDrillError } from './OtherDrillError.js';
import * as Session from './Session.js';

export type GuardianLine = {
  account: string;
  code: string;
  name: string | null;
  /** Whether they answered the drill that was asked last. */
  answered: boolean;
};

/** What a person has done so that a lost device is not a lost account. */
export type Safety = {
  hasKit: boolean;
  guardians: 'none' | 'untried' | 'tried' | 'due';
  /** Whether a passkey can bring the account back; null: the person was not asked yet. */
  comesBack: 'passkey' | 'skipped' | null;
};

export type Rules = {
  threshold: number;
  hours: number;
  setAt: number;
  drilledAt: number | null;
  guardians: GuardianLine[];
  /** What each guardian is given; null where they were named on another device. */
  invitation: string | null;
  /** The question that was asked last. */
  question: string | null;
};

/** What is still to do. Asks nobody. */
export async function safety(): Promise<Safety> {
  const { keeper } = Session.person();
  const { hasKit = false, comesBack = null } = keeper.notes;
  if (!Guarding.rulesOf(keeper)) return { hasKit, comesBack, guardians: 'none' };
  if (Drill.isDue(keeper, Date.now())) return { hasKit, comesBack, guardians: 'due' };
  return { hasKit, comesBack, guardians: Drill.isFirst(keeper) ? 'untried' : 'tried' };
}

export async function guardians(): Promise<Rules | null> {
  const { keeper } = Session.person();
  const { notes } = keeper;
  const rules = Guarding.rulesOf(keeper);
  if (!rules || !notes.guardians) return null;
  return {
    threshold: rules.threshold,
    hours: rules.delay / 3600,
    setAt: notes.guardians.setAt,
    drilledAt: notes.drilledAt ?? null,
    guardians: rules.guardians.map(({ account }) => lineOf(toHex(account))),
    invitation: notes.guardianInvitation ?? null,
    question: notes.drill?.text ?? null,
  };
}

function lineOf(account: string): GuardianLine {
  const { notes } = Session.person().keeper;
  return {
    account,
    code: Code.ofAccount(fromHex(account)),
    name: notes.contacts?.[account] ?? null,
    answered: notes.drill?.answered.includes(account) ?? false,
  };
}

/** How many custodians heard it, of how many: all should. */
export type Told = { told: number; of: number };

/** Names guardians in place of those before; nobody: from now on there are none. */
export async function nameGuardians(asked: {
  guardians: { code: string; name: string }[];
  threshold: number;
  hours: number;
}): Promise<Told> {
  const { network, vault, keep } = await Session.need();
  const { notes } = vault.keeper;
  const chosen = asked.guardians.map(({ code, name }) => ({ account: Code.toAccount(code), name }));
  const threshold = chosen.length === 0 ? 0 : asked.threshold;
  const choice = { guardians: chosen.map((g) => g.account), threshold, delay: asked.hours * 3600 };
  const { told, of, invitations } = await Guarding.set(network, vault.keeper, keep, choice);
  for (const { account, name } of chosen) notes.contacts = { ...notes.contacts, [toHex(account)]: name };
  delete notes.guardianInvitation;
  if (invitations[0]) notes.guardianInvitation = invitations[0];
  // Answers to a question of before are of other shares.
  delete notes.drill;
  delete notes.drillQuestion;
  await keep(vault.keeper);
  return { told, of };
}

/** A fresh question for the guardians, as text. */
export async function askDrill(): Promise<string> {
  const { keeper } = Session.person();
  const { text, question } = Drill.ask(keeper, random);
  keeper.notes.drillQuestion = toHex(question);
  keeper.notes.drill = { text, answers: [], answered: [] };
  await Session.save();
  return text;
}

export type DrillOutcome = { answered: GuardianLine[]; silent: GuardianLine[]; enough: boolean };

/** Takes one answer in. Who answered before counts still. Throws `DRILL_UNREADABLE`, `WEB_OTHER_DRILL`. */
export async function takeDrillAnswer(asked: { answer: string }): Promise<DrillOutcome> {
  const { keeper } = Session.person();
  const { drill, drillQuestion } = keeper.notes;
  if (!drill || drillQuestion === undefined) throw new OtherDrillError();
  const answers = [...drill.answers, asked.answer];
  const keep = (): Promise<void> => Session.save();
  const outcome = await Drill.check(keeper, keep, fromHex(drillQuestion), answers, Date.now());
  // Stops: taking an answer to another question for a guardian who is silent.
  if (!isNew(drill.answered, outcome.answered)) throw new OtherDrillError();
  keeper.notes.drill = { ...drill, answers, answered: outcome.answered };
  await keep();
  const rules = Guarding.rulesOf(keeper)!;
  const lines = rules.guardians.map(({ account }) => lineOf(toHex(account)));
  return {
    answered: lines.filter((g) => g.answered),
    silent: lines.filter((g) => !g.answered),
    enough: outcome.enough,
  };
}

const isNew = (before: string[], after: string[]): boolean => after.some((one) => !before.includes(one));

/** Stops every recovery of this account that is under way. */
export async function objectRecovery(): Promise<Told> {
  const { network, vault } = await Session.need();
  const { told, of } = await Recovery.object(network, vault.keeper);
  return { told, of };
}
