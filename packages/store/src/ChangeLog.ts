// Copyright the Islet authors. AGPL-3.0-or-later.
import { Journal } from './Journal.js';

/**
 * Where a follower of a chain keeps its high-water mark and what it learnt, in one durable record each time, so
 * that the two never differ. Changes are JSON values; `replay` hands them back, in order, when the folder is opened.
 */
export type ChangeLog<Mark, Change> = {
  load(): Promise<Mark | null>;
  save(mark: Mark, changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Opens or begins the log of a folder. Throws what `Journal.open` throws. */
export async function open<Mark, Change, Kept>(
  folder: string,
  keep: (change: Change) => Kept,
  replay: (kept: Kept) => void,
): Promise<ChangeLog<Mark, Change>> {
  const journal = await Journal.open(folder);
  let mark: Mark | null = null;
  for await (const { record } of journal.read()) {
    const [saved, changes] = JSON.parse(new TextDecoder().decode(record)) as [Mark, Kept[]];
    for (const change of changes) replay(change);
    mark = saved;
  }
  return {
    load: async () => mark,
    async save(next, changes) {
      await journal.append(new TextEncoder().encode(JSON.stringify([next, changes.map(keep)])));
      mark = next;
    },
    close: () => journal.close(),
    [Symbol.asyncDispose]: () => journal.close(),
  };
}
