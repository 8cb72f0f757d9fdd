// Copyright the Islet authors. AGPL-3.0-or-later.
import { concat, toHex } from '@islet/core/crypto/bytes';
import { mapKey } from '@islet/core/Head';
import * as Merkle from '@islet/core/Merkle';
import type { Row } from './Database.js';
import type { Batch, Entry, Kept, Writer } from './Entry.js';
import * as HeadStand from './HeadStand.js';
import { BATCHES_CACHED, PIECE_LEAVES, RECENT_BATCHES, RECENT_CHAINS, RECENT_SEGMENTS } from './limits.js';
import * as Pieces from './Pieces.js';
import * as Rows from './Rows.js';

export type Segment = Omit<Row<'segments'>, 'leaf'>;
export type Epoch = Row<'epochs'>;
export type Shares = Row<'shares'>;
export type Grant = Row<'grants'>;
/** A batch, with the roots of its pieces, and where in the journal it stands. */
export type BatchRow = Batch & { tops: Uint8Array; position: number };

/**
 * What the hub has in memory: what waits for a batch, every stream's heads, and what is so new that the index may
 * not have it. Follows from the journal alone.
 */
export type Hot = {
  /** All entries before this position are in here. */
  next: number;
  leafCount: number;
  waiting: { from: number; leaves: Uint8Array[]; puts: { position: number; leafTo: number }[] };
  /** Position of the newest head. */
  headAt: number;
  stands: Map<string, HeadStand.Stand>;
  byPatient: Map<string, HeadStand.Stand[]>;
  lastBatch: BatchRow | null;
  batches: Map<number, BatchRow>;
  /** The leaf trees of the newest batches. */
  trees: Map<number, Merkle.Tree>;
  /** The tree of the leaves up to a number, where the batcher has just made it. */
  made: { leafFrom: number; leafTo: number; tree: Merkle.Tree } | null;
  segments: Map<string, Segment>;
  /** Segment hash by writer, chain and number. */
  places: Map<string, string>;
  /** While the whole journal is read: then what is at hand is all there is. */
  isWhole: boolean;
  /** The highest number of each chain, where nothing higher can be in the index. */
  tips: Map<string, { number: number; position: number }>;
  epochs: Map<string, { row: Epoch; position: number }>;
  shares: Map<string, { rows: Shares[]; position: number }>;
  grants: Map<string, { rows: Grant[]; position: number }>;
  publicKeys: Map<string, number>;
  papers: Map<string, { keys: Uint8Array[]; position: number }>;
  equivocations: number;
};

export const empty = (): Hot => ({
  next: 0,
  leafCount: 0,
  waiting: { from: 0, leaves: [], puts: [] },
  headAt: -1,
  stands: new Map(),
  byPatient: new Map(),
  lastBatch: null,
  batches: new Map(),
  trees: new Map(),
  made: null,
  segments: new Map(),
  places: new Map(),
  isWhole: false,
  tips: new Map(),
  epochs: new Map(),
  shares: new Map(),
  grants: new Map(),
  publicKeys: new Map(),
  papers: new Map(),
  equivocations: 0,
});

export const chainId = (gateway: Uint8Array, chain: Uint8Array): string =>
  `${toHex(gateway)}/${toHex(chain)}`;
export const patientId = (account: Uint8Array, stream: string): string => `${toHex(account)}/${stream}`;

/** Takes in the entry at `hot.next`, and gives what the index must learn. */
export function apply(hot: Hot, entry: Entry): Rows.Rows {
  const position = hot.next++;
  const rows = Rows.none(position + 1);
  switch (entry.kind) {
    case 'begin':
      break;
    case 'put':
      applyPut(hot, entry, position, rows);
      break;
    case 'batch':
      applyBatch(hot, entry, position, rows);
      break;
    case 'grant': {
      const row = {
        grant_id: entry.grantId,
        grant_hash: entry.grantHash,
        signed: entry.signed,
        keys: entry.keys,
      };
      const id = toHex(row.grant_id);
      hot.grants.set(id, { rows: [...(hot.grants.get(id)?.rows ?? []), row], position });
      rows.grants.push(row);
      break;
    }
    case 'key':
      hot.publicKeys.set(toHex(entry.key), position);
      rows.public_keys.push({ key: entry.key });
      break;
    case 'paper':
      applyPaper(hot, entry, position, rows);
      break;
    case 'papers':
      for (const paper of entry.papers) applyPaper(hot, paper, position, rows);
      break;
    case 'equivocation':
      hot.equivocations++;
      rows.equivocations.push({ key: entry.key, gateway: entry.gateway, position });
  }
  return rows;
}

function applyPut(hot: Hot, entry: Kept, position: number, rows: Rows.Rows): void {
  for (const { writer, hash, key } of entry.epochs) {
    const row = { hash, key, ...entry.writers[writer]! };
    hot.epochs.set(toHex(hash), { row, position });
    rows.epochs.push(row);
  }
  for (const { epoch, setVersion, key } of entry.shares) {
    const row = { epoch, set_version: setVersion, key };
    const id = toHex(epoch);
    hot.shares.set(id, { rows: [...(hot.shares.get(id)?.rows ?? []), row], position });
    rows.shares.push(row);
  }
  for (const { writer, leaf, ...segment } of entry.segments) {
    const row = { seq: hot.leafCount++, position, ...segment, ...entry.writers[writer]! };
    const chain = chainId(row.gateway, row.chain);
    const hash = toHex(row.hash);
    hot.segments.set(hash, row);
    hot.places.set(`${chain}/${row.number}`, hash);
    if (hot.isWhole || hot.tips.has(chain)) noteTip(hot, chain, row.number, position);
    hot.waiting.leaves.push(leaf);
    rows.segments.push({ ...row, leaf });
  }
  if (entry.segments.length > 0) hot.waiting.puts.push({ position, leafTo: hot.leafCount });
  for (const head of entry.heads) {
    const writer = entry.writers[head.writer]!;
    const stand = standOf(hot, writer);
    const version = HeadStand.following(stand.versions.at(-1), head, position);
    stand.versions.push(version);
    hot.headAt = position;
    rows.heads.push({ map_key: stand.mapKey, ...writer, ...version });
  }
}

type Paper = { about: Uint8Array; key: Uint8Array };
function applyPaper(hot: Hot, { about, key }: Paper, position: number, rows: Rows.Rows): void {
  const id = toHex(about);
  hot.papers.set(id, { keys: [...(hot.papers.get(id)?.keys ?? []), key], position });
  rows.papers.push({ about, key });
}

export function noteTip(hot: Hot, chain: string, number: number, position: number): void {
  const known = hot.tips.get(chain);
  hot.tips.delete(chain);
  hot.tips.set(chain, { number: Math.max(number, known?.number ?? 0), position });
}

/** The place of a writer's stream in the map, made where there is none. */
export function standOf(hot: Hot, writer: Writer): HeadStand.Stand {
  const key = mapKey(writer.account, writer.stream, writer.gateway);
  const id = toHex(key);
  const known = hot.stands.get(id);
  if (known) return known;
  const stand: HeadStand.Stand = { mapKey: key, id, writer, versions: [] };
  hot.stands.set(id, stand);
  const patient = patientId(writer.account, writer.stream);
  hot.byPatient.set(patient, [...(hot.byPatient.get(patient) ?? []), stand]);
  return stand;
}

function applyBatch(hot: Hot, entry: Batch, position: number, rows: Rows.Rows): void {
  const { waiting } = hot;
  const leaves = waiting.leaves.slice(entry.leafFrom - waiting.from, entry.leafTo - waiting.from);
  if (leaves.length !== entry.leafTo - entry.leafFrom) throw new RangeError('a batch lacks leaves');
  const { made } = hot;
  const fits = made?.leafFrom === entry.leafFrom && made.leafTo === entry.leafTo;
  const tree = fits ? made.tree : Merkle.build(leaves);
  hot.made = null;
  hot.trees.set(entry.number, tree);
  drain(hot.trees, BATCHES_CACHED, () => true);
  const batch: BatchRow = { ...entry, tops: Pieces.topsOf(tree), position };
  hot.waiting = {
    from: entry.leafTo,
    leaves: waiting.leaves.slice(entry.leafTo - waiting.from),
    puts: waiting.puts.filter((put) => put.leafTo > entry.leafTo),
  };
  noteBatch(hot, batch);
  rows.batches.push(rowOf(batch));
  for (let i = 0; i < leaves.length; i += PIECE_LEAVES)
    rows.pieces.push({
      batch: batch.number,
      piece: i / PIECE_LEAVES,
      leaves: concat(...leaves.slice(i, i + PIECE_LEAVES)),
    });
}

export function noteBatch(hot: Hot, batch: BatchRow): void {
  hot.lastBatch = batch;
  hot.batches.set(batch.number, batch);
}

const rowOf = (b: BatchRow): Row<'batches'> => ({
  number: b.number,
  leaf_from: b.leafFrom,
  leaf_to: b.leafTo,
  through: b.through,
  map_root: b.mapRoot,
  map_count: b.mapCount,
  root: b.root,
  tops: b.tops,
});

export const batchOf = (row: Row<'batches'>): BatchRow => ({
  kind: 'batch',
  number: Number(row.number),
  leafFrom: Number(row.leaf_from),
  leafTo: Number(row.leaf_to),
  through: Number(row.through),
  mapRoot: row.map_root,
  mapCount: Number(row.map_count),
  root: row.root,
  tops: row.tops,
  // In the index already, so any position that is will do.
  position: Number(row.through) - 1,
});

export type Passed = { stand: HeadStand.Stand; version: HeadStand.Version };

/** Forgets heads older than those that the map at `through` shows: no map will show them again. */
export function pass(hot: Hot, through: number): Passed[] {
  const passed: Passed[] = [];
  for (const stand of hot.stands.values()) {
    const shown = stand.versions.findLastIndex((v) => v.position < through);
    if (shown > 0) for (const version of stand.versions.splice(0, shown)) passed.push({ stand, version });
  }
  return passed;
}

/** Forgets what the index has, beyond what is worth keeping at hand. */
export function evict(hot: Hot, indexedTo: number): void {
  drain(hot.segments, RECENT_SEGMENTS, ({ position }, hash) => {
    if (position >= indexedTo) return false;
    const row = hot.segments.get(hash)!;
    hot.places.delete(`${chainId(row.gateway, row.chain)}/${row.number}`);
    return true;
  });
  drain(hot.tips, RECENT_CHAINS, ({ position }) => position < indexedTo);
  drain(hot.epochs, RECENT_SEGMENTS, ({ position }) => position < indexedTo);
  drain(hot.shares, 0, ({ position }) => position < indexedTo);
  drain(hot.grants, 0, ({ position }) => position < indexedTo);
  drain(hot.publicKeys, 0, (position) => position < indexedTo);
  drain(hot.papers, 0, ({ position }) => position < indexedTo);
  drain(hot.batches, RECENT_BATCHES, ({ position }) => position < indexedTo);
}

/** Removes the oldest while there are more than `most` and they may go. */
function drain<V>(map: Map<string, V>, most: number, mayGo: (value: V, id: string) => boolean): void;
function drain<V>(map: Map<number, V>, most: number, mayGo: (value: V, id: number) => boolean): void;
function drain<K, V>(map: Map<K, V>, most: number, mayGo: (value: V, id: K) => boolean): void {
  for (const [id, value] of map) {
    if (map.size <= most || !mayGo(value, id)) return;
    map.delete(id);
  }
}
