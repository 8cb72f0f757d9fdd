// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Files, OpenFile } from './Files.js';

/** `refused`: nothing happened. `lied`: it happened and was reported as failed. `half`: half of a write happened. */
export type Outcome = 'refused' | 'lied' | 'half';

export type Fault = {
  /** Which call, counted from 1. */
  call: number;
  outcome: Outcome;
  code: string;
  /** Whether all later calls are refused as well, until `heal`. */
  lasting?: boolean;
};

export type FaultyFiles = {
  files: Files;
  /** How many calls there have been. */
  calls(): number;
  /** Whether the fault has struck. */
  struck(): boolean;
  heal(): void;
};

/** Wraps a disk so that the n-th call fails. Closing a file is not counted: nothing depends on it. */
export function faultyFiles(under: Files, fault?: Fault): FaultyFiles {
  let calls = 0;
  let struck = false;
  let healed = false;
  const isDue = (): boolean => {
    calls++;
    if (!fault || healed) return false;
    const due = calls === fault.call || (fault.lasting === true && calls > fault.call);
    struck ||= due;
    return due;
  };
  const failure = (): Error => Object.assign(new Error(`injected ${fault!.code}`), { code: fault!.code });
  async function through<T>(call: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
    if (!isDue()) return call();
    const outcome = calls === fault!.call ? fault!.outcome : 'refused';
    if (outcome === 'lied') await call().catch(() => {});
    if (outcome === 'half') await half?.().catch(() => {});
    throw failure();
  }
  const wrapped = (file: OpenFile): OpenFile => ({
    stat: () => through(() => file.stat()),
    read: (position, length) => through(() => file.read(position, length)),
    write: (position, bytes) =>
      through(
        () => file.write(position, bytes),
        () => file.write(position, bytes.subarray(0, bytes.length >> 1)),
      ),
    truncate: (size) => through(() => file.truncate(size)),
    datasync: () => through(() => file.datasync()),
    sync: () => through(() => file.sync()),
    close: () => file.close(),
  });
  return {
    files: {
      open: async (path) => wrapped(await through(() => under.open(path))),
      create: async (path) => wrapped(await through(() => under.create(path))),
      list: (folder) => through(() => under.list(folder)),
      makeFolder: (folder) => through(() => under.makeFolder(folder)),
      rename: (from, to) => through(() => under.rename(from, to)),
      remove: (path) => through(() => under.remove(path)),
      syncFolder: (folder) => through(() => under.syncFolder(folder)),
    },
    calls: () => calls,
    struck: () => struck,
    heal: () => {
      healed = true;
    },
  };
}

/** Processes of a simulation: each opener is a new one, and all before it are dead. */
export function successiveProcesses() {
  let current = 0;
  return () => {
    const id = `sim.${++current}.0`;
    return { self: async () => id, isAlive: async (other: string) => other === id };
  };
}
