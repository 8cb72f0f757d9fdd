// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import { equal } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { DiskStore } from '@islet/store/DiskStore';
import { Journal } from '@islet/store/Journal';
import type { Store } from '@islet/store/Store';
import type { Database } from './Database.js';
import * as Entry from './Entry.js';
import type { Events } from './events.js';
import * as Hot from './Hot.js';
import * as Index from './Index.js';
import { type Lookup, lookup } from './Lookup.js';
import { INDEX_BACKLOG_ROWS } from './limits.js';
import * as Rows from './Rows.js';

/** All that the hub keeps: bytes in the store, what happened in the journal, and the two ways to find it. */
export type Archive = {
  readonly store: Store;
  readonly hot: Hot.Hot;
  readonly find: Lookup;
  readonly index: Index.Index;
  /** Durable and taken in once resolved. Throws what `Journal.append` throws. */
  append(entry: Entry.Entry): Promise<void>;
  /** Forgets heads that no map from `through` on shows. */
  pass(through: number): Hot.Passed[];
  close(): Promise<void>;
};

export type Options = {
  folder: string;
  sqlUrl: string | undefined;
  hub: Uint8Array;
  chainId: number;
  random: (length: number) => Uint8Array;
  events: Events;
};

/** Opens or begins a hub's folder. Throws what `Journal.open` and `DiskStore.open` throw, and `HUB_FOLDER_OF_ANOTHER`. */
export async function open(options: Options): Promise<Archive> {
  const { folder, sqlUrl, events } = options;
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const journal = await Journal.open(join(folder, 'journal'));
    closers.push(() => journal.close());
    const store = await DiskStore.open(join(folder, 'store'));
    closers.push(() => store.close());
    const id = await begin(journal, options);
    const hot = Hot.empty();
    const index = await Index.open({
      folder: join(folder, 'index'),
      url: sqlUrl,
      journal: { id, next: journal.next },
      events,
      onIndexed: (to) => Hot.evict(hot, to),
    });
    closers.push(() => index.close());
    if (index.indexedTo > 0) await index.ask((db) => load(hot, db, index.indexedTo));
    hot.isWhole = hot.next === 0;
    await replay(journal, hot, index);
    hot.isWhole = false;
    return assemble(journal, store, hot, index, closers);
  } catch (error) {
    for (const close of closers.reverse()) await close().catch(() => undefined);
    throw error;
  }
}

async function begin(journal: Journal, { hub, chainId, random }: Options): Promise<Uint8Array> {
  if (journal.next === 0) {
    const id = random(16);
    await journal.append(Entry.encodeEntry({ kind: 'begin', id, hub, chainId }));
    return id;
  }
  for await (const { record } of journal.read(0)) {
    const entry = Entry.parseEntry(record);
    if (entry.kind !== 'begin' || !equal(entry.hub, hub) || entry.chainId !== chainId)
      throw new FolderOfAnotherError();
    return entry.id;
  }
  throw new FolderOfAnotherError();
}

/** What the journal said before the position that the index has come to. */
async function load(hot: Hot.Hot, db: Database, indexedTo: number): Promise<void> {
  hot.next = indexedTo;
  // The last may still be on its way to the chain; then the one before is the newest anchored.
  const last = await db.selectFrom('batches').selectAll().orderBy('number', 'desc').limit(2).execute();
  for (const row of last.reverse()) Hot.noteBatch(hot, Hot.batchOf(row as never));
  const from = hot.lastBatch?.leafTo ?? 0;
  hot.waiting = { from, leaves: [], puts: [] };
  const leaves = await db
    .selectFrom('segments')
    .select(['position', 'leaf'])
    .where('seq', '>=', from)
    .orderBy('seq')
    .execute();
  for (const row of leaves) {
    const position = Number(row.position);
    hot.waiting.leaves.push(row.leaf);
    const leafTo = from + hot.waiting.leaves.length;
    const put = hot.waiting.puts.at(-1);
    if (put?.position === position) put.leafTo = leafTo;
    else hot.waiting.puts.push({ position, leafTo });
  }
  hot.leafCount = from + hot.waiting.leaves.length;
  for (const row of await db.selectFrom('heads').selectAll().orderBy('position').execute()) {
    const { account, gateway } = row;
    const stand = Hot.standOf(hot, { account, gateway, stream: row.stream as never });
    const position = Number(row.position);
    const { hash, key, calendar, nodes } = row;
    stand.versions.push({ position, hash, key, at: Number(row.at), calendar, nodes });
    hot.headAt = Math.max(hot.headAt, position);
  }
  const { rows } = await db
    .selectFrom('equivocations')
    .select(({ fn }) => fn.countAll().as('rows'))
    .executeTakeFirstOrThrow();
  hot.equivocations = Number(rows);
}

async function replay(journal: Journal, hot: Hot.Hot, index: Index.Index): Promise<void> {
  for await (const { position, record } of journal.read(hot.next)) {
    if (position !== hot.next) throw new FolderOfAnotherError();
    const before = hot.lastBatch;
    const entry = Entry.parseEntry(record);
    const rows = Hot.apply(hot, entry);
    // A batch is made only when the one before is anchored.
    if (entry.kind === 'batch' && before) rows.passed.push(...Hot.pass(hot, before.through).map(rowOf));
    index.add(rows);
    if (index.backlog > INDEX_BACKLOG_ROWS) await index.settled();
  }
}

const rowOf = ({ stand, version }: Hot.Passed) => ({ map_key: stand.mapKey, position: version.position });

function assemble(
  journal: Journal,
  store: Store,
  hot: Hot.Hot,
  index: Index.Index,
  closers: (() => Promise<unknown>)[],
): Archive {
  // Entries are taken in by position, whatever order their appends are heard of in.
  const early = new Map<number, () => void>();
  const takeIn = (position: number, entry: Entry.Entry): Promise<void> =>
    new Promise((done) => {
      early.set(position, () => {
        index.add(Hot.apply(hot, entry));
        done();
      });
      for (let next = early.get(hot.next); next; next = early.get(hot.next)) {
        early.delete(hot.next);
        next();
      }
    });
  let closing: Promise<void> | undefined;
  return {
    store,
    hot,
    find: lookup(hot, index),
    index,
    append: async (entry) => takeIn(await journal.append(Entry.encodeEntry(entry)), entry),
    pass(through) {
      const passed = Hot.pass(hot, through);
      if (passed.length > 0) index.add({ ...Rows.none(hot.next), passed: passed.map(rowOf) });
      return passed;
    },
    close: () => {
      closing ??= (async () => {
        for (const close of closers.reverse()) await close();
      })();
      return closing;
    },
  };
}

/** The folder was begun by a hub with another key, or on another chain. */
export class FolderOfAnotherError extends IsletError {
  override readonly name = 'FolderOfAnotherError';
  constructor() {
    super(
      'HUB_FOLDER_OF_ANOTHER',
      'This folder was begun with another relay key or on another chain, or is not a hub’s. Receipts name the hub that gave them: use the key and deployment that belong to the folder, or an empty folder.',
    );
  }
}
