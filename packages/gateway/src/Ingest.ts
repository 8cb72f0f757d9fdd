// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Days from '@islet/core/Day';
import type { Reading } from '@islet/core/Reading';
import * as Stream from '@islet/core/Stream';
import { type GroupCommit, groupCommit } from '@islet/store/GroupCommit';
import type { Account } from './Accounts.js';
import * as Dedup from './Dedup.js';
import { isErased } from './Erasures.js';
import { TURN_READINGS } from './limits.js';
import * as Plan from './Plan.js';
import { noKeys, notAuthorised } from './Refusal.js';
import type { SealUnit } from './SealUnits.js';
import type { AccountState } from './State.js';

/** Readings of one request, valid (see `Validate`). */
export type Post = {
  readings: Reading[];
  /** Names the import, so that it can be withdrawn; null for a device's own posts. */
  importId: string | null;
};

/** What became of a post's readings, in their order. All of them are durable. */
export type Taken = { id: Dedup.Id; known: boolean; late: boolean }[];

/**
 * Takes posts: dedups, seals, journals, and only then answers. Posts that come while the disk is busy share the next
 * commit, so that single readings cost no sync each. Throws a refusal; then none of the post's readings was acknowledged.
 */
export type Ingest = { take(account: Account, state: AccountState, post: Post): Promise<Taken> };

export type Options = {
  localKey: Uint8Array;
  sealUnits: SealUnit;
  isAuthorised: (account: Uint8Array) => boolean;
};

type Waiting = { post: Post; state: AccountState };
type Outcome = { taken: Taken } | { refused: unknown };

export function ingest({ localKey, sealUnits, isAuthorised }: Options): Ingest {
  const queues = new Map<string, GroupCommit<Waiting, Outcome>>();

  function queueOf(account: Account): GroupCommit<Waiting, Outcome> {
    let queue = queues.get(account.hex);
    if (!queue) {
      queue = groupCommit({
        commit: (waiting: Waiting[]) => account.lane(() => turn(account, waiting)),
        weigh: ({ post }) => post.readings.length,
        maxWeight: TURN_READINGS,
      });
      queues.set(account.hex, queue);
    }
    return queue;
  }

  async function turn(account: Account, waiting: Waiting[]): Promise<Outcome[]> {
    const { state } = waiting[0]!;
    const plan = Plan.empty();
    const drafts = waiting.map(({ post }) => place(account, state, plan, post));
    const failed = new Map<Plan.Unit, unknown>();
    for (const units of Plan.records(plan)) {
      try {
        for (const unit of await sealUnits(account, state, units)) unit.late = true;
      } catch (error) {
        for (const unit of units) failed.set(unit, error);
      }
    }
    return drafts.map((draft): Outcome => {
      if ('refused' in draft) return draft;
      const broken = draft.rows.find((row) => row.unit && failed.has(row.unit));
      if (broken) return { refused: failed.get(broken.unit!) };
      return {
        taken: draft.rows.map(({ id, known, unit }) => ({ id, known, late: !known && unit?.late === true })),
      };
    });
  }

  type Row = { id: Dedup.Id; known: boolean; unit: Plan.Unit | undefined };

  /** Finds each reading's id and place, and puts new ones on the plan. */
  function place(
    account: Account,
    state: AccountState,
    plan: Plan.Plan,
    post: Post,
  ): { rows: Row[] } | { refused: unknown } {
    if (post.readings.some((r) => !account.offsets.has(Stream.ofKind(r.kind))))
      return { refused: noKeys(503) };
    const rows = post.readings.map((reading): Row => {
      const id = Dedup.idOf(localKey, account.id, reading);
      const stream = Stream.ofKind(reading.kind);
      const day = Days.of(reading.at, account.offsets.get(stream)!);
      // Answered like a duplicate, or the app would send it for ever; nothing of it is kept, not even its id.
      if (isErased(state, stream, day)) return { id, known: true, unit: undefined };
      if (state.known.has(id)) return { id, known: true, unit: undefined };
      // Known from this very turn: durable only when that other one is.
      const other = plan.ids.get(id);
      if (other) return { id, known: true, unit: other };
      return { id, known: false, unit: Plan.add(plan, { stream, day }, reading, id, post.importId) };
    });
    return { rows };
  }

  return {
    async take(account, state, post) {
      if (!isAuthorised(account.id)) throw notAuthorised(503);
      const outcome = await queueOf(account).add({ post, state });
      if ('refused' in outcome) throw outcome.refused;
      return outcome.taken;
    },
  };
}
