// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import { IsletError } from '@islet/core/IsletError';
import * as AtomicFile from './AtomicFile.js';
import type { Files, OpenFile } from './Files.js';
import { fileWindow } from './FileWindow.js';
import * as JournalFrame from './JournalFrame.js';

/** One file of a journal, and how far it can be believed. */
export type JournalFile = {
  readonly path: string;
  readonly first: number;
  /** The offset behind its last durable record. */
  end: number;
  /** Where some of the records begin, so that reading from the middle need not begin at the start. */
  readonly stops: { position: number; offset: number }[];
};

const nameOf = (first: number): string => `${String(first).padStart(16, '0')}.journal`;

/** The first position that a file's name claims, or `undefined` for other files. */
export const firstOf = (name: string): number | undefined => {
  const digits = /^(\d{16})\.journal$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

export const pathOf = (folder: string, first: number): string => join(folder, nameOf(first));

/** Makes an empty file, durably; one of the same name can only be an empty one of an attempt that failed. */
export async function create(
  folder: string,
  head: JournalFrame.FileHead,
  files: Files,
): Promise<JournalFile> {
  const path = pathOf(folder, head.first);
  await AtomicFile.replace(path, JournalFrame.encodeHead(head), files);
  return { path, first: head.first, end: JournalFrame.headBytes, stops: [] };
}

const stopBytes = 64 * 1024;

export function noteStop(file: JournalFile, position: number, offset: number): void {
  if (offset - (file.stops.at(-1)?.offset ?? 0) >= stopBytes) file.stops.push({ position, offset });
}

export type Scan = {
  head: JournalFrame.FileHead;
  file: JournalFile;
  next: number;
  chain: bigint;
  /** Bytes behind the last record that are not a mark: what a crash left of a write. */
  torn: number;
};

/**
 * Walks a whole file and believes nothing that does not check. Throws `JOURNAL_CORRUPT` where damage stands before
 * something that was durable; damage that nothing durable follows is a write cut short.
 */
export async function scan(path: string, open: OpenFile): Promise<Scan> {
  const { size } = await open.stat();
  const window = fileWindow(open, () => size);
  const head = JournalFrame.parseHead(await window(0, JournalFrame.headBytes));
  if (!head) throw new JournalCorruptError(path, 0, 'its head does not check');
  const file: JournalFile = { path, first: head.first, end: JournalFrame.headBytes, stops: [] };
  let next = head.first;
  let chain = head.chain;
  let marked = 0;
  while (file.end < size) {
    const behind = file.end + JournalFrame.headerBytes;
    const frame = JournalFrame.parse(await window(file.end, JournalFrame.headerBytes), head.id);
    if (!frame || frame.position !== next || frame.chain !== chain) break;
    if (!JournalFrame.isIntact(frame, await window(behind, frame.length))) break;
    if (frame.kind === 'mark') {
      marked = JournalFrame.headerBytes;
      break;
    }
    noteStop(file, next, file.end);
    file.end = behind + frame.length;
    chain = frame.sum;
    next++;
  }
  const torn = size - file.end - marked;
  if (torn > 0) {
    const rest = await open.read(file.end + marked, torn);
    if (JournalFrame.durableIn(rest, head.id) > next)
      throw new JournalCorruptError(path, next, 'durable records follow it');
  }
  return { head, file, next, chain, torn };
}

export class JournalCorruptError extends IsletError {
  override readonly name = 'JournalCorruptError';
  constructor(path: string, position: number, why: string) {
    super(
      'JOURNAL_CORRUPT',
      `${path} is damaged at record ${position}: ${why}. Nothing was changed. ` +
        'Keep a copy, check the disk, and restore this file from a backup.',
    );
  }
}
