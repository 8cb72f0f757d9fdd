// Copyright the Islet authors. AGPL-3.0-or-later.
import { dirname } from 'node:path';
import type { Files } from './Files.js';

/**
 * Replaces a file whole and durably: after a crash it holds the old bytes or the new ones. One writer at a time.
 * Throws the disk's own errors.
 */
export async function replace(path: string, bytes: Uint8Array, files: Files): Promise<void> {
  const temporary = path + temporarySuffix;
  // A leftover may have been made by somebody else, with another mode.
  await files.remove(temporary);
  const file = await files.create(temporary);
  try {
    await file.write(0, bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(temporary, path);
  await files.syncFolder(dirname(path));
}

/** Files with this ending are leftovers of a crash, unless a `replace` is under way. */
export const temporarySuffix = '.tmp';
