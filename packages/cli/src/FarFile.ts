// Copyright the Islet authors. AGPL-3.0-or-later.
import { open } from 'node:fs/promises';
import type { Far } from '@islet/ingest/Far';
import { FileError } from './FileError.js';

const again =
  'If some of it was sent, that stays; take the whole again once it can be read, nothing counts twice.';

/** A file on the disk, read in pieces. */
export async function far(path: string): Promise<Far & AsyncDisposable> {
  const file = await open(path);
  const { size } = await file.stat();
  return {
    size,
    async read(at, length) {
      // A medium that is pulled out or damaged shows here, maybe long after the beginning.
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, at).catch(() => {
        throw new FileError('it cannot be read to its end', 'CLI_NO_FILE', again);
      });
      return buffer.subarray(0, bytesRead);
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
