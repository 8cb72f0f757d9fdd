// Copyright the Islet authors. AGPL-3.0-or-later.
// The executor's live state at a block boundary, on disk: only ever a shortcut past a replay from genesis.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replace } from './files.js';
import { SNAPSHOTS_KEPT } from './limits.js';
import type { Hex } from './Records.js';

export type Snapshot = { number: number; hash: Hex; state: Uint8Array };

type Label = { version: 1; number: number; hash: Hex; bytes: number; sha256: string };

const pathOf = (folder: string, number: number): string => join(folder, `${number}.snapshot`);

/** Writes a snapshot, whole or not at all, and drops all but the newest. */
export async function write(folder: string, { number, hash, state }: Snapshot): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const label: Label = { version: 1, number, hash, bytes: state.length, sha256: sha256(state) };
  await replace(pathOf(folder, number), async (file) => {
    await file.writeFile(`${JSON.stringify(label)}\n`);
    await file.writeFile(state);
  });
  for (const old of (await list(folder)).slice(SNAPSHOTS_KEPT)) await drop(folder, old);
}

/** The blocks that snapshots were taken at, newest first. */
export async function list(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const numbers = names.flatMap((name) => /^(\d+)\.snapshot$/.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => b - a);
}

/** A snapshot, or undefined where its file is not what was written. */
export async function read(folder: string, number: number): Promise<Snapshot | undefined> {
  try {
    const bytes = await readFile(pathOf(folder, number));
    const end = bytes.indexOf(10);
    const label = JSON.parse(bytes.subarray(0, end).toString('utf8')) as Label;
    const state = bytes.subarray(end + 1);
    const whole = label.version === 1 && label.number === number && label.bytes === state.length;
    return whole && label.sha256 === sha256(state) ? { number, hash: label.hash, state } : undefined;
  } catch {
    return undefined;
  }
}

export const drop = (folder: string, number: number): Promise<void> =>
  rm(pathOf(folder, number), { force: true });

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
