// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode } from '@islet/core/codec';
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Hubs from '@islet/core/Hubs';
import * as Stated from '@islet/core/wire/Stated';
import { Journal } from '@islet/store/Journal';
import { Refusal } from './Refusal.js';

/**
 * Where accounts said that their data are, in a journal of its own: an account that left is not taken for one that never
 * said anything, whatever else is made anew.
 */
export type Places = {
  /** Durable once resolved. The same word again changes nothing. Throws `HUB_OLD_VERSION`: an older word never returns. */
  keep(document: Stated.Document): Promise<void>;
  /** The newest word, hex by account. */
  get(account: string): Known | undefined;
  /** Named by the account: what it brings along is taken. */
  isHere(account: Uint8Array): boolean;
  /** The account named other hubs only: nothing of it is taken or served. One that never said anything has not left. */
  hasLeft(account: Uint8Array): boolean;
  /** Whether any account has. */
  readonly anyLeft: boolean;
  /** New data come to another hub. */
  isElsewhere(account: Uint8Array): boolean;
  /** Accounts that left and of whom something may still be kept. */
  leaving(): Known[];
  /** All of it is dropped. */
  dropped(account: Uint8Array): Promise<void>;
};

export type Known = {
  account: Uint8Array;
  document: Stated.Document;
  hubs: Hubs.Hub[];
  isDropped: boolean;
};

const name = 'islet/hub-account';

/** Throws what `Journal.open` throws. */
export async function open(folder: string, hub: Uint8Array): Promise<Places & AsyncDisposable> {
  const journal = await Journal.open(folder);
  const known = new Map<string, Known>();
  const named = (one: Known | undefined): boolean =>
    one?.hubs.some(({ address }) => equal(address, hub)) ?? false;
  const of = (account: Uint8Array): Known | undefined => known.get(toHex(account));
  const hasLeft = (account: Uint8Array): boolean => of(account) !== undefined && !named(of(account));

  function learn(kind: string, bytes: Uint8Array): void {
    if (kind === 'dropped') {
      const one = of(bytes);
      if (one) one.isDropped = true;
      return;
    }
    const document = Stated.parseDocument(bytes);
    const { account, hubs } = Hubs.parseHubs(document.bytes);
    known.set(toHex(account), { account, document, hubs, isDropped: false });
  }
  async function append(kind: string, bytes: Uint8Array): Promise<void> {
    await journal.append(encode(name, 1, [kind, bytes]));
    learn(kind, bytes);
  }
  for await (const { record } of journal.read()) {
    const f = decode(name, 1, record);
    learn(f.text(16), f.bytes());
  }

  return {
    async keep(document) {
      const { account } = document.signed.message;
      const before = of(account)?.document;
      if (before && equal(before.bytes, document.bytes) && isSame(before, document)) return;
      // Stops: an old word of the person's own, brought back by a hub that they left.
      if (before && document.signed.message.version <= before.signed.message.version) throw older();
      await append('stated', Stated.encodeDocument(document));
    },
    get: (account) => known.get(account),
    get anyLeft() {
      return [...known.values()].some((one) => !named(one));
    },
    isHere: (account) => named(of(account)),
    hasLeft,
    isElsewhere(account) {
      const first = of(account)?.hubs[0];
      return first !== undefined && !equal(first.address, hub);
    },
    leaving: () => [...known.values()].filter((one) => !named(one) && !one.isDropped),
    dropped: (account) => append('dropped', account),
    [Symbol.asyncDispose]: () => journal.close(),
  };
}

const isSame = (a: Stated.Document, b: Stated.Document): boolean =>
  a.signed.message.version === b.signed.message.version;

const older = (): Refusal =>
  new Refusal(
    409,
    'HUB_OLD_VERSION',
    'A later word of the account on where its data are is kept here. Ask for it, and sign a newer one.',
  );

/** The answer to whoever asks for, or brings, what is of an account that went to another hub. */
export const left = (): Refusal =>
  new Refusal(
    404,
    'HUB_ACCOUNT_LEFT',
    'The account’s data are with another hub. Ask this one at /v1/hubs for where, then ask there.',
  );

/** The answer to whoever brings what is of an account that did not say it comes here. */
export const notNamed = (): Refusal =>
  new Refusal(
    403,
    'HUB_NOT_NAMED',
    'The account does not name this hub among those where its data are. Sign that first, then send it again.',
  );
