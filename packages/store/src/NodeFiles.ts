// Copyright the Islet authors. AGPL-3.0-or-later.
import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Files, OpenFile } from './Files.js';

/** The real disk. */
export const nodeFiles: Files = {
  open: async (path) => opened(await open(path, 'r+')),
  create: async (path) => opened(await open(path, 'wx+', 0o600)),
  list: (folder) => readdir(folder),
  makeFolder: async (folder) => {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    // A new folder is an entry of the one above it, and that entry must survive too.
    for (let at = resolve(folder); ; at = dirname(at)) {
      await syncFolder(dirname(at));
      if (at === resolve(first)) return;
    }
  },
  rename,
  remove: async (path) => {
    try {
      await unlink(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  },
  syncFolder,
};

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const opened = (handle: FileHandle): OpenFile => ({
  stat: async () => {
    const { size, mode } = await handle.stat();
    return { size, mode: mode & 0o777 };
  },
  read: async (position, length) => {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  },
  write: async (position, bytes) => {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  },
  truncate: (size) => handle.truncate(size),
  datasync: () => handle.datasync(),
  sync: () => handle.sync(),
  close: () => handle.close(),
});
