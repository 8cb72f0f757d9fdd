// Copyright the Islet authors. AGPL-3.0-or-later.
import { dirname } from 'node:path';
import type { Files, OpenFile } from './Files.js';

type Change = { at: number; bytes: Uint8Array } | { size: number };
type Inode = { synced: Uint8Array; pending: Change[] };
type Naming = { folder: string; apply(names: Map<string, Inode>): void };

/**
 * What survives of the changes nobody synced: `none` of them; `all`; or by a choice in [0, 1) for each: changes of names
 * as a prefix, as a file system's own journal keeps them; writes in any subset, each whole or torn at a byte.
 */
export type Survival = 'none' | 'all' | { choose(): number } | { tearLastWriteAt: number };

/** A disk in memory that keeps, at a crash, only what was synced, and remembers every byte it ever gave up. */
export class CrashDisk {
  #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();
  #naming: Naming[] = [];
  #life = 0;
  readonly #everyone = new Set<Inode>();

  readonly files: Files = {
    open: async (path) => {
      const inode = this.#names.get(path);
      if (!inode) throw failure('ENOENT');
      return this.#handle(inode);
    },
    create: async (path) => {
      if (this.#names.has(path)) throw failure('EEXIST');
      const inode: Inode = { synced: new Uint8Array(0), pending: [] };
      this.#everyone.add(inode);
      this.#rename(path, (names) => names.set(path, inode));
      return this.#handle(inode);
    },
    list: async (folder) =>
      [...this.#names.keys()]
        .filter((path) => dirname(path) === folder)
        .map((path) => path.slice(folder.length + 1)),
    makeFolder: async () => {},
    rename: async (from, to) => {
      const inode = this.#names.get(from);
      if (!inode) throw failure('ENOENT');
      this.#rename(to, (names) => {
        names.delete(from);
        names.set(to, inode);
      });
    },
    remove: async (path) => {
      this.#rename(path, (names) => names.delete(path));
    },
    syncFolder: async (folder) => {
      for (const one of this.#naming) if (one.folder === folder) one.apply(this.#syncedNames);
      this.#naming = this.#naming.filter((one) => one.folder !== folder);
    },
  };

  /** Pulls the plug. Open handles die. */
  crash(survival: Survival): void {
    this.#life++;
    const kept =
      survival === 'none' ? 0 : typeof survival === 'object' && 'choose' in survival ? survival.choose() : 1;
    const count = Math.round(kept * this.#naming.length);
    for (const one of this.#naming.slice(0, count)) one.apply(this.#syncedNames);
    this.#naming = [];
    this.#names = new Map(this.#syncedNames);
    for (const inode of this.#everyone) {
      const survivors = inode.pending.flatMap((change, i) =>
        surviving(change, survival, i === inode.pending.length - 1),
      );
      inode.synced = survivors.reduce(applied, inode.synced);
      inode.pending = [];
    }
  }

  /** Kills the process: open handles die, what was written but not synced is still there and still may be lost. */
  kill(): void {
    this.#life++;
  }

  /** Bytes written to any file and synced or not, including files since removed, as the disk's surface would show them. */
  surface(): Buffer {
    return Buffer.concat([...this.#everyone].map((inode) => content(inode)));
  }

  shows(bytes: Uint8Array): boolean {
    return this.surface().indexOf(bytes) !== -1;
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  bytesOf(path: string): Uint8Array {
    return content(this.#names.get(path)!);
  }

  /** Changes bytes behind everybody's back. */
  overwrite(path: string, bytes: Uint8Array): void {
    this.#names.set(path, { synced: new Uint8Array(bytes), pending: [] });
    this.#syncedNames.set(path, this.#names.get(path)!);
    this.#everyone.add(this.#names.get(path)!);
  }

  /** The same disk, to try something on. What was synced and what was not stay so; nothing is open. */
  copy(): CrashDisk {
    const disk = new CrashDisk();
    const twins = new Map(
      [...this.#everyone].map((one) => [one, { synced: one.synced, pending: [...one.pending] }]),
    );
    const twin = ([path, inode]: [string, Inode]): [string, Inode] => [path, twins.get(inode)!];
    disk.#names = new Map([...this.#names].map(twin));
    disk.#syncedNames = new Map([...this.#syncedNames].map(twin));
    for (const one of twins.values()) disk.#everyone.add(one);
    disk.#naming = this.#naming.map(({ folder, apply }) => ({
      folder,
      apply: (names) => {
        const original = new Map([...this.#everyone].map((one) => [twins.get(one)!, one]));
        const view = new Map([...names].map(([path, one]) => [path, original.get(one)!]));
        apply(view);
        names.clear();
        for (const [path, one] of view) names.set(path, twins.get(one)!);
      },
    }));
    return disk;
  }

  #rename(path: string, apply: (names: Map<string, Inode>) => void): void {
    apply(this.#names);
    this.#naming.push({ folder: dirname(path), apply });
  }

  #handle(inode: Inode): OpenFile {
    const life = this.#life;
    const alive = (): void => {
      if (life !== this.#life) throw failure('EBADF');
    };
    const sync = async (): Promise<void> => {
      alive();
      inode.synced = content(inode);
      inode.pending = [];
    };
    return {
      stat: async () => {
        alive();
        return { size: content(inode).length, mode: 0o600 };
      },
      read: async (position, length) => {
        alive();
        return content(inode).slice(position, position + length);
      },
      write: async (at, bytes) => {
        alive();
        inode.pending.push({ at, bytes: new Uint8Array(bytes) });
      },
      truncate: async (size) => {
        alive();
        inode.pending.push({ size });
      },
      datasync: sync,
      sync,
      close: async () => {},
    };
  }
}

const content = (inode: Inode): Uint8Array => inode.pending.reduce(applied, inode.synced);

function applied(before: Uint8Array, change: Change): Uint8Array {
  const size = 'size' in change ? change.size : Math.max(before.length, change.at + change.bytes.length);
  const after = new Uint8Array(size);
  after.set(before.subarray(0, size));
  if ('bytes' in change) after.set(change.bytes, change.at);
  return after;
}

function surviving(change: Change, survival: Survival, last: boolean): Change[] {
  if (survival === 'none') return [];
  if (survival === 'all' || 'size' in change) return [change];
  const tear = (length: number): Change[] => [{ at: change.at, bytes: change.bytes.subarray(0, length) }];
  if ('tearLastWriteAt' in survival) return last ? tear(survival.tearLastWriteAt) : [change];
  const fate = survival.choose();
  if (fate < 0.3) return [];
  if (fate < 0.6) return [change];
  // Parts of a write reach the disk in any order; a short one meets one sector's edge at most.
  const { length } = change.bytes;
  const from = Math.floor(survival.choose() * length);
  const to = length <= sectorBytes ? length : from + Math.floor(survival.choose() * (length - from));
  if (fate < 0.8) return tear(from);
  return [{ at: change.at + from, bytes: change.bytes.subarray(from, to) }];
}

/** Far smaller than real ones, so that small tests tear much. */
const sectorBytes = 100;

/** A fate for every change, the same for the same seed (mulberry32). */
export function fateOf(seed: number): Survival {
  let state = seed;
  const choose = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { choose };
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });
