// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import { rootOf } from '@islet/core/Batch';
import { equal } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Merkle from '@islet/core/Merkle';
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
    try {
      if (index.indexedTo > 0) await index.ask((db) => load(hot, db));
      await replay(journal, hot, index, options.hub);
    } catch (error) {
      if (error instanceof IndexWrongError) await index.forget();
      throw error;
    }
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

/**
 * What came before the last batch that the index knows: its heads, which that batch's root checks. What came since is
 * read from the journal, whatever the index says of it, so that no mistake there can lose a leaf or a head.
 */
async function load(hot: Hot.Hot, db: Database): Promise<void> {
  // The last may still be on its way to the chain; then the one before is the newest anchored.
  const last = await db.selectFrom('batches').selectAll().orderBy('number', 'desc').limit(2).execute();
  for (const row of last.reverse()) Hot.noteBatch(hot, Hot.batchOf(row as never));
  if (!hot.lastBatch) return;
  const { through, leafTo } = hot.lastBatch;
  hot.next = through;
  hot.leafCount = leafTo;
  hot.waiting = { from: leafTo, leaves: [], puts: [] };
  const heads = db.selectFrom('heads').selectAll().where('position', '<', through).orderBy('position');
  for (const row of await heads.execute()) {
    const { account, gateway, hash, key, calendar, nodes } = row;
    const stand = Hot.standOf(hot, { account, gateway, stream: row.stream as never });
    const position = Number(row.position);
    stand.versions.push({ position, hash, key, at: Number(row.at), calendar, nodes });
    hot.headAt = position;
  }
  const { rows } = await db
    .selectFrom('equivocations')
    .select(({ fn }) => fn.countAll().as('rows'))
    .where('position', '<', through)
    .executeTakeFirstOrThrow();
  hot.equivocations = Number(rows);
}

async function replay(journal: Journal, hot: Hot.Hot, index: Index.Index, hub: Uint8Array): Promise<void> {
  const loaded = hot.lastBatch?.number ?? 0;
  hot.isWhole = hot.next === 0;
  for await (const { position, record } of journal.read(hot.next)) {
    if (position !== hot.next) throw new FolderOfAnotherError();
    const entry = Entry.parseEntry(record);
    if (entry.kind === 'batch' && entry.number <= loaded) {
      hot.next++;
      continue;
    }
    const before = hot.lastBatch;
    const rows = Hot.apply(hot, entry);
    if (entry.kind === 'batch') {
      requireRoot(entry, hot, hub);
      // A batch is made only when the one before is anchored.
      if (before) rows.passed.push(...Hot.pass(hot, before.through).map(rowOf));
    }
    if (position >= index.indexedTo) index.add(rows);
    if (index.backlog > INDEX_BACKLOG_ROWS) await index.settled();
  }
  hot.isWhole = false;
}

/** The leaves read again must be the ones that the batch was made of. */
function requireRoot(batch: Entry.Batch, hot: Hot.Hot, hub: Uint8Array): void {
  const leaves = Merkle.root(hot.trees.get(batch.number)!);
  const { number, leafFrom, leafTo, mapRoot, mapCount } = batch;
  const root = rootOf(hub, number, leaves, leafTo - leafFrom, mapRoot, mapCount);
  if (!equal(root, batch.root)) throw new IndexWrongError();
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

/** The index does not say what the journal says. */
export class IndexWrongError extends IsletError {
  override readonly name = 'IndexWrongError';
  constructor() {
    super(
      'HUB_INDEX_WRONG',
      'The index does not agree with the journal. It is made anew at the next start; if this happens again, check the disk.',
    );
  }
}
