// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import * as AtomicFile from './AtomicFile.js';
import type { Files } from './Files.js';
import * as JournalFrame from './JournalFrame.js';
import { shred } from './Pack.js';

// A journal is rewritten file by file beside itself; one small file then says that the new ones count. Before it is there,
// the old files are the journal; once it is, only the new ones are, whatever a crash leaves undone.

const stagedSuffix = '.new';
const decisionName = 'rewriting';

/** The bytes of a file with these records, where in it each begins, and the chain for the next file. */
export function encode(
  head: JournalFrame.FileHead,
  records: readonly Uint8Array[],
  durable: number,
): { bytes: Buffer; offsets: number[]; chain: bigint } {
  const size = records.reduce(
    (sum, one) => sum + JournalFrame.headerBytes + one.length,
    JournalFrame.headBytes,
  );
  const bytes = Buffer.alloc(size);
  bytes.set(JournalFrame.encodeHead(head));
  let offset = JournalFrame.headBytes;
  let { chain } = head;
  const offsets = records.map((record, i) => {
    const begin = offset;
    const frame = { kind: 'record' as const, position: head.first + i, durable, chain };
    chain = JournalFrame.encode(bytes, offset, head.id, frame, record);
    offset += JournalFrame.headerBytes + record.length;
    return begin;
  });
  return { bytes, offsets, chain };
}

/** Writes a new file beside the one of that path, durably. It does not count yet. */
export async function stage(path: string, bytes: Uint8Array, files: Files): Promise<void> {
  await files.remove(path + stagedSuffix);
  const file = await files.create(path + stagedSuffix);
  try {
    await file.write(0, bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** From here on the staged files are the journal. */
export const decide = (folder: string, files: Files): Promise<void> =>
  AtomicFile.replace(join(folder, decisionName), new Uint8Array([1]), files);

/** Overwrites the old files and puts the new ones in their places. May be repeated after a crash at any point. */
export async function finish(folder: string, files: Files): Promise<void> {
  const staged = (await files.list(folder)).filter((name) => name.endsWith(stagedSuffix)).sort();
  for (const name of staged) {
    const path = join(folder, name.slice(0, -stagedSuffix.length));
    await shred(path, files);
    await files.rename(join(folder, name), path);
  }
  await files.syncFolder(folder);
  await files.remove(join(folder, decisionName));
  await files.syncFolder(folder);
}

/** Finishes what was decided, and clears away what was not. */
export async function recover(folder: string, files: Files): Promise<void> {
  const names = await files.list(folder);
  if (names.includes(decisionName)) return finish(folder, files);
  for (const name of names) if (name.endsWith(stagedSuffix)) await files.remove(join(folder, name));
}
