// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Span from '@islet/core/Span';
import type { Account } from './Accounts.js';
import { type Options as CloseOptions, closeDay, hasEnded, type RawDay } from './CloseDay.js';
import { closeSpan } from './CloseSpan.js';
import type { Events } from './events.js';
import { CLOSE_GRACE_MS, CLOSE_TICK_MS, QUIET_MS, RETRY_MAX_MS, UNQUIET_MS } from './limits.js';
import type { Place } from './Record.js';
import { relocate } from './Relocate.js';
import { type AccountState, keyOf } from './State.js';

/** Closes days, weeks and reports when it is time, and at once when asked. */
export type Closer = {
  /** Readings came: the account is not quiet. */
  noticed(account: Account): void;
  /** Keys came: late readings whose days have keys now go there. */
  keyed(account: Account): Promise<void>;
  /** Closes all of an account's days that have ended, without grace. Throws the first refusal. */
  settle(account: Account): Promise<void>;
  /** Days that only the wallet can bring together: the window no longer holds what they began with. */
  waitingOf(account: Account): number;
  close(): Promise<void>;
};

export type Options = CloseOptions & {
  accounts: () => Iterable<{ account: Account; state: AccountState }>;
  stateOf: (account: Account) => AccountState;
  now: () => number;
  events: Events;
};

type Activity = { first: number; last: number };

export function closer(options: Options): Closer {
  const { accounts, stateOf, now, events } = options;
  const activity = new Map<string, Activity>();
  const waiting = new Map<string, Set<string>>();
  const pausedUntil = new Map<string, number>();
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function closeOne(account: Account, state: AccountState, place: RawDay): Promise<void> {
    const isSpan = Span.lengthOf(place.stream) > 1;
    const outcome = await (isSpan ? closeSpan : closeDay)(options, account, state, place);
    const mine = waiting.get(account.hex) ?? new Set();
    waiting.set(account.hex, mine);
    if (outcome === 'waits') mine.add(keyOf(place));
    else mine.delete(keyOf(place));
  }

  const isRawDay = (place: Place): place is RawDay => place.day !== null;
  const endedBy = (account: Account, state: AccountState, at: number): RawDay[] =>
    [...state.due.values()].filter(isRawDay).filter((place) => hasEnded(account, place, at));

  function isQuiet(account: Account): boolean {
    const seen = activity.get(account.hex);
    if (!seen) return true;
    const quiet = now() - seen.last >= QUIET_MS;
    if (quiet) activity.delete(account.hex);
    return quiet || now() - seen.first >= UNQUIET_MS;
  }

  async function tick(): Promise<void> {
    for (const { account, state } of accounts()) {
      if (state.due.size === 0 || !isQuiet(account) || (pausedUntil.get(account.hex) ?? 0) > now()) continue;
      for (const place of endedBy(account, state, now() - CLOSE_GRACE_MS)) {
        if (closing) return;
        try {
          await closeOne(account, state, place);
        } catch (error) {
          events.failed('closing a day', error);
          pausedUntil.set(account.hex, now() + RETRY_MAX_MS);
          break;
        }
      }
    }
  }

  const again = (): void => {
    timer = setTimeout(() => {
      running = tick()
        .catch((error) => events.failed('closing days', error))
        .finally(() => {
          if (!closing) again();
        });
    }, CLOSE_TICK_MS);
  };
  again();

  return {
    noticed(account) {
      const at = now();
      const seen = activity.get(account.hex);
      if (seen) seen.last = at;
      else activity.set(account.hex, { first: at, last: at });
    },
    async keyed(account) {
      await relocate(options, account, stateOf(account));
    },
    async settle(account) {
      const state = stateOf(account);
      await relocate(options, account, state);
      for (const place of endedBy(account, state, now())) await closeOne(account, state, place);
    },
    waitingOf: (account) => waiting.get(account.hex)?.size ?? 0,
    async close() {
      closing = true;
      clearTimeout(timer);
      await running;
    },
  };
}
