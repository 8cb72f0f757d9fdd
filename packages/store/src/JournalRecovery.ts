// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import * as AppendFile from './AppendFile.js';
import { temporarySuffix } from './AtomicFile.js';
import type { Files } from './Files.js';
import * as JournalFile from './JournalFile.js';
import * as JournalRewrite from './JournalRewrite.js';

export type Recovered = {
  parts: JournalFile.JournalFile[];
  tail: AppendFile.AppendFile;
  last: JournalFile.Scan;
};

/**
 * Reads the files of a journal through, cuts off what a crash left of an unfinished write, and leaves the newest one open.
 * Throws `JOURNAL_CORRUPT` and the disk's own errors.
 */
export async function recover(
  folder: string,
  files: Files,
  random: (length: number) => Uint8Array,
): Promise<Recovered> {
  await JournalRewrite.recover(folder, files);
  const names = await files.list(folder);
  for (const name of names) if (name.endsWith(temporarySuffix)) await files.remove(join(folder, name));
  const firsts = names.map(JournalFile.firstOf).filter((first) => first !== undefined);
  firsts.sort((a, b) => a - b);
  if (firsts.length === 0) {
    await JournalFile.create(folder, { first: 0, id: random(8), chain: 0n }, files);
    firsts.push(0);
  }
  const parts: JournalFile.JournalFile[] = [];
  let before: JournalFile.Scan | undefined;
  for (const first of firsts) {
    const path = JournalFile.pathOf(folder, first);
    const open = await files.open(path);
    try {
      const found = await JournalFile.scan(path, open);
      if (before) mustFollow(before, found);
      if (found.file.first !== first)
        throw new JournalFile.JournalCorruptError(path, first, 'its name is another than its head says');
      parts.push(found.file);
      before = found;
      if (first === firsts.at(-1)) {
        const tail = AppendFile.appendFile(open, found.file.end);
        // What was written but perhaps never synced before the crash is about to be believed.
        await (found.torn > 0 ? AppendFile.cut(tail) : open.sync());
        await files.syncFolder(folder);
        return { parts, tail, last: found };
      }
    } catch (error) {
      await open.close().catch(() => {});
      throw error;
    }
    await open.close();
  }
  throw new Error('unreachable: there is always a last file');
}

function mustFollow(before: JournalFile.Scan, found: JournalFile.Scan): void {
  const { file, next, torn, chain, head } = before;
  if (torn > 0) throw new JournalFile.JournalCorruptError(file.path, next, 'a later file exists');
  if (found.head.first !== next || found.head.chain !== chain || !same(found.head.id, head.id))
    throw new JournalFile.JournalCorruptError(found.file.path, next, 'it does not continue the file before');
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
