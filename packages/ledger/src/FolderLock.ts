// Copyright the Islet authors. AGPL-3.0-or-later.
import { open, readFile, rename, rm } from 'node:fs/promises';
import { IsletError } from '@islet/core/IsletError';
import { birthOf } from './processes.js';

const ATTEMPTS = 5;

export type Lock = { release(): Promise<void> };

/**
 * Takes a lock file, so that one process writes. A lock whose process is gone (its id and its start time are
 * compared) is stale and taken over. Throws `LEDGER_LOCKED`.
 */
export async function take(path: string): Promise<Lock> {
  const mine = JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) });
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(mine);
      await file.close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      await removeStale(path, attempt);
      continue;
    }
    // Another process may have mistaken a half-written lock for a stale one.
    if ((await readFile(path, 'utf8').catch(() => '')) === mine)
      return { release: () => rm(path, { force: true }) };
  }
  throw new LockedError();
}

async function removeStale(path: string, attempt: number): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const holder = parse(text);
  if (holder) {
    const birth = birthOf(holder.pid);
    if (birth !== undefined && birth === holder.birth) throw new LockedError(holder.pid);
  } else if (attempt < ATTEMPTS - 2) {
    // Empty or half written: its maker may be at it right now, or was cut off.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return;
  }
  // Renamed first, so that of two processes that saw the same stale lock only one removes it.
  const aside = `${path}.${process.pid}.stale`;
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
}

function parse(text: string): { pid: number; birth: string } | undefined {
  try {
    const { pid, birth } = JSON.parse(text);
    return Number.isSafeInteger(pid) && typeof birth === 'string' ? { pid, birth } : undefined;
  } catch {
    return undefined;
  }
}

/** `LEDGER_LOCKED`: another process writes this ledger. */
export class LockedError extends IsletError {
  override readonly name = 'LedgerLockedError';
  constructor(pid?: number) {
    super(
      'LEDGER_LOCKED',
      `Another process${pid === undefined ? '' : ` (id ${pid})`} uses this ledger's folder. Stop it first, or give this one another folder.`,
    );
  }
}
