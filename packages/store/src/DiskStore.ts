// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { codeOf, type Files } from './Files.js';
import { FolderLock } from './FolderLock.js';
import { type GroupCommit, groupCommit } from './GroupCommit.js';
import type { Place } from './KeyIndex.js';
import { commitBytes, objectBytes, packBytes, storeWaitingBytes } from './limits.js';
import { nodeFiles } from './NodeFiles.js';
import * as PackErase from './PackErase.js';
import * as PackRecovery from './PackRecovery.js';
import * as PackSet from './PackSet.js';
import type { Processes } from './Processes.js';
import {
  type Key,
  keyOf,
  mustBeKey,
  type Store,
  StoreBusyError,
  StoreClosedError,
  StoreCorruptError,
  StoreObjectTooLargeError,
  StoreReadFailedError,
  StoreWriteFailedError,
} from './Store.js';

export type DiskStoreOptions = {
  /** A new pack is begun when a commit would pass this size. */
  maxPackBytes?: number;
  files?: Files;
  processes?: Processes;
};

type Work =
  | { kind: 'put'; objects: PackSet.KeyedBytes[]; weight: number }
  | { kind: 'drop'; key: Uint8Array }
  | { kind: 'alone'; run(): Promise<void> };

/**
 * A store in one folder. Objects are appended to a few large files, so that thousands a second cost a handful of
 * `fdatasync`s; dropping overwrites an object's bytes with zeros where they lie, and files that are mostly dropped
 * are rewritten. Overwriting in place means what it says on ext4 and XFS; copy-on-write file systems and the spare blocks
 * of flash may keep an older copy of the (sealed) bytes.
 */
export class DiskStore implements Store {
  /**
   * What the start found: bytes of a torn write, now cut off, none of them acknowledged; headers put right; and damage.
   */
  readonly recovered: Omit<PackRecovery.Recovered, 'set'>;
  readonly #folder: string;
  readonly #lock: FolderLock;
  readonly #set: PackSet.PackSet;
  readonly #queue: GroupCommit<Work, undefined>;
  readonly #tidying = new Set<number>();
  #closing: Promise<void> | undefined;

  private constructor(folder: string, lock: FolderLock, recovered: PackRecovery.Recovered) {
    this.#folder = folder;
    this.#lock = lock;
    const { set, ...rest } = recovered;
    this.#set = set;
    this.recovered = rest;
    this.#queue = groupCommit<Work, undefined>({
      commit: (batch) => this.#commit(batch),
      weigh: (work) => (work.kind === 'put' ? work.weight : 1),
      maxWeight: commitBytes,
      mayJoin: (first, work) => first.kind === work.kind && work.kind !== 'alone',
      rest: () => PackSet.mark(this.#set),
    });
  }

  /** Opens or begins the store of a folder. Throws `FOLDER_LOCKED`, `STORE_READ_FAILED`. */
  static async open(folder: string, options: DiskStoreOptions = {}): Promise<DiskStore> {
    const { files = nodeFiles, processes } = options;
    let lock: FolderLock | undefined;
    try {
      await files.makeFolder(folder);
      lock = await FolderLock.acquire(folder, { files, ...(processes && { processes }) });
      const recovered = await PackRecovery.recover(folder, files, options.maxPackBytes ?? packBytes);
      return new DiskStore(folder, lock, recovered);
    } catch (error) {
      await lock?.release().catch(() => {});
      if (error instanceof IsletError) throw error;
      throw new StoreReadFailedError(folder, codeOf(error), error);
    }
  }

  /** How many objects there are. */
  get size(): number {
    return this.#set.index.size;
  }

  async put(bytes: Uint8Array): Promise<Key> {
    const [key] = await this.putAll([bytes]);
    return key!;
  }

  async putAll(objects: readonly Uint8Array[]): Promise<Key[]> {
    this.#mustBeOpen();
    let total = this.#queue.waiting;
    for (const { length } of objects) {
      if (length > objectBytes) throw new StoreObjectTooLargeError(length, objectBytes);
      total += length;
    }
    if (total > storeWaitingBytes) throw new StoreBusyError(this.#folder);
    const keyed = objects.map((bytes) => {
      // A copy: the caller may do with its own what it likes. Not `slice`, which in a `Buffer` copies nothing.
      const copy = new Uint8Array(bytes);
      return { name: keyOf(copy), bytes: copy };
    });
    const done: Promise<undefined>[] = [];
    for (let at = 0; at < keyed.length; ) {
      const work: Work = { kind: 'put', objects: [], weight: 0 };
      while (
        at < keyed.length &&
        (work.weight === 0 || work.weight + keyed[at]!.bytes.length <= commitBytes)
      ) {
        const { name, bytes } = keyed[at++]!;
        work.objects.push({ key: bytesOf(name), bytes });
        work.weight += Math.max(1, bytes.length);
      }
      done.push(this.#queue.add(work));
    }
    const failed = (await Promise.allSettled(done)).find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    return keyed.map((one) => one.name);
  }

  async get(key: Key): Promise<Uint8Array | undefined> {
    this.#mustBeOpen();
    mustBeKey(key);
    for (;;) {
      const at = this.#set.index.get(bytesOf(key));
      if (!at) return undefined;
      try {
        const bytes = await PackSet.read(this.#set, at);
        if (keyOf(bytes) === key) return bytes;
        if (this.#isStillAt(key, at)) throw new StoreCorruptError(key);
      } catch (error) {
        if (error instanceof IsletError) throw error;
        if (this.#isStillAt(key, at)) throw new StoreReadFailedError(this.#folder, codeOf(error), error);
      }
      // Moved or dropped while we read: look again.
    }
  }

  async has(key: Key): Promise<boolean> {
    this.#mustBeOpen();
    mustBeKey(key);
    return this.#set.index.get(bytesOf(key)) !== undefined;
  }

  async *keys(): AsyncGenerator<Key, void, undefined> {
    this.#mustBeOpen();
    const all = this.#set.index.snapshot();
    for (let at = 0; at < all.length; at += 32) {
      const key = all.subarray(at, at + 32);
      if (this.#set.index.get(key)) yield PackSet.nameOf(key);
    }
  }

  async drop(key: Key): Promise<void> {
    this.#mustBeOpen();
    mustBeKey(key);
    await this.#queue.add({ kind: 'drop', key: bytesOf(key) });
    for (const number of PackErase.wasteful(this.#set)) this.#tidy(number);
  }

  /** Reads every byte of every pack, and tells what is damaged; nothing is changed. Writes wait meanwhile, a pack at a time. */
  async *verify(): AsyncGenerator<PackRecovery.Damage, void, undefined> {
    this.#mustBeOpen();
    for (const number of [...this.#set.packs.keys()]) {
      let damaged: PackRecovery.Damage[] = [];
      const run = async (): Promise<void> => {
        const pack = this.#set.packs.get(number);
        try {
          if (pack) damaged = await PackRecovery.inspect(this.#set, pack);
        } catch (error) {
          throw new StoreReadFailedError(this.#folder, codeOf(error), error);
        }
      };
      await this.#queue.add({ kind: 'alone', run });
      yield* damaged;
    }
  }

  /** Waits for what is under way, refuses what comes later, and gives the folder back. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#queue.idle();
      for (const pack of this.#set.packs.values()) {
        await PackSet.saveIndex(this.#set, pack);
        await pack.tail.file.close();
      }
      await this.#lock.release();
    })();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #commit(batch: Work[]): Promise<undefined[]> {
    try {
      const objects = batch.flatMap((work) => (work.kind === 'put' ? work.objects : []));
      if (objects.length > 0) {
        const mended = await PackSet.put(this.#set, objects);
        // Should a rotten copy not be erasable now, a later drop or the next start insists.
        await PackErase.eraseLeftovers(this.#set, mended).catch(() => {});
      }
      const keys = batch.flatMap((work) => (work.kind === 'drop' ? [work.key] : []));
      if (keys.length > 0) await PackErase.erase(this.#set, keys);
      for (const work of batch) if (work.kind === 'alone') await work.run();
      return batch.map(() => undefined);
    } catch (cause) {
      if (cause instanceof StoreReadFailedError) throw cause;
      throw new StoreWriteFailedError(this.#folder, codeOf(cause), cause);
    }
  }

  #tidy(number: number): void {
    if (this.#tidying.has(number) || this.#closing) return;
    this.#tidying.add(number);
    const run = (): Promise<void> => PackErase.compact(this.#set, number);
    // Nobody waits for it: should it fail, the next drop tries again.
    void this.#queue
      .add({ kind: 'alone', run })
      .catch(() => {})
      .finally(() => this.#tidying.delete(number));
  }

  #isStillAt(key: Key, at: Place): boolean {
    if (this.#closing) throw new StoreClosedError();
    const now = this.#set.index.get(bytesOf(key));
    return now?.pack === at.pack && now.offset === at.offset;
  }

  #mustBeOpen(): void {
    if (this.#closing) throw new StoreClosedError();
  }
}

const bytesOf = (key: Key): Uint8Array => Buffer.from(key, 'hex');
