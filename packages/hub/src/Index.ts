// Copyright the Islet authors. AGPL-3.0-or-later.
import { rm, stat } from 'node:fs/promises';
import { IsletError } from '@islet/core/IsletError';
import { connect, type Database, prepare } from './Database.js';
import type { Events } from './events.js';
import { INDEX_DELAY_MS, INDEX_INSERT_ROWS, INDEX_WAIT_MS } from './limits.js';
import * as Pglite from './Pglite.js';
import { Refusal } from './Refusal.js';
import * as Rows from './Rows.js';

/**
 * Where things are, in SQL: a faster way to what journal and store say. It lags behind the journal a little, and after its
 * loss it is made again.
 */
export type Index = {
  /** The index holds all entries before this position; 0 while it is being made. */
  readonly indexedTo: number;
  /** Rows waiting to be written. */
  readonly backlog: number;
  /** Whether writing works. */
  readonly isWell: boolean;
  add(rows: Rows.Rows): void;
  /** Resolves when all that was added is written. */
  settled(): Promise<void>;
  /** Looks something up. Throws `HUB_INDEX_NOT_READY`. */
  ask<T>(question: (db: Database) => Promise<T>): Promise<T>;
  /** Has the index made anew at the next start, because what it says was found to be wrong. */
  forget(): Promise<void>;
  close(): Promise<void>;
};

export type Options = {
  /** Of the embedded database. */
  folder: string;
  /** A PostgreSQL to use instead. */
  url: string | undefined;
  journal: { id: Uint8Array; next: number };
  events: Events;
  /** Called when entries before a position need no longer be kept in memory. */
  onIndexed: (to: number) => void;
};

/**
 * Opens the index. One that exists is waited for; one that has to be made, or is broken, is made in the background, since
 * then the journal has all there is to know.
 */
export async function open(options: Options): Promise<Index> {
  const { folder, url, journal, events, onIndexed } = options;
  let db: Database | undefined;
  let indexedTo = 0;
  let waiting: Rows.Rows[] = [];
  let backlog = 0;
  let writing: Promise<void> | undefined;
  let isWell = true;
  let doubted = false;
  let closing = false;

  async function connectTo(): Promise<void> {
    const made = connect(url === undefined ? await Pglite.open(folder) : await postgres(url, events));
    try {
      indexedTo = await prepare(made, journal.id, journal.next);
    } catch (error) {
      await made.destroy().catch(() => undefined);
      throw error;
    }
    db = made;
  }

  /** The work that goes on in the background, wrapped so as not to be waited for. */
  async function begin(): Promise<{ opening: Promise<void> }> {
    if (url !== undefined) {
      await connectTo().catch((cause) => {
        throw new IndexUnreachableError(cause);
      });
      return { opening: Promise.resolve() };
    }
    if (await exists(folder)) {
      try {
        await connectTo();
        return { opening: Promise.resolve() };
      } catch (error) {
        events.indexBroken(error);
        await rm(folder, { recursive: true, force: true });
      }
    }
    const making = Pglite.make(folder).then(connectTo);
    making.catch((error) => {
      isWell = false;
      events.indexFailed(error);
    });
    return { opening: making };
  }

  const { opening } = await begin();
  opening.then(write, () => undefined);

  function write(): void {
    if (writing || waiting.length === 0 || !db) return;
    writing = (async () => {
      await new Promise((done) => setTimeout(done, closing ? 0 : INDEX_DELAY_MS));
      const taken = waiting;
      waiting = [];
      const rows = Rows.merge(taken);
      try {
        await writeRows(db!, rows);
      } catch (error) {
        if (isWell) events.indexFailed(error);
        isWell = false;
        waiting = [...taken, ...waiting];
        return;
      }
      isWell = true;
      backlog -= Rows.count(rows);
      indexedTo = rows.to;
      onIndexed(rows.to);
    })().finally(() => {
      writing = undefined;
      // After a failure the next addition tries again.
      if (isWell) write();
    });
  }

  return {
    get indexedTo() {
      return indexedTo;
    },
    get backlog() {
      return backlog;
    },
    get isWell() {
      return isWell && !doubted;
    },
    add(rows) {
      waiting.push(rows);
      backlog += Rows.count(rows);
      write();
    },
    async settled() {
      await opening;
      write();
      while (writing) await writing;
    },
    async ask(question) {
      if (!db) await within(opening, INDEX_WAIT_MS);
      if (!db) throw new Refusal(503, 'HUB_INDEX_NOT_READY', notReady, { retryAfter: 2 });
      return question(db);
    },
    async forget() {
      doubted = true;
      await db?.updateTable('meta').set({ version: 0 }).execute();
    },
    async close() {
      closing = true;
      await opening.catch(() => undefined);
      write();
      while (writing) await writing;
      await db?.destroy().catch(() => undefined);
    },
  };
}

const notReady = 'The hub is still making its index. Try again in a moment.';

const within = (work: Promise<void>, ms: number): Promise<void> =>
  Promise.race([
    work.catch(() => undefined),
    new Promise<void>((done) => {
      setTimeout(done, ms).unref();
    }),
  ]);

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function postgres(url: string, events: Events) {
  const { Pool } = await import('pg');
  const pool = new Pool({ connectionString: url, max: 8 });
  pool.on('error', (error) => events.indexFailed(error));
  return pool;
}

async function writeRows(db: Database, rows: Rows.Rows): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const insert = async <T extends Exclude<keyof Rows.Rows, 'to' | 'passed'>>(table: T): Promise<void> => {
      const all = rows[table] as object[];
      for (let i = 0; i < all.length; i += INDEX_INSERT_ROWS) {
        const values = all.slice(i, i + INDEX_INSERT_ROWS) as never;
        // Entries may be read again after a crash.
        await trx
          .insertInto(table)
          .values(values)
          .onConflict((c) => c.doNothing())
          .execute();
      }
    };
    await insert('segments');
    await insert('epochs');
    await insert('shares');
    await insert('heads');
    await insert('batches');
    await insert('pieces');
    await insert('grants');
    await insert('public_keys');
    await insert('papers');
    await insert('equivocations');
    const { passed } = rows;
    for (let i = 0; i < passed.length; i += INDEX_INSERT_ROWS)
      await trx
        .deleteFrom('heads')
        .where((e) =>
          e(
            e.refTuple('map_key', 'position'),
            'in',
            passed.slice(i, i + INDEX_INSERT_ROWS).map((p) => e.tuple(p.map_key, p.position)),
          ),
        )
        .execute();
    await trx.updateTable('meta').set({ indexed_to: rows.to }).where('one', '=', 1).execute();
  });
}

export class IndexUnreachableError extends IsletError {
  override readonly name = 'IndexUnreachableError';
  constructor(cause: unknown) {
    super(
      'HUB_INDEX_UNREACHABLE',
      'The database that ISLET_SQL_URL names cannot be used. Check that it runs and that the hub may make tables in it, then start again.',
      { cause },
    );
  }
}
