// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import * as AtomicFile from './AtomicFile.js';
import { codeOf, type Files } from './Files.js';
import { privateFileBytes } from './limits.js';
import { nodeFiles } from './NodeFiles.js';

// Writes of one path in the order they were asked for, because they share a temporary name.
const writing = new Map<string, Promise<void>>();

/**
 * Replaces a small file whole, readable by its owner only: after a crash it holds the old bytes or the new, and once
 * this resolves the new. The folder must exist. Throws `PRIVATE_FILE_NOT_WRITTEN`.
 */
export async function write(path: string, bytes: Uint8Array, files: Files = nodeFiles): Promise<void> {
  const earlier = writing.get(path) ?? Promise.resolve();
  const copy = new Uint8Array(bytes);
  const mine = earlier.catch(() => {}).then(() => AtomicFile.replace(path, copy, files));
  writing.set(path, mine);
  try {
    await mine;
  } catch (cause) {
    throw new PrivateFileNotWrittenError(path, cause);
  } finally {
    if (writing.get(path) === mine) writing.delete(path);
  }
}

/**
 * The bytes, or `undefined` where there is no such file. Throws `PRIVATE_FILE_EXPOSED` where others than the owner may
 * read or write it, `PRIVATE_FILE_TOO_LARGE` above 1 MiB.
 */
export async function read(path: string, files: Files = nodeFiles): Promise<Uint8Array | undefined> {
  const file = await files.open(path).catch((error) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const { size, mode } = await file.stat();
    if ((mode & 0o077) !== 0) throw new PrivateFileExposedError(path, mode);
    if (size > privateFileBytes) throw new PrivateFileTooLargeError(path, size);
    return await file.read(0, size);
  } finally {
    await file.close();
  }
}

export class PrivateFileExposedError extends IsletError {
  override readonly name = 'PrivateFileExposedError';
  constructor(path: string, mode: number) {
    super(
      'PRIVATE_FILE_EXPOSED',
      `${path} has mode ${mode.toString(8).padStart(4, '0')}: others on this machine can reach it. ` +
        `Consider whether it has been read, then run: chmod 600 ${path}`,
    );
  }
}

export class PrivateFileTooLargeError extends IsletError {
  override readonly name = 'PrivateFileTooLargeError';
  constructor(path: string, size: number) {
    super(
      'PRIVATE_FILE_TOO_LARGE',
      `${path} has ${size} bytes, the limit is ${privateFileBytes}: it is not one of our files.`,
    );
  }
}

export class PrivateFileNotWrittenError extends IsletError {
  override readonly name = 'PrivateFileNotWrittenError';
  constructor(path: string, cause: unknown) {
    super(
      'PRIVATE_FILE_NOT_WRITTEN',
      `${path} could not be replaced (${codeOf(cause)}); it holds its old bytes or the new ones. Check the disk and try again.`,
      { cause },
    );
  }
}
