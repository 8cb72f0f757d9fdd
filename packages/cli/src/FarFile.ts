// Copyright the Islet authors. AGPL-3.0-or-later.
import { open } from 'node:fs/promises';
import type { Far } from '@islet/ingest/Far';

/** A file on the disk, read in pieces. */
export async function far(path: string): Promise<Far & AsyncDisposable> {
  const file = await open(path);
  const { size } = await file.stat();
  return {
    size,
    async read(at, length) {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
