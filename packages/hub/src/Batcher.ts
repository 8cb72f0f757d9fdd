// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Abi from '@islet/chain/Abi';
import { anchorsAbi } from '@islet/chain/abi/Anchors';
import type { Follower } from '@islet/chain/Follower';
import { ChainRevertError } from '@islet/chain/Revert';
import type { Sender } from '@islet/chain/Sender';
import * as View from '@islet/chain/View';
import * as CoreBatch from '@islet/core/Batch';
import { equal, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Merkle from '@islet/core/Merkle';
import { type Archive, IndexWrongError } from './Archive.js';
import type { Events } from './events.js';
import * as HeadStand from './HeadStand.js';
import type { BatchRow, Hot, Passed } from './Hot.js';
import { ANCHOR_RETRY_MAX_MS, ANCHOR_RETRY_MS, BATCH_LEAVES } from './limits.js';

/** The newest batch that our own view of the chain holds, with its map. */
export type Anchored = { batch: BatchRow; map: HeadStand.HeadMap };

export type Batcher = {
  readonly anchored: Anchored | null;
  /** Set where the chain holds another root for one of our numbers: nothing more is anchored. */
  readonly contradicted: boolean;
  /** Something may wait: begins the wait for the next batch. */
  wake(): void;
  close(): Promise<void>;
};

export type Options = {
  archive: Archive;
  follower: Follower<View.View>;
  sender: Sender;
  anchors: `0x${string}`;
  hub: Uint8Array;
  delayMs: number;
  now: () => number;
  events: Events;
  /** Called with the heads that no map shows any more. */
  onPassed: (passed: Passed[]) => void;
};

/**
 * Batches what waits and sees each batch onto the chain, one at a time. What a batch holds is durable before the chain
 * hears of it: after any crash the same batch is sent again, or found to be there.
 */
export function open(options: Options): Batcher {
  const { archive, follower, sender, anchors, hub, delayMs, now, events, onPassed } = options;
  const { hot } = archive;
  let anchored: Anchored | null = null;
  let contradicted = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let interrupt: () => void = () => {};

  const rootOnChain = (batch: BatchRow): string | undefined => View.rootOf(follower.state, hub, batch.number);

  function isAnchored(batch: BatchRow): boolean {
    const root = rootOnChain(batch);
    if (root === undefined) return false;
    if (root !== toHex(batch.root)) throw new ContradictedError(batch.number);
    return true;
  }

  // After a start: the last batch, or the one before while the last is on its way.
  let pending: Anchored | null = null;
  function resume(): void {
    const last = hot.lastBatch;
    if (!last) return;
    if (isAnchored(last)) anchored = shown(last);
    else {
      pending = shown(last);
      const before = [...hot.batches.values()].findLast((b) => b.number < last.number);
      if (before && isAnchored(before)) anchored = shown(before);
    }
    if (anchored) onPassed(archive.pass(anchored.batch.through));
  }

  function shown(batch: BatchRow): Anchored {
    const map = HeadStand.mapAt(sorted(hot), batch.through);
    if (!equal(map.root, batch.mapRoot)) throw new IndexWrongError();
    return { batch, map };
  }

  /** Seals what waits into the next batch; `null` where nothing does. */
  async function seal(): Promise<Anchored | null> {
    const cut = cutOf(hot);
    if (!cut) return null;
    const started = now();
    const { leafFrom, leafTo, through } = cut;
    const leaves = hot.waiting.leaves.slice(0, leafTo - leafFrom);
    const tree = Merkle.build(leaves);
    const map = HeadStand.mapAt(sorted(hot), through);
    const count = follower.state.batches.get(toHex(hub)) ?? 0;
    const number = Math.max(count, hot.lastBatch?.number ?? 0) + 1;
    const mapCount = map.shown.length;
    const root = CoreBatch.rootOf(hub, number, Merkle.root(tree), leaves.length, map.root, mapCount);
    hot.made = { leafFrom, leafTo, tree };
    const mapRoot = map.root;
    await archive.append({ kind: 'batch', number, leafFrom, leafTo, through, mapRoot, mapCount, root });
    events.batchSealed(number, leaves.length, mapCount, now() - started);
    return { batch: hot.lastBatch!, map };
  }

  async function anchor(batch: BatchRow): Promise<boolean> {
    const started = now();
    for (let retry = ANCHOR_RETRY_MS; !closed; retry = Math.min(retry * 2, ANCHOR_RETRY_MAX_MS)) {
      try {
        await follower.follow();
        if (!isAnchored(batch)) {
          await commit(batch);
          await follower.follow();
        }
        if (isAnchored(batch)) {
          events.anchored(batch.number, now() - started);
          return true;
        }
      } catch (error) {
        if (error instanceof ContradictedError) throw error;
        events.anchoringFailed(batch.number, error);
      }
      await pause(retry);
    }
    return false;
  }

  async function commit({ number, root }: BatchRow): Promise<void> {
    const data = Abi.encodeCall(anchorsAbi, 'commit', { number: BigInt(number), root });
    try {
      await sender.send({ to: anchors, data });
    } catch (error) {
      // Sent before a crash, and mined since: our view will show it, or another root.
      if (error instanceof ChainRevertError && error.errorName === 'AnchorsWrongNumber') return;
      throw error;
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      pending ??= await due();
      if (!pending || !(await anchor(pending.batch))) return;
      anchored = pending;
      pending = null;
      onPassed(archive.pass(anchored.batch.through));
    }
  }

  /** The next batch once it is due. */
  async function due(): Promise<Anchored | null> {
    const cut = cutOf(hot);
    if (!cut || closed) return null;
    if (hot.waiting.leaves.length < BATCH_LEAVES) await pause(Math.max(0, firstWaitingAt + delayMs - now()));
    if (closed) return null;
    const sealed = await seal();
    firstWaitingAt = now();
    return sealed;
  }

  const pause = (ms: number): Promise<void> =>
    new Promise<void>((done) => {
      interrupt = done;
      timer = setTimeout(done, ms);
    }).then(() => clearTimeout(timer));

  let firstWaitingAt = now();
  function wake(): void {
    if (closed || contradicted) return;
    if (hot.waiting.leaves.length >= BATCH_LEAVES && !pending) interrupt();
    if (running) return;
    if (!pending && !cutOf(hot)) return;
    firstWaitingAt = now();
    running = run()
      .catch((error) => {
        if (error instanceof ContradictedError) {
          contradicted = true;
          events.anchorContradicted(error.number);
        } else {
          events.anchoringFailed(hot.lastBatch?.number ?? 0, error);
          return pause(ANCHOR_RETRY_MS);
        }
      })
      .finally(() => {
        running = undefined;
        wake();
      });
  }

  resume();
  wake();
  return {
    get anchored() {
      return anchored;
    },
    get contradicted() {
      return contradicted;
    },
    wake,
    async close() {
      closed = true;
      interrupt();
      await running;
    },
  };
}

/**
 * What the next batch takes: whole puts, so that a head never stands before the leaves that it lists, up to the most
 * leaves. `undefined` where neither a leaf nor a head waits.
 */
export function cutOf(hot: Hot): { leafFrom: number; leafTo: number; through: number } | undefined {
  const { from, leaves, puts } = hot.waiting;
  const through = hot.lastBatch?.through ?? 0;
  if (leaves.length === 0 && hot.headAt < through) return undefined;
  if (leaves.length <= BATCH_LEAVES)
    return { leafFrom: from, leafTo: from + leaves.length, through: hot.next };
  const last = puts.findLast((put) => put.leafTo - from <= BATCH_LEAVES) ?? puts[0]!;
  return { leafFrom: from, leafTo: last.leafTo, through: last.position + 1 };
}

const orders = new WeakMap<Hot, HeadStand.Stand[]>();

/** The streams in the order of their places in the map. Sorted anew only when there is a new one. */
function sorted(hot: Hot): HeadStand.Stand[] {
  const known = orders.get(hot);
  if (known?.length === hot.stands.size) return known;
  const made = [...hot.stands.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  orders.set(hot, made);
  return made;
}

/** The chain holds a root of ours that we did not make: someone else anchors with our key. */
export class ContradictedError extends IsletError {
  override readonly name = 'ContradictedError';
  readonly number: number;
  constructor(number: number) {
    super(
      'HUB_BATCH_CONTRADICTED',
      `The chain holds another root for batch ${number} than this hub made. Another process uses the relay key, or this folder is an old copy: stop both and find out which is the hub.`,
    );
    this.number = number;
  }
}
