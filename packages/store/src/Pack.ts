// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import * as AppendFile from './AppendFile.js';
import * as AtomicFile from './AtomicFile.js';
import { codeOf, type Files } from './Files.js';
import * as PackFrame from './PackFrame.js';
import * as PackIndex from './PackIndex.js';

/** One file of objects, open. */
export type Pack = {
  readonly number: number;
  readonly path: string;
  readonly tail: AppendFile.AppendFile;
  /** Bytes of frames that hold a live object. */
  live: number;
  /** How far an index file may vouch for; 0 where there certainly is none. */
  indexed: number;
};

export const pathOf = (folder: string, number: number): string =>
  join(folder, `${String(number).padStart(8, '0')}.pack`);
export const indexPathOf = (folder: string, number: number): string =>
  join(folder, `${String(number).padStart(8, '0')}.index`);

/** The number in the name of a pack, or `undefined` for other files. */
export const numberOf = (name: string): number | undefined => {
  const digits = /^(\d{8})\.pack$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** A pack being erased whole. */
export const dyingSuffix = '.dying';

/** Makes an empty pack, durably; one of the same number can only be an empty one of an attempt that failed. */
export async function create(folder: string, number: number, files: Files): Promise<Pack> {
  const path = pathOf(folder, number);
  await AtomicFile.replace(path, PackFrame.encodeHead(number), files);
  const tail = AppendFile.appendFile(await files.open(path), PackFrame.headBytes);
  return { number, path, tail, live: 0, indexed: 0 };
}

/** The pack's index file, if it has one that can be believed. */
export async function readIndex(
  folder: string,
  number: number,
  files: Files,
): Promise<PackIndex.PackIndex | undefined> {
  const file = await files.open(indexPathOf(folder, number));
  try {
    const index = PackIndex.decode(await file.read(0, (await file.stat()).size));
    return index?.pack === number ? index : undefined;
  } finally {
    await file.close();
  }
}

/**
 * Overwrites a file with zeros and removes it: removing alone would leave its bytes on the disk. Nothing happens where there
 * is no such file.
 */
export async function shred(path: string, files: Files): Promise<void> {
  const file = await files.open(path).catch((error) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return;
  try {
    const { size } = await file.stat();
    const zeros = Buffer.alloc(Math.min(size, 1024 * 1024));
    for (let at = 0; at < size; at += zeros.length)
      await file.write(at, zeros.subarray(0, Math.min(zeros.length, size - at)));
    await file.datasync();
  } finally {
    await file.close();
  }
  await files.remove(path);
}
