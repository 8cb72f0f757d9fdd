// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import type { Stream } from '@islet/core/Stream';
import { sql } from 'kysely';
import type { Database } from './Database.js';
import * as Hot from './Hot.js';
import type { Index } from './Index.js';
import { INDEX_LOOKUP, PIECE_LEAVES } from './limits.js';

/** Finds what is kept: first among what is at hand, then in the index. Maps go by hash in hex. */
export type Lookup = {
  segments(hashes: Uint8Array[]): Promise<Map<string, Hot.Segment>>;
  /** The hash of the segment at a place of a writer's chain. */
  segmentAt(gateway: Uint8Array, chain: Uint8Array, number: number): Promise<string | undefined>;
  epochs(hashes: Uint8Array[]): Promise<Map<string, Hot.Epoch>>;
  /** All versions, in no order. */
  shares(epochs: Uint8Array[]): Promise<Map<string, Hot.Shares[]>>;
  /** The batches that hold these leaves, by leaf number. */
  batchesOf(seqs: number[]): Promise<Map<number, Hot.BatchRow>>;
  /** The leaves of a piece of a batch, one after the other. */
  pieces(wanted: { batch: number; piece: number }[]): Promise<Map<string, Uint8Array>>;
  grants(grantId: Uint8Array): Promise<Hot.Grant[]>;
  hasPublicKey(key: Uint8Array): Promise<boolean>;
  /** Store keys of all that the index has of an account's streams. */
  segmentKeysOf(account: Uint8Array, streams: readonly Stream[]): Promise<Uint8Array[]>;
  epochKeysOf(account: Uint8Array, streams: readonly Stream[]): Promise<Uint8Array[]>;
  /** Store keys of proofs that these writers equivocated. */
  evidenceKeysOf(gateways: Uint8Array[]): Promise<Uint8Array[]>;
  /** The store keys of the papers about an id, each once, in no order. */
  papers(about: Uint8Array): Promise<string[]>;
  /** The same of many, by what they are about, in hex. */
  papersOf(abouts: Uint8Array[]): Promise<Map<string, string[]>>;
};

export function lookup(hot: Hot.Hot, index: Index): Lookup {
  /** Nothing to ask for where the index has nothing yet: then all there is, is at hand. */
  async function rows<T>(wanted: Uint8Array[], ask: (db: Database, some: Uint8Array[]) => Promise<T[]>) {
    const found: T[] = [];
    if (index.indexedTo === 0) return found;
    for (let i = 0; i < wanted.length; i += INDEX_LOOKUP) {
      const some = wanted.slice(i, i + INDEX_LOOKUP);
      found.push(...(await index.ask((db) => ask(db, some))));
    }
    return found;
  }

  async function both<T, R>(
    hashes: Uint8Array[],
    near: (id: string) => T | undefined,
    far: (db: Database, some: Uint8Array[]) => Promise<R[]>,
    read: (row: R) => [string, T],
  ): Promise<Map<string, T>> {
    const found = new Map<string, T>();
    const missing: Uint8Array[] = [];
    for (const hash of hashes) {
      const row = near(toHex(hash));
      if (row === undefined) missing.push(hash);
      else found.set(toHex(hash), row);
    }
    for (const row of await rows(missing, far)) found.set(...read(row));
    return found;
  }

  async function keysOf(table: 'segments' | 'epochs', account: Uint8Array, streams: readonly Stream[]) {
    if (index.indexedTo === 0) return [];
    const found = await index.ask((db) =>
      db
        .selectFrom(table)
        .select('key')
        .where('account', '=', account)
        .where('stream', 'in', [...streams])
        .execute(),
    );
    return found.map((row) => row.key);
  }

  return {
    segments: (hashes) =>
      both(
        hashes,
        (id) => hot.segments.get(id),
        (db, some) =>
          db
            .selectFrom('segments')
            .select([
              'seq',
              'position',
              'hash',
              'key',
              'account',
              'stream',
              'gateway',
              'chain',
              'number',
              'epoch',
            ])
            .where('hash', 'in', some)
            .execute(),
        (row) => [
          toHex(row.hash),
          { ...row, seq: Number(row.seq), position: Number(row.position), number: Number(row.number) },
        ],
      ),

    async segmentAt(gateway, chain, number) {
      const id = Hot.chainId(gateway, chain);
      const near = hot.places.get(`${id}/${number}`);
      if (near !== undefined) return near;
      const tip = hot.tips.get(id);
      if (tip && tip.number < number) return undefined;
      if (index.indexedTo === 0) {
        if (!tip) Hot.noteTip(hot, id, 0, hot.next);
        return undefined;
      }
      const row = await index.ask((db) =>
        db
          .selectFrom('segments')
          .select(({ fn }) => fn.max('number').as('highest'))
          .select(sql<Uint8Array | null>`(array_agg(hash) filter (where number = ${number}))[1]`.as('hash'))
          .where('gateway', '=', gateway)
          .where('chain', '=', chain)
          .executeTakeFirst(),
      );
      Hot.noteTip(hot, id, Number(row?.highest ?? 0), -1);
      return row?.hash ? toHex(row.hash) : undefined;
    },

    epochs: (hashes) =>
      both(
        hashes,
        (id) => hot.epochs.get(id)?.row,
        (db, some) => db.selectFrom('epochs').selectAll().where('hash', 'in', some).execute(),
        (row) => [toHex(row.hash), row],
      ),

    async shares(epochs) {
      const found = new Map<string, Hot.Shares[]>();
      const add = (row: Hot.Shares): void => {
        const id = toHex(row.epoch);
        found.set(id, [...(found.get(id) ?? []), row]);
      };
      const far = await rows(epochs, (db, some) =>
        db.selectFrom('shares').selectAll().where('epoch', 'in', some).execute(),
      );
      for (const row of far) add({ ...row, set_version: Number(row.set_version) });
      for (const epoch of epochs) for (const row of hot.shares.get(toHex(epoch))?.rows ?? []) add(row);
      return found;
    },

    async batchesOf(seqs) {
      const found = new Map<number, Hot.BatchRow>();
      const near = [...hot.batches.values()];
      const missing: number[] = [];
      for (const seq of seqs) {
        const batch = near.findLast((b) => b.leafFrom <= seq);
        if (batch && seq < batch.leafTo) found.set(seq, batch);
        else if (!batch) missing.push(seq);
      }
      for (let i = 0; i < missing.length && index.indexedTo > 0; i += INDEX_LOOKUP) {
        const some = missing.slice(i, i + INDEX_LOOKUP);
        const list = await index.ask(async (db) => {
          // The batch of a leaf is the last that begins at or before it.
          const { rows: holders } = await sql<{ seq: number; number: number }>`
            select s.seq, (select b.number from batches b where b.leaf_from <= s.seq
              order by b.leaf_from desc, b.number desc limit 1) as number
            from (select unnest(${`{${some.join(',')}}`}::bigint[]) as seq) s`.execute(db);
          const numbers = [...new Set(holders.flatMap((h) => (h.number === null ? [] : [Number(h.number)])))];
          if (numbers.length === 0) return [];
          const batches = await db.selectFrom('batches').selectAll().where('number', 'in', numbers).execute();
          const byNumber = new Map(batches.map((b) => [Number(b.number), Hot.batchOf(asRow(b))]));
          return holders.map((h) => [Number(h.seq), byNumber.get(Number(h.number))] as const);
        });
        for (const [seq, batch] of list) if (batch && seq < batch.leafTo) found.set(seq, batch);
      }
      return found;
    },

    async pieces(wanted) {
      const found = new Map<string, Uint8Array>();
      for (let i = 0; i < wanted.length && index.indexedTo > 0; i += INDEX_LOOKUP) {
        const some = wanted.slice(i, i + INDEX_LOOKUP);
        const list = await index.ask((db) =>
          db
            .selectFrom('pieces')
            .selectAll()
            .where((e) =>
              e(
                e.refTuple('batch', 'piece'),
                'in',
                some.map((w) => e.tuple(w.batch, w.piece)),
              ),
            )
            .execute(),
        );
        for (const { batch, piece, leaves } of list) found.set(`${batch}/${piece}`, leaves);
      }
      return found;
    },

    async grants(grantId) {
      const near = hot.grants.get(toHex(grantId))?.rows ?? [];
      const far = await rows([grantId], (db, [id]) =>
        db.selectFrom('grants').selectAll().where('grant_id', '=', id!).execute(),
      );
      return [...near, ...far];
    },

    segmentKeysOf: (account, streams) => keysOf('segments', account, streams),
    epochKeysOf: (account, streams) => keysOf('epochs', account, streams),

    async evidenceKeysOf(gateways) {
      const far = await rows(gateways, (db, some) =>
        db.selectFrom('equivocations').select('key').where('gateway', 'in', some).execute(),
      );
      return far.map((row) => row.key);
    },

    async papers(about) {
      const near = hot.papers.get(toHex(about))?.keys ?? [];
      const far = await rows([about], (db, [id]) =>
        db.selectFrom('papers').select('key').where('about', '=', id!).execute(),
      );
      return [...new Set([...near, ...far.map(({ key }) => key)].map(toHex))];
    },

    async papersOf(abouts) {
      const found = new Map<string, Set<string>>();
      const add = (about: string, key: Uint8Array): void => {
        found.set(about, (found.get(about) ?? new Set()).add(toHex(key)));
      };
      const far = await rows(abouts, (db, some) =>
        db.selectFrom('papers').select(['about', 'key']).where('about', 'in', some).execute(),
      );
      for (const { about, key } of far) add(toHex(about), key);
      for (const id of abouts.map(toHex)) for (const key of hot.papers.get(id)?.keys ?? []) add(id, key);
      return new Map([...found].map(([about, keys]) => [about, [...keys]]));
    },

    async hasPublicKey(key) {
      if (hot.publicKeys.has(toHex(key))) return true;
      const far = await rows([key], (db, [one]) =>
        db.selectFrom('public_keys').select('key').where('key', '=', one!).execute(),
      );
      return far.length > 0;
    },
  };
}

type Big = number | bigint | string;
type BatchFields = 'number' | 'leaf_from' | 'leaf_to' | 'through' | 'map_count';
const asRow = (
  row: { [K in BatchFields]: Big } & {
    map_root: Uint8Array;
    root: Uint8Array;
    tops: Uint8Array;
  },
) => ({
  ...row,
  number: Number(row.number),
  leaf_from: Number(row.leaf_from),
  leaf_to: Number(row.leaf_to),
  through: Number(row.through),
  map_count: Number(row.map_count),
});

export const pieceOf = (seq: number, batch: Hot.BatchRow): number =>
  Math.floor((seq - batch.leafFrom) / PIECE_LEAVES);
