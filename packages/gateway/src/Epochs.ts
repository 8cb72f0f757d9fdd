// Copyright the Islet authors. AGPL-3.0-or-later.
import type { SigningKey } from '@islet/core/crypto/ed25519';
import * as Day from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import * as Live from '@islet/core/Live';
import * as Shares from '@islet/core/Shares';
import type { Stream } from '@islet/core/Stream';
import type { Account, Accounts } from './Accounts.js';
import type { ChainView } from './ChainView.js';
import type { CustodianKeys } from './CustodianKeys.js';
import { OPEN_EPOCHS, STALE_EPOCH_MS } from './limits.js';
import { noKeys } from './Refusal.js';

/** An epoch with its keys: in memory only, and only while it is open. */
export type Open = {
  epoch: Epoch.Epoch;
  shares: Shares.Shares;
  contentKey: Uint8Array;
  /** Whether the journal has the epoch: the first commit that uses it carries it. */
  journalled: boolean;
};

/**
 * At most one open epoch per stream day. It ends, so that who may read what was sealed before does not read what is
 * sealed after: at the day's end, at every start (memory is empty then), with every event on chain that changes who may
 * read, when a grant runs out, after ten minutes while our view of the chain is older than 30 s, and, of live values,
 * after fifteen minutes.
 */
export type Epochs = {
  /** The open epoch of a place, or a new one. Throws 503 where its keys are not to be had now. */
  current(account: Account, stream: Stream, day: Day.Day | null): Promise<Open>;
  /** An epoch for one segment alone. */
  alone(account: Account, stream: Stream, day: Day.Day | null, revision: number): Promise<Open>;
  /** Forgets an account's epochs, with their keys: a commit failed, and what it held may or may not be known to the disk. */
  forget(account: Account): void;
};

export type Options = {
  accounts: Accounts;
  custodians: CustodianKeys;
  chain: Pick<ChainView, 'isStale' | 'generationOf' | 'expiredBetween'>;
  signer: SigningKey;
  now: () => number;
  random: (length: number) => Uint8Array;
};

type Kept = Open & { generation: number };

export function epochs({ accounts, custodians, chain, signer, now, random }: Options): Epochs {
  const open = new Map<string, Map<string, Promise<Kept>>>();

  async function create(
    account: Account,
    stream: Stream,
    day: Day.Day | null,
    revision: number,
  ): Promise<Kept> {
    // Read first: an event that comes while we ask for keys must still end this epoch.
    const generation = chain.generationOf(account.hex);
    const [dayKey, set] = await Promise.all([
      accounts.keyOf(account, stream, day),
      custodians.setFor(account, stream, day),
    ]);
    if (!dayKey) throw noKeys(503);
    const about = { account: account.id, stream, day, openedAt: now(), revision };
    const { epoch, secrets } = await Epoch.create(about, dayKey, signer, random);
    const shares = await Shares.create(epoch, secrets.lockSecret, set, signer);
    return { epoch, shares, contentKey: secrets.contentKey, journalled: false, generation };
  }

  function isOver(account: Account, { epoch, generation }: Kept): boolean {
    const { stream, day, openedAt } = epoch.header;
    const time = now();
    if (generation !== chain.generationOf(account.hex)) return true;
    if (chain.expiredBetween(account.hex, openedAt, time)) return true;
    if (time - openedAt > STALE_EPOCH_MS && chain.isStale()) return true;
    if (stream === 'glucose/live' && time - openedAt >= Live.epochMs) return true;
    if (day === null) return false;
    const end = Day.endOf(day, account.offsets.get(stream) ?? 0);
    return openedAt < end && time >= end;
  }

  return {
    async current(account, stream, day) {
      const mine = open.get(account.hex) ?? new Map<string, Promise<Kept>>();
      open.set(account.hex, mine);
      const key = `${stream}/${day ?? 'late'}`;
      for (let known = mine.get(key); known; known = mine.get(key)) {
        const kept = await known;
        if (!isOver(account, kept)) return kept;
        // Whoever waited with us may have opened the next one already.
        if (mine.get(key) === known) mine.delete(key);
      }
      const made = create(account, stream, day, 0);
      mine.set(key, made);
      made.catch(() => mine.delete(key));
      if (mine.size > OPEN_EPOCHS) mine.delete(mine.keys().next().value!);
      return made;
    },
    alone: create,
    forget: (account) => open.delete(account.hex),
  };
}
