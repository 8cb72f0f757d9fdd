// Copyright the Islet authors. AGPL-3.0-or-later.
// Tables of the index. Everything in them can be made again from the journal; nothing is only here.
import { type ColumnType, Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';

/** PGlite and pg read a bigint differently. */
type Big = ColumnType<number | bigint | string, number, number>;
/** Both read bytes as some Uint8Array. */
type Bytes = Uint8Array;

export type Tables = {
  meta: { one: number; journal: Bytes; version: number; indexed_to: Big };
  segments: {
    seq: Big;
    position: Big;
    hash: Bytes;
    leaf: Bytes;
    key: Bytes;
    account: Bytes;
    stream: string;
    gateway: Bytes;
    chain: Bytes;
    number: Big;
    epoch: Bytes;
  };
  epochs: { hash: Bytes; key: Bytes; account: Bytes; stream: string; gateway: Bytes };
  shares: { epoch: Bytes; set_version: Big; key: Bytes };
  heads: {
    map_key: Bytes;
    position: Big;
    account: Bytes;
    stream: string;
    gateway: Bytes;
    hash: Bytes;
    key: Bytes;
    at: Big;
    calendar: Bytes;
    nodes: Bytes;
  };
  batches: {
    number: Big;
    leaf_from: Big;
    leaf_to: Big;
    through: Big;
    map_root: Bytes;
    map_count: Big;
    root: Bytes;
    tops: Bytes;
  };
  pieces: { batch: Big; piece: number; leaves: Bytes };
  grants: { grant_id: Bytes; grant_hash: Bytes; signed: Bytes; keys: Bytes };
  public_keys: { key: Bytes };
  papers: { about: Bytes; key: Bytes };
  equivocations: { key: Bytes; gateway: Bytes; position: Big };
};

export type Row<T extends keyof Tables> = {
  [C in keyof Tables[T]]: Tables[T][C] extends Big ? number : Tables[T][C];
};

/** Raised with every change below: an index of another version is made again. */
export const version = 2;

const tables = [
  'meta',
  'segments',
  'epochs',
  'shares',
  'heads',
  'batches',
  'pieces',
  'grants',
  'public_keys',
  'papers',
  'equivocations',
] as const satisfies (keyof Tables)[];

const schema = [
  'create table if not exists meta (one int primary key, journal bytea not null, version int not null, indexed_to bigint not null)',
  'create table if not exists segments (seq bigint primary key, position bigint not null, hash bytea not null unique, leaf bytea not null, key bytea not null, account bytea not null, stream text not null, gateway bytea not null, chain bytea not null, number bigint not null, epoch bytea not null, unique (gateway, chain, number))',
  'create table if not exists epochs (hash bytea primary key, key bytea not null, account bytea not null, stream text not null, gateway bytea not null)',
  'create table if not exists shares (epoch bytea not null, set_version bigint not null, key bytea not null, primary key (epoch, set_version))',
  'create table if not exists heads (map_key bytea not null, position bigint not null, account bytea not null, stream text not null, gateway bytea not null, hash bytea not null, key bytea not null, at bigint not null, calendar bytea not null, nodes bytea not null, primary key (map_key, position))',
  'create table if not exists batches (number bigint primary key, leaf_from bigint not null, leaf_to bigint not null, through bigint not null, map_root bytea not null, map_count bigint not null, root bytea not null, tops bytea not null)',
  'create index if not exists batches_by_leaf on batches (leaf_from, number)',
  'create table if not exists pieces (batch bigint not null, piece int not null, leaves bytea not null, primary key (batch, piece))',
  'create table if not exists grants (grant_id bytea not null, grant_hash bytea not null, signed bytea not null, keys bytea not null, primary key (grant_id, grant_hash))',
  'create table if not exists public_keys (key bytea primary key)',
  'create table if not exists papers (about bytea not null, key bytea not null, primary key (about, key))',
  'create table if not exists equivocations (key bytea primary key, gateway bytea not null, position bigint not null)',
];

export type Database = Kysely<Tables>;

export const connect = (pool: PostgresPool | (() => Promise<PostgresPool>)): Database =>
  new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });

/** Makes those tables that are missing. */
export async function makeTables(db: Kysely<Tables>): Promise<void> {
  for (const statement of schema) await sql.raw(statement).execute(db);
}

/** Makes what is missing, and says up to where the index of this journal has come. One of another journal is dropped. */
export async function prepare(db: Database, journal: Uint8Array, next: number): Promise<number> {
  await makeTables(db);
  const meta = await db.selectFrom('meta').selectAll().executeTakeFirst();
  const fits = meta?.version === version && same(meta.journal, journal) && Number(meta.indexed_to) <= next;
  if (fits) return Number(meta.indexed_to);
  await db.transaction().execute(async (trx) => {
    // Without this row nothing was ever written.
    if (meta) {
      for (const table of [...tables].reverse()) await sql`drop table ${sql.table(table)}`.execute(trx);
      await makeTables(trx);
    }
    await trx.insertInto('meta').values({ one: 1, journal, version, indexed_to: 0 }).execute();
  });
  return 0;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
