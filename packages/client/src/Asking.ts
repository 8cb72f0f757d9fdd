// Copyright the Islet authors. AGPL-3.0-or-later.
// Asking a patient for access, and what came of it.
import * as View from '@islet/chain/View';
import * as Ask from '@islet/core/Ask';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { encryptionKeyOf, state } from './Account.js';
import * as Asks from './Asks.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import type { Keep, Person } from './Person.js';
import { ASK_LASTS_MS, ASKED_REMEMBERED_MS } from './personLimits.js';
import { readable } from './Readable.js';
import type { Terms } from './Terms.js';

/** What to ask of whom. `role`: for whoever holds it, where the asker does; `deadline` (UTC ms): when the ask ends by itself. */
export type Wanted = {
  patient: Uint8Array;
  role?: Uint8Array;
  terms: Terms;
  why: string;
  deadline?: number;
};

/**
 * Asks: signs, seals to the patient, and has the hub keep it for them. Remembers here what was asked, which nobody else but
 * the patient can read. Throws `ASK_BAD_WORDS`, `ASK_UNKNOWN_PATIENT`, `ASK_NOT_YOUR_ROLE`, and what the hub refuses.
 */
export async function ask(
  network: Network,
  person: Person,
  { patient, role, terms, why: typed, deadline = network.now() + ASK_LASTS_MS }: Wanted,
  keep: Keep,
): Promise<{ id: string; deadline: number }> {
  const { wallet, notes } = person;
  const why = Asks.wordsOf(typed);
  await network.chain.follow();
  const key = equal(patient, wallet.account) ? undefined : await encryptionKeyOf(network, patient);
  if (!key || !network.chain.state.accounts.has(toHex(patient))) throw new UnknownPatientError();
  if (role && !View.holdsRole(network.chain.state, role, wallet.account)) throw new NotYourRoleError();
  // Its end may lie before the usual deadline; nothing is left to answer then.
  const until = Math.min(deadline, terms.expiresAt);
  const place = { asker: wallet.account, patient, id: network.random(32), deadline: until };
  const bytes = Ask.encodeAsk({ reader: role ?? wallet.account, terms, why });
  const asked = Ask.parseAsk(bytes);
  const sealed = Ask.encodeSealed(Ask.seal(asked, place, key, network.random));
  await Http.put(network.hub, '/v1/asks', state(network, wallet, 'ask', sealed));
  const id = toHex(place.id);
  const remembered = Object.entries(notes.asked ?? {}).filter(
    ([, one]) => one.deadline + ASKED_REMEMBERED_MS > network.now(),
  );
  notes.asked = {
    ...Object.fromEntries(remembered),
    [id]: { patient: toHex(patient), ask: toHex(bytes), deadline: until },
  };
  await keep(person);
  return { id, deadline: until };
}

/** An ask of one's own, and what came of it. Ids and accounts are hex, times UTC ms. */
export type Mine = {
  id: string;
  patient: string;
  deadline: number;
  /** Null where it was asked from another device: the words are the patient's and that device's alone. */
  asked: { reader: string; terms: Terms; why: string } | null;
  /** `over`: nobody answered in time. `gone`: the hub does not have it any more. */
  state: 'pending' | 'granted' | 'declined' | 'over' | 'gone';
  /** What was granted, perhaps less than was asked for. */
  grant: string | null;
  word: string | null;
};

/** What this person asked, the newest deadline first. */
export async function mine(network: Network, person: Person): Promise<Mine[]> {
  const { wallet, notes } = person;
  await network.chain.follow();
  const found = new Map<string, Mine>();
  for (const { ask, answer } of await Asks.listed(network, wallet)) {
    const sealed = Asks.signedIn(network, ask)?.sealed;
    if (!sealed || !equal(sealed.asker, wallet.account)) continue;
    const said = answer ? answerOf(network, person, answer, sealed) : undefined;
    const { patient, deadline } = sealed;
    const id = toHex(sealed.id);
    found.set(id, {
      ...{ id, patient: toHex(patient), deadline, asked: wordsOf(notes.asked?.[id]?.ask) },
      ...(said ?? { state: deadline > network.now() ? 'pending' : 'over', grant: null, word: null }),
    });
  }
  for (const [id, { patient, deadline, ask }] of Object.entries(notes.asked ?? {})) {
    if (found.has(id)) continue;
    const state = deadline > network.now() ? 'gone' : 'over';
    found.set(id, { ...{ id, patient, deadline, asked: wordsOf(ask), state }, grant: null, word: null });
  }
  return [...found.values()].sort((a, b) => b.deadline - a.deadline);
}

type Said = Pick<Mine, 'state' | 'grant' | 'word'>;

function answerOf(network: Network, { wallet }: Person, answer: Uint8Array, of: Ask.Place): Said | undefined {
  const said = Asks.answerIn(network, wallet, answer, of);
  if (!said) return undefined;
  const { grantId, word } = said;
  if (grantId === null) return { state: 'declined', grant: null, word };
  // A yes is what the chain has, not what is said of it.
  const grant = toHex(grantId);
  const { grants, roles } = network.chain.state;
  const found = grants.get(grant);
  const isMine = found && (found.reader === toHex(wallet.account) || roles.has(found.reader));
  return isMine && found.patient === toHex(of.patient) ? { state: 'granted', grant, word } : undefined;
}

function wordsOf(hex: string | undefined): Mine['asked'] {
  const ask = hex === undefined ? undefined : readable(() => Ask.parseAsk(fromHex(hex)));
  return ask ? { reader: toHex(ask.reader), terms: ask.terms, why: ask.why } : null;
}

export class UnknownPatientError extends IsletError {
  override readonly name = 'Asking.UnknownPatientError';
  constructor() {
    super(
      'ASK_UNKNOWN_PATIENT',
      'There is no such account to ask, or its key cannot be found. Have the patient show their code again.',
    );
  }
}

export class NotYourRoleError extends IsletError {
  override readonly name = 'Asking.NotYourRoleError';
  constructor() {
    super(
      'ASK_NOT_YOUR_ROLE',
      'You do not hold this role now. Ask for yourself, or have its admin appoint you.',
    );
  }
}
