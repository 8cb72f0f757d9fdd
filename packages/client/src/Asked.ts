// Copyright the Islet authors. AGPL-3.0-or-later.
// What others ask of this person: shown, granted, declined, or left to end by itself.
import { hasEnded } from '@islet/chain/Erasures';
import * as View from '@islet/chain/View';
import * as Ask from '@islet/core/Ask';
import * as AskAnswer from '@islet/core/AskAnswer';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import type { Listed } from '@islet/core/wire/Asks';
import { encryptionKeyOf, state } from './Account.js';
import * as Asks from './Asks.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import type { Keep, Notes, Person } from './Person.js';
import { ASK_SKEW_MS } from './personLimits.js';
import type { Terms } from './Terms.js';

/** An ask that waits for this person's answer. Ids and accounts are hex, times UTC ms. */
export type Pending = {
  id: string;
  asker: string;
  /** Whom the grant would be for: the asker, or a role that the asker holds now. */
  reader: string;
  isRole: boolean;
  /** The organisation that answers for the asker now; null where none does. */
  organisation: string | null;
  /** As they would be granted: what is a time of day is meant where the person lives. */
  terms: Terms;
  /** In the asker's own words, which are theirs and no more than words. */
  why: string;
  askedAt: number;
  deadline: number;
};

/** As much of an ask as an answer needs. */
export type Answered = Pick<Pending, 'id' | 'asker' | 'deadline'>;

/** Those that are sound, newest first; and how many came that are not what they say. */
export type All = { pending: Pending[]; unsound: number };

export async function all(network: Network, person: Person): Promise<All> {
  await network.chain.follow();
  const found = new Map<string, Pending>();
  let unsound = 0;
  for (const one of await Asks.listed(network, person.wallet)) {
    const judged = judge(network, person, one);
    if (judged === 'unsound') unsound++;
    else if (judged !== 'not now' && !found.has(judged.id)) found.set(judged.id, judged);
  }
  const pending = [...found.values()].sort((a, b) => b.askedAt - a.askedAt);
  return { pending, unsound };
}

type Judged = Pending | 'unsound' | 'not now';

function judge(network: Network, { wallet, notes }: Person, { ask, answer }: Listed): Judged {
  const { chain, now } = network;
  const signed = Asks.signedIn(network, ask);
  if (!signed) return 'unsound';
  const { sealed, askedAt } = signed;
  if (equal(sealed.asker, wallet.account)) return 'not now';
  // Stops: a hub that hands one patient what was asked of another.
  if (!equal(sealed.patient, wallet.account)) return 'unsound';
  const [id, asker] = [toHex(sealed.id), toHex(sealed.asker)];
  // Stops: an answered ask that comes again.
  if (answer || notes.answered?.[id] !== undefined || notes.blocked?.includes(asker)) return 'not now';
  if (!Ask.isOpen(sealed, askedAt, now()) || askedAt > now() + ASK_SKEW_MS) return 'not now';
  if (hasEnded(chain.state.erasures, asker)) return 'not now';
  const opened = Asks.openedBy(wallet, sealed);
  if (!opened || !isTheirs(chain.state, opened.reader, sealed.asker)) return 'unsound';
  if (opened.terms.expiresAt <= now()) return 'not now';
  const vouch = View.standingOf(chain.state, sealed.asker) === 'good' && chain.state.vouches.get(asker);
  return {
    ...{ id, asker, reader: toHex(opened.reader), isRole: !equal(opened.reader, sealed.asker) },
    organisation: vouch ? vouch.org : null,
    terms: termsAt(opened.terms, notes, now()),
    ...{ why: opened.why, askedAt, deadline: sealed.deadline },
  };
}

/** Nobody asks for somebody else: only for themselves, or for a role of theirs. */
const isTheirs = (view: View.View, reader: Uint8Array, asker: Uint8Array): boolean =>
  equal(reader, asker) || View.holdsRole(view, reader, asker);

/** An asker cannot know where the person's days begin, nor when they will say yes. */
const termsAt = (terms: Terms, { dayOffsetMinutes = 0 }: Notes, now: number): Terms => ({
  ...terms,
  notBefore: Math.min(Math.max(terms.notBefore, now - headStartMs), terms.expiresAt - 1000),
  hours: { ...terms.hours, offsetMinutes: dayOffsetMinutes },
});

/** The chain's clock may be a moment behind ours. */
const headStartMs = 60_000;

/** So many letters of an id tell one ask from another. */
const idLetters = 4;

/** The ask of that id, or of the letters it begins with, four or more. Throws `ASK_NONE`. */
export async function need(network: Network, person: Person, id: string): Promise<Pending> {
  const { pending } = await all(network, person);
  const found = pending.filter((one) => id.length >= idLetters && one.id.startsWith(id));
  if (found.length !== 1) throw new NoAskError();
  return found[0]!;
}

/** Says no, with a word or without. Throws `ASK_BAD_WORDS`, and what the hub refuses. */
export async function decline(
  network: Network,
  person: Person,
  ask: Answered,
  word: string | null,
  keep: Keep,
): Promise<void> {
  await tell(network, person, ask, { grantId: null, word: word === null ? null : Asks.wordsOf(word) });
  await settle(network, person, ask, keep);
}

/**
 * Says that it was granted. The grant stands whether or not its asker hears of it here: they see it on the chain. Returns
 * whether the hub took the answer.
 */
export async function granted(
  network: Network,
  person: Person,
  ask: Answered,
  grantId: string,
  keep: Keep,
): Promise<boolean> {
  await settle(network, person, ask, keep);
  try {
    await tell(network, person, ask, { grantId: fromHex(grantId), word: null });
    return true;
  } catch (error) {
    if (error instanceof IsletError) return false;
    throw error;
  }
}

async function tell(
  network: Network,
  { wallet }: Person,
  ask: Answered,
  answer: AskAnswer.Answer,
): Promise<void> {
  const asker = fromHex(ask.asker);
  const key = await encryptionKeyOf(network, asker);
  if (!key) throw new NoAskError();
  const of = { asker, patient: wallet.account, id: fromHex(ask.id) };
  const bytes = AskAnswer.encodeSealed(AskAnswer.seal(answer, of, key, network.random));
  await Http.put(network.hub, '/v1/asks/answers', state(network, wallet, 'askAnswer', bytes));
}

async function settle(
  { now }: Network,
  person: Person,
  { id, deadline }: Answered,
  keep: Keep,
): Promise<void> {
  const { notes } = person;
  const open = Object.entries(notes.answered ?? {}).filter(([, until]) => until > now());
  notes.answered = { ...Object.fromEntries(open), [id]: deadline };
  await keep(person);
}

/** Shows no ask of that account any more. It is not told: to it, its asks go unanswered. */
export async function block(person: Person, account: string, keep: Keep): Promise<void> {
  const { notes } = person;
  notes.blocked = [...new Set([...(notes.blocked ?? []), account])];
  await keep(person);
}

export async function unblock(person: Person, account: string, keep: Keep): Promise<void> {
  const { notes } = person;
  notes.blocked = (notes.blocked ?? []).filter((one) => one !== account);
  await keep(person);
}

export class NoAskError extends IsletError {
  override readonly name = 'Asked.NoAskError';
  constructor() {
    super('ASK_NONE', 'No such ask waits for an answer. It may be over, or answered on another device.');
  }
}
