// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Journal } from '@islet/store/Journal';
import type { Account } from './Accounts.js';
import type { Epochs } from './Epochs.js';
import type { Events } from './events.js';
import type { Keys } from './Keys.js';
import type { LiveValue } from './LiveValue.js';
import * as Record from './Record.js';
import { notDurable, RefusalError } from './Refusal.js';
import * as Sealer from './Sealer.js';
import * as State from './State.js';

/** What a commit changes besides the segments it seals. */
export type Changes = {
  units: (Record.Place & { ids: string[]; counted: number; parts: Record.Part[] })[];
  entries: Record.Entry[];
  removed: Record.Removed[];
};

export const nothing: Changes = { units: [], entries: [], removed: [] };

/** Makes commits durable, then lets them count. The only way into the journal for data. */
export type Writer = {
  /**
   * Runs `work`, which seals into a draft and says what changes, and commits both as one record. Resolves when that is
   * on the disk. Throws a refusal (503) of anything that failed before; then nothing of it counts. Only within the
   * account's lane.
   */
  commit(
    account: Account,
    state: State.AccountState,
    work: (into: Sealer.Draft) => Promise<Changes>,
  ): Promise<void>;
};

export type Options = {
  journal: Pick<Journal, 'append'>;
  keys: Keys;
  epochs: Epochs;
  liveValue: LiveValue;
  /** Called once a commit is on the disk and counts. */
  onCommitted: (commit: Record.Commit, position: number) => void;
  arrivalDay: () => number;
  now: () => number;
  events: Events;
};

export function writer(options: Options): Writer {
  const { journal, keys, epochs, liveValue, onCommitted, arrivalDay, now, events } = options;

  async function prepare(
    account: Account,
    state: State.AccountState,
    into: Sealer.Draft,
    changes: Changes,
  ): Promise<Record.Commit> {
    const arrivedOn = arrivalDay();
    const units = await Promise.all(
      changes.units.map(async ({ parts, ...unit }) => {
        const aad = Record.associated(account.id, unit);
        return { ...unit, sealed: await keys.sealForWindow(arrivedOn, aad, Record.encodeParts(parts)) };
      }),
    );
    return {
      account: account.id,
      // Followers ask for what came after the last they have, so no two commits share a moment.
      at: Math.max(now(), state.documents.entriesAt + 1),
      arrivedOn,
      epochs: into.fresh.map((o) => o.epoch.bytes),
      shares: into.fresh.map((o) => o.shares.bytes),
      segments: into.segments.map((s) => s.bytes),
      units,
      entries: changes.entries,
      removed: changes.removed,
    };
  }

  return {
    async commit(account, state, work) {
      const into = Sealer.draft();
      let written = false;
      try {
        const changes = await work(into);
        await liveValue(account, state, into, changes);
        const commit = await prepare(account, state, into, changes);
        written = true;
        const position = await journal.append(Record.encodeCommit(commit));
        Sealer.settle(state, into);
        State.apply(
          state,
          commit,
          changes.units.map((u) => u.parts),
        );
        onCommitted(commit, position);
      } catch (error) {
        // What never left the memory may be sealed again.
        if (written) {
          epochs.forget(account);
          Sealer.abandon(state);
        }
        if (error instanceof RefusalError) throw error;
        events.notDurable(error);
        throw notDurable(error);
      }
    },
  };
}
