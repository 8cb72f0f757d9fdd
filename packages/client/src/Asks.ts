// Copyright the Islet authors. AGPL-3.0-or-later.
// Asks and answers as a hub hands them over, which nobody believes before they are judged here.
import { hereOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import * as Ask from '@islet/core/Ask';
import * as AskAnswer from '@islet/core/AskAnswer';
import { equal, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Words from '@islet/core/Words';
import { type Listed, parseAsks } from '@islet/core/wire/Asks';
import * as Stated from '@islet/core/wire/Stated';
import { statement } from './Account.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import { readable } from './Readable.js';
import { openers, type Wallet } from './Wallet.js';

/** What the hub has to and from this person. */
export async function listed(network: Network, wallet: Wallet): Promise<Listed[]> {
  const question = toHex(statement(network, wallet, 'askAsks'));
  return parseAsks(await Http.get(network.hub, '/v1/asks', { 'x-islet-statement': question }));
}

/** An ask whose asker signed it, on our own view of the chain, now. */
export type Signed = { sealed: Ask.Sealed; askedAt: number };

/** The ask in a stated document; undefined where its signature is not that of the account said to ask. */
export function signedIn(network: Network, document: Uint8Array): Signed | undefined {
  const stated = readable(() => Stated.parseDocument(document));
  const sealed = stated && readable(() => Ask.parseSealed(stated.bytes));
  if (!sealed || !Stated.isDocument(stated, 'ask', hereOf(network.deployment))) return undefined;
  const { message, signer } = stated.signed;
  const isTheirs =
    equal(message.account, sealed.asker) && View.speaksFor(network.chain.state, sealed.asker, signer);
  return isTheirs ? { sealed, askedAt: message.version } : undefined;
}

/** What a person asks of this one; undefined where it opens for somebody else, or is not as asks are. */
export const openedBy = (wallet: Wallet, sealed: Ask.Sealed): Ask.Ask | undefined =>
  firstOf(wallet, (seed) => Ask.open(sealed, seed));

/** The answer in a stated document, where the ask's patient signed it and it is about that ask. */
export function answerIn(
  network: Network,
  wallet: Wallet,
  document: Uint8Array,
  of: Ask.Place,
): AskAnswer.Answer | undefined {
  const stated = readable(() => Stated.parseDocument(document));
  const sealed = stated && readable(() => AskAnswer.parseSealed(stated.bytes));
  if (!sealed || !Stated.isDocument(stated, 'askAnswer', hereOf(network.deployment))) return undefined;
  const { message, signer } = stated.signed;
  const isTheirs =
    equal(message.account, of.patient) &&
    [sealed.asker, sealed.patient, sealed.id].every((part, i) =>
      equal(part, [of.asker, of.patient, of.id][i]!),
    ) &&
    // It was theirs to say when they said it.
    View.spokeFor(network.chain.state, of.patient, signer);
  return isTheirs ? firstOf(wallet, (seed) => AskAnswer.open(sealed, seed)) : undefined;
}

function firstOf<T>(wallet: Wallet, open: (seed: Uint8Array) => T | undefined): T | undefined {
  for (const seed of openers(wallet)) {
    const found = readable(() => open(seed));
    if (found) return found;
  }
  return undefined;
}

/** What somebody typed, as it is sent: one line. Throws `ASK_BAD_WORDS`. */
export function wordsOf(typed: string): string {
  const line = Words.oneLine(typed);
  if (!Words.isPlain(line)) throw new BadWordsError();
  return line;
}

export class BadWordsError extends IsletError {
  override readonly name = 'Asks.BadWordsError';
  constructor() {
    super(
      'ASK_BAD_WORDS',
      `Say it in 1 to ${Words.maxLength} plain characters: letters, digits and marks, on one line.`,
    );
  }
}
