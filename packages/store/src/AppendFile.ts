// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type { OpenFile } from './Files.js';

/** A file that only grows, and knows how much of it is certainly on the disk. */
export type AppendFile = {
  readonly file: OpenFile;
  /** Everything before this offset is durable. */
  end: number;
  /** Set when a failed write could not be taken back: nobody knows any more what the file holds. */
  broken: boolean;
};

export const appendFile = (file: OpenFile, end: number): AppendFile => ({ file, end, broken: false });

/**
 * Appends durably, or leaves the file as it was and throws the disk's error.
 *
 * After a failed sync the kernel may call pages clean that never reached the disk (Linux drops the error after
 * telling it once). Cutting back to the durable end forgets those pages and dirties the shared one again,
 * and only when that has been synced may the file be used further.
 */
export async function append(target: AppendFile, bytes: Uint8Array): Promise<void> {
  if (target.broken) throw new BrokenFileError();
  try {
    await target.file.write(target.end, bytes);
    await target.file.datasync();
  } catch (cause) {
    await cut(target).catch(() => {});
    throw cause;
  }
  target.end += bytes.length;
}

/** Removes whatever lies behind the durable end. A failure breaks the file. */
export async function cut(target: AppendFile): Promise<void> {
  try {
    await target.file.truncate(target.end);
    await target.file.sync();
  } catch (cause) {
    target.broken = true;
    throw cause;
  }
}

/**
 * Writes a mark behind the durable end without waiting for the disk; the next append replaces it. If it survives a crash,
 * it proves that damage before it is damage and not a write cut short. A mark is a help only: its failure is no one's error.
 */
export async function mark(target: AppendFile, bytes: Uint8Array): Promise<void> {
  if (target.broken) return;
  await target.file.write(target.end, bytes).catch(() => {});
}

export class BrokenFileError extends IsletError {
  override readonly name = 'BrokenFileError';
  constructor() {
    super(
      'FILE_BROKEN',
      'An earlier write failed and could not be taken back; close and open again once the disk is well.',
    );
  }
}
