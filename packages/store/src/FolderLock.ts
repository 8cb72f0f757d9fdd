// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import { IsletError } from '@islet/core/IsletError';
import type { Files } from './Files.js';
import { nodeFiles } from './NodeFiles.js';
import { machineProcesses, type Processes } from './Processes.js';

export type FolderLockOptions = { files?: Files; processes?: Processes };

let taken = 0;

/**
 * At most one opener of a folder. Everybody who wants the folder first leaves a file whose name says who they are, then
 * looks for others: of two, the later one always sees the earlier. Files of dead processes are cleared away, which is safe
 * because a name is never used twice. Two who come at the same instant may both be refused.
 */
export class FolderLock {
  readonly #path: string;
  readonly #files: Files;

  private constructor(path: string, files: Files) {
    this.#path = path;
    this.#files = files;
  }

  /** The folder must exist. Throws `FOLDER_LOCKED`, naming the process that has it. */
  static async acquire(folder: string, options: FolderLockOptions = {}): Promise<FolderLock> {
    const { files = nodeFiles, processes = machineProcesses } = options;
    const name = `lock-${await processes.self()}-${++taken}`;
    const lock = new FolderLock(join(folder, name), files);
    await (await files.create(lock.#path)).close();
    try {
      for (const other of await files.list(folder)) {
        const [, id] = /^lock-([\w.]+)-\d+$/.exec(other) ?? [];
        if (id === undefined || other === name) continue;
        if (await processes.isAlive(id)) throw new FolderLockedError(folder, id);
        await files.remove(join(folder, other));
      }
      return lock;
    } catch (error) {
      await lock.release().catch(() => {});
      throw error;
    }
  }

  async release(): Promise<void> {
    await this.#files.remove(this.#path);
  }

  close(): Promise<void> {
    return this.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

export class FolderLockedError extends IsletError {
  override readonly name = 'FolderLockedError';
  constructor(folder: string, id: string) {
    super(
      'FOLDER_LOCKED',
      `${folder} is in use by process ${id.split('.')[1]}. Stop that process first; two writers would destroy each other's work.`,
    );
  }
}
