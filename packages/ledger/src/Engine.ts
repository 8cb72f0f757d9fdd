// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import * as Anvil from './Anvil.js';
import type { BlockJournal } from './BlockJournal.js';
import { type Executor, ExecutorDownError } from './Executor.js';
import * as limits from './limits.js';
import * as Rebuild from './Rebuild.js';
import * as Snapshots from './Snapshots.js';

export type Options = {
  folder: string;
  journal: BlockJournal;
  /** UTC, ms */
  now: () => number;
  note: (note: Rebuild.Note) => void;
  /** Blocks between snapshots. */
  snapshotBlocks: number;
  /** Blocks that one executor runs. */
  executorBlocks: number;
  /** Hears that no executor can be had any more. */
  fail: (error: Error) => void;
};

/** An engine whose executor stands at the journal's end. Throws what `Rebuild.rebuild` throws. */
export async function start(options: Options): Promise<Engine> {
  const engine = new Engine(options);
  await engine.executor();
  return engine;
}

/** Keeps one executor at the journal's end: replaces it when it is lost or full, and takes the snapshots. */
export class Engine implements AsyncDisposable {
  readonly #options: Options;
  readonly #snapshots: string;
  /** The executor in use; undefined while it is replaced. */
  #current: Executor | undefined;
  #next: Promise<Executor>;
  /** The block that the executor's own history begins at. */
  #since = 0;
  #snapshotBlock = 0;
  #snapshotAt: number;
  #txsSinceSnapshot = 0;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
    this.#snapshots = join(options.folder, 'snapshots');
    this.#snapshotAt = options.now();
    this.#next = this.#fresh();
    this.#next.catch(() => undefined);
  }

  /** The executor, at the journal's end unless a block is being made. */
  executor(): Promise<Executor> {
    return this.#next;
  }

  /** Asks about the newest state. If the executor is lost meanwhile, its successor is asked once more. */
  async ask(method: string, params: unknown[]): Promise<unknown> {
    const executor = await this.#next;
    try {
      return await executor.ask(method, params);
    } catch (error) {
      if (!(error instanceof ExecutorDownError)) throw error;
      return (await this.replace(executor)).ask(method, params);
    }
  }

  /** Another executor instead of this one, unless that has been done. */
  replace(lost: Executor): Promise<Executor> {
    if (this.#current === lost && !this.#closed) {
      this.#current = undefined;
      this.#next = lost.close().then(() => this.#fresh());
      this.#next.catch((error) => this.#options.fail(error));
    }
    return this.#next;
  }

  /**
   * To be called between blocks, with the number of transactions in the last: takes a snapshot when the tail is
   * long, and a fresh executor when this one is full of old headers.
   */
  async maintain(txs: number): Promise<void> {
    this.#txsSinceSnapshot += txs;
    const { journal, now, snapshotBlocks, executorBlocks } = this.#options;
    const tail = journal.number - this.#snapshotBlock;
    const due = tail >= snapshotBlocks || this.#txsSinceSnapshot >= limits.SNAPSHOT_TXS;
    const rested = Math.abs(now() - this.#snapshotAt) >= limits.SNAPSHOT_INTERVAL_MS;
    if (!(due && rested) && tail < snapshotBlocks * limits.SNAPSHOT_PATIENCE) return;
    const executor = await this.#next;
    await this.#snapshot(executor);
    if (journal.number - this.#since < executorBlocks) return;
    await this.#writing;
    if (this.#snapshotBlock === journal.number) await this.replace(executor);
  }

  /** To be called when no more blocks will be made. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const executor = await this.#next.catch(() => undefined);
    this.#closed = true;
    await this.#writing;
    const { journal, snapshotBlocks } = this.#options;
    const worthwhile = (journal.number - this.#snapshotBlock) * 4 >= snapshotBlocks;
    if (executor && worthwhile) await this.#snapshot(executor);
    await this.#writing;
    await executor?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #fresh(): Promise<Executor> {
    const { folder, journal, note } = this.#options;
    const start = () => Anvil.start(join(folder, 'executor'), journal.genesis);
    const { executor, since } = await Rebuild.rebuild({ journal, snapshots: this.#snapshots, start, note });
    this.#current = executor;
    this.#since = since;
    this.#snapshotBlock = since;
    // Replaced as soon as it is gone, so that questions find one even when no block is made.
    void executor.gone.then(() => {
      if (this.#closed || this.#current !== executor) return;
      note({ event: 'executor-lost' });
      this.replace(executor).catch(() => undefined);
    });
    return executor;
  }

  /** Dumps the state, while no block is being made, and writes it out behind the next ones. */
  async #snapshot(executor: Executor): Promise<void> {
    await this.#writing;
    const { journal, note, now } = this.#options;
    const { number } = journal;
    const { hash } = journal.head!;
    this.#snapshotAt = now();
    const failed = (): void => note({ event: 'snapshot-failed' });
    try {
      const state = await executor.dump();
      this.#writing = Snapshots.write(this.#snapshots, { number, hash, state }).then(() => {
        this.#snapshotBlock = number;
        this.#txsSinceSnapshot = 0;
      }, failed);
    } catch {
      failed();
    }
  }
}
