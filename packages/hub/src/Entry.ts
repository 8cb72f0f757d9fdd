// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Fields, type Item } from '@islet/core/codec';
import type { Stream } from '@islet/core/Stream';
import { takeStream } from '@islet/core/wire/Fetch';

/**
 * What the hub's journal says, in the order it happened. Bytes lie in the store under their SHA-256 (`key`); the
 * journal holds what is needed to find, batch and prove them, so that the index is only a faster way to the same.
 */
export type Entry = Begin | Kept | Batch | GrantKept | KeyKept | PaperKept | PapersKept | Equivocation;

/** Whose journal this is: an index, or a relay key, of another hub must not be taken for its own. */
export type Begin = { kind: 'begin'; id: Uint8Array; hub: Uint8Array; chainId: number };

export type Writer = { account: Uint8Array; stream: Stream; gateway: Uint8Array };

/** What was new in one put. `writer` is a place in `writers`. */
export type Kept = {
  kind: 'put';
  writers: Writer[];
  epochs: { writer: number; hash: Uint8Array; key: Uint8Array }[];
  shares: { epoch: Uint8Array; setVersion: number; key: Uint8Array }[];
  segments: KeptSegment[];
  heads: KeptHead[];
};

export type KeptSegment = {
  writer: number;
  hash: Uint8Array;
  leaf: Uint8Array;
  key: Uint8Array;
  chain: Uint8Array;
  number: number;
  epoch: Uint8Array;
};

export type KeptHead = {
  writer: number;
  hash: Uint8Array;
  key: Uint8Array;
  at: number;
  calendar: Uint8Array;
  /** Calendar nodes that this head needs and the one before did not, and the other way round. */
  added: NodeRef[];
  gone: Uint8Array[];
};

export type NodeRef = { hash: Uint8Array; key: Uint8Array };

/**
 * A batch, before it is sent to the chain. Its leaves are those numbered `leafFrom`…`leafTo`-1 in the order of the
 * journal, its map every stream's newest head in entries before position `through`: so this record holds it all.
 */
export type Batch = {
  kind: 'batch';
  number: number;
  leafFrom: number;
  leafTo: number;
  through: number;
  mapRoot: Uint8Array;
  mapCount: number;
  root: Uint8Array;
};

export type GrantKept = {
  kind: 'grant';
  grantId: Uint8Array;
  grantHash: Uint8Array;
  signed: Uint8Array;
  keys: Uint8Array;
};

/** A public encryption key; its store key is its name. */
export type KeyKept = { kind: 'key'; key: Uint8Array };

/** A sealed paper: its store key, under the id of what it is about. */
export type PaperKept = { kind: 'paper'; about: Uint8Array; key: Uint8Array };

/** Many at once. */
export type PapersKept = { kind: 'papers'; papers: { about: Uint8Array; key: Uint8Array }[] };

/** Two segments of one writer with one chain and number: `key` holds both signed headers. */
export type Equivocation = { kind: 'equivocation'; gateway: Uint8Array; key: Uint8Array };

const name = 'islet/hub-entry';

export function encodeEntry(entry: Entry): Uint8Array {
  return encode(name, 1, [entry.kind, ...itemsOf(entry)]);
}

function itemsOf(e: Entry): Item[] {
  switch (e.kind) {
    case 'begin':
      return [e.id, e.hub, e.chainId];
    case 'put':
      return [
        e.writers.map((w): Item => [w.account, w.stream, w.gateway]),
        e.epochs.map((x): Item => [x.writer, x.hash, x.key]),
        e.shares.map((x): Item => [x.epoch, x.setVersion, x.key]),
        e.segments.map((x): Item => [x.writer, x.hash, x.leaf, x.key, x.chain, x.number, x.epoch]),
        e.heads.map(
          (x): Item => [
            x.writer,
            x.hash,
            x.key,
            x.at,
            x.calendar,
            x.added.map((n): Item => [n.hash, n.key]),
            x.gone as Item,
          ],
        ),
      ];
    case 'batch':
      return [e.number, e.leafFrom, e.leafTo, e.through, e.mapRoot, e.mapCount, e.root];
    case 'grant':
      return [e.grantId, e.grantHash, e.signed, e.keys];
    case 'key':
      return [e.key];
    case 'paper':
      return [e.about, e.key];
    case 'papers':
      return [e.papers.map((p): Item => [p.about, p.key])];
    case 'equivocation':
      return [e.gateway, e.key];
  }
}

/** Throws `FORMAT_MALFORMED`. */
export function parseEntry(bytes: Uint8Array): Entry {
  const f = decode(name, 1, bytes);
  const entry = take(f);
  f.end();
  return entry;
}

function take(f: Fields): Entry {
  const kind = f.text(16);
  switch (kind) {
    case 'begin':
      return { kind, id: f.bytes(16), hub: f.bytes(20), chainId: f.int() };
    case 'put':
      return {
        kind,
        writers: f.list((g) =>
          g.tuple((t) => ({
            account: t.bytes(32),
            stream: takeStream(t.text(64)),
            gateway: t.bytes(32),
          })),
        ),
        epochs: f.list((g) => g.tuple((t) => ({ writer: t.int(), hash: t.bytes(32), key: t.bytes(32) }))),
        shares: f.list((g) =>
          g.tuple((t) => ({ epoch: t.bytes(32), setVersion: t.int(), key: t.bytes(32) })),
        ),
        segments: f.list((g) => g.tuple(takeSegment)),
        heads: f.list((g) => g.tuple(takeHead)),
      };
    case 'batch':
      return {
        kind,
        number: f.int(1),
        leafFrom: f.int(),
        leafTo: f.int(),
        through: f.int(),
        mapRoot: f.bytes(32),
        mapCount: f.int(),
        root: f.bytes(32),
      };
    case 'grant':
      return {
        kind,
        grantId: f.bytes(32),
        grantHash: f.bytes(32),
        signed: f.bytes(32),
        keys: f.bytes(32),
      };
    case 'key':
      return { kind, key: f.bytes(32) };
    case 'paper':
      return { kind, about: f.bytes(32), key: f.bytes(32) };
    case 'papers':
      return {
        kind,
        papers: f.list((g) => g.tuple((t) => ({ about: t.bytes(32), key: t.bytes(32) }))),
      };
    default:
      if (kind !== 'equivocation') f.literal('an entry of the hub');
      return { kind: 'equivocation', gateway: f.bytes(32), key: f.bytes(32) };
  }
}

const takeSegment = (t: Fields): KeptSegment => ({
  writer: t.int(),
  hash: t.bytes(32),
  leaf: t.bytes(32),
  key: t.bytes(32),
  chain: t.bytes(16),
  number: t.int(1),
  epoch: t.bytes(32),
});

const takeHead = (t: Fields): KeptHead => ({
  writer: t.int(),
  hash: t.bytes(32),
  key: t.bytes(32),
  at: t.int(),
  calendar: t.bytes(32),
  added: t.list((n) => n.tuple((x) => ({ hash: x.bytes(32), key: x.bytes(32) }))),
  gone: t.list((n) => n.bytes(32)),
});
