// Copyright the Islet authors. AGPL-3.0-or-later.
import { open, rename, rm } from 'node:fs/promises';
import { IsletError } from '@islet/core/IsletError';
import { EXPORT_CHUNK } from './limits.js';

/**
 * Writes a file piece by piece, readable by its owner only, and puts it in its place once it is whole and on disk.
 * Throws `CLI_NOT_WRITTEN`, and leaves what was there before.
 */
export async function write(path: string, pieces: Iterable<string>): Promise<void> {
  const temporary = `${path}.part`;
  try {
    // A leftover may have been made by somebody else, with another mode.
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', 0o600);
    try {
      let waiting = '';
      for (const piece of pieces) {
        waiting += piece;
        if (waiting.length < EXPORT_CHUNK) continue;
        await file.writeFile(waiting);
        waiting = '';
      }
      await file.writeFile(waiting);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    if (cause instanceof IsletError || !(cause instanceof Error && 'code' in cause)) throw cause;
    throw new NotWrittenError(path, cause);
  }
}

export class NotWrittenError extends IsletError {
  override readonly name = 'NotWrittenError';
  constructor(path: string, cause: unknown) {
    super(
      'CLI_NOT_WRITTEN',
      `${path} cannot be written. Check that its folder is there, who may write in it, and that the disk has room.`,
      { cause },
    );
  }
}
