// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import * as Head from './Head.js';
import type { Header } from './Header.js';
import { BLOCKS_PER_BATCH } from './limits.js';
import type { Rpc } from './Rpc.js';
import * as VerifiedBlock from './VerifiedBlock.js';
import type { Hex } from './Wire.js';

/** The last block that was verified and persisted: we never go back behind it. */
export type Mark = { number: number; hash: Hex };

/** An event together with its block, in the chain's order. */
export type Change = { block: Header; log: VerifiedBlock.Log };

/** Where a follower keeps its mark. */
export interface HighWater {
  load(): Promise<Mark | null>;
  /**
   * Makes the mark durable (fsynced) together with the changes since the mark before, all or nothing.
   * The changes are applied to the state only after this returned; after a restart, the state given to
   * `open` must be the one of all changes saved.
   */
  save(mark: Mark, changes: readonly Change[]): Promise<void>;
}

export type Options<State> = VerifiedBlock.Trust & {
  rpc: Rpc;
  highWater: HighWater;
  /** The pinned hash of block 0, where known. Without it block 0 must be sealed like any other. */
  genesisHash?: Hex;
  /** The state as of the loaded mark. */
  initial: State;
  /** The state after one more event. May change the state in place. Must not throw on what a trusted contract can log. */
  apply: (state: State, log: VerifiedBlock.Log, block: Header) => State;
  now: () => number;
  /** Called after each batch of blocks while catching up. */
  onProgress?: (progress: { mark: Mark; head: Head.Head }) => void;
};

/** A light client of every block, that believes only the pinned validators. */
export type Follower<State> = {
  readonly state: State;
  readonly mark: Mark | null;
  /** The last head that the state has reached. */
  readonly head: Head.Head | null;
  /**
   * Verifies, persists and applies all blocks up to a head asked for after this call. Concurrent callers share runs.
   * Finality is immediate on the embedded chain and on QBFT, so a chain that moved back or forked is refused,
   * and the state stays where it was. Throws `CHAIN_MOVED_BACK`, `CHAIN_FORKED`, and what `Head.fetchAnyAge` and
   * `VerifiedBlock.fetch` throw; what was verified before is kept, and the next call goes on from there.
   */
  follow(): Promise<Head.Head>;
  /** `follow`, and requires that a validator stated the head reached within the last 30 s: the state to decide on. */
  freshHead(): Promise<Head.Head>;
};

/** A follower that goes on from the persisted mark. Asks nothing of the node yet. */
export async function open<State>(options: Options<State>): Promise<Follower<State>> {
  const { rpc, highWater, apply, now, onProgress } = options;
  const contracts = options.contracts.map((c) => c.toLowerCase() as Hex);
  const trust = { chainId: options.chainId, validators: options.validators, contracts };
  const pinned = options.genesisHash && { number: 0, hash: options.genesisHash };
  let state = options.initial;
  let mark: Mark | null = (await highWater.load()) ?? pinned ?? null;
  let head: Head.Head | null = null;
  let broken: unknown;

  async function run(): Promise<Head.Head> {
    if (broken !== undefined) throw new FollowerBrokenError(broken);
    const target = await Head.fetchAnyAge(rpc, trust);
    if (mark && target.number < mark.number) throw new MovedBackError(mark, target);
    if (mark && target.number === mark.number && target.hash !== mark.hash)
      throw new ForkedError(mark.number);
    while (mark === null || mark.number < target.number) await step(mark, target);
    if (head === null || target.at > head.at || target.number > head.number) head = target;
    return head;
  }

  async function step(from: Mark | null, target: Head.Head): Promise<void> {
    const first = from ? from.number + 1 : 0;
    const last = Math.min(first + BLOCKS_PER_BATCH - 1, target.number);
    const blocks = await VerifiedBlock.fetchRange(rpc, first, last, trust);
    if (from && blocks[0]!.header.parentHash !== from.hash) throw new ForkedError(from.number);
    const tip = blocks[blocks.length - 1]!.header;
    if (last === target.number && tip.hash !== target.hash) throw new ForkedError(last);
    const changes = blocks.flatMap(({ header, logs }) => logs.map((log) => ({ block: header, log })));
    const next = { number: last, hash: tip.hash };
    // Before anyone can rely on them. If it fails we do not know what was kept, and must not go on from a guess.
    try {
      await highWater.save(next, changes);
      for (const { log, block } of changes) state = apply(state, log, block);
    } catch (error) {
      broken = error;
      throw new FollowerBrokenError(error);
    }
    mark = next;
    onProgress?.({ mark: next, head: target });
  }

  let running: Promise<unknown> | undefined;
  let waiting: Promise<Head.Head> | undefined;

  // A caller shares the run that has not yet asked for its head, never one that has: so each sees at least
  // what was on the chain when it called.
  function follow(): Promise<Head.Head> {
    if (waiting) return waiting;
    const before = running ?? Promise.resolve();
    const mine: Promise<Head.Head> = before
      .catch(() => undefined)
      .then(() => {
        waiting = undefined;
        return run();
      });
    waiting = mine;
    running = mine;
    return mine;
  }

  return {
    get state() {
      return state;
    },
    get mark() {
      return mark;
    },
    get head() {
      return head;
    },
    follow,
    freshHead: async () => {
      const reached = await follow();
      Head.requireFresh(reached, now());
      return reached;
    },
  };
}

/** The validators now state a chain shorter than one they had sealed. */
export class MovedBackError extends IsletError {
  override readonly name = 'MovedBackError';
  constructor(mark: Mark, head: Head.Head) {
    super(
      'CHAIN_MOVED_BACK',
      `The node's head is block ${head.number}, but block ${mark.number} was already verified. The chain was restored from an old backup, or the node is behind: refuse it and ask the validators.`,
    );
  }
}

/** Two different blocks at one height, both sealed. */
export class ForkedError extends IsletError {
  override readonly name = 'ForkedError';
  constructor(number: number) {
    super(
      'CHAIN_FORKED',
      `There are two different sealed blocks ${number}: a validator broke its word, or the chain was made anew. Refuse it and ask the validators.`,
    );
  }
}

/** Persisting or applying failed, so that memory and disk may differ. */
export class FollowerBrokenError extends IsletError {
  override readonly name = 'FollowerBrokenError';
  constructor(cause: unknown) {
    super(
      'CHAIN_FOLLOWER_BROKEN',
      'Verified blocks could not be kept or applied. Mend the disk or the program, then open the follower again.',
      { cause },
    );
  }
}
