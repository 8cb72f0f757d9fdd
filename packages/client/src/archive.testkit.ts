// Copyright the Islet authors. AGPL-3.0-or-later.
// What a hub keeps and serves, in memory: segments, heads, batches, and the answer to a fetch.
import * as View from '@islet/chain/View';
import * as Batch from '@islet/core/Batch';
import * as Calendar from '@islet/core/Calendar';
import { equal, toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import * as Head from '@islet/core/Head';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import type { Stream } from '@islet/core/Stream';
import type { Part } from '@islet/core/wire/Fetch';
import type { Sealed, Stated, Writer } from './writer.testkit.js';

export type Archive = {
  hub: Uint8Array;
  segments: Map<string, Sealed>;
  waiting: Sealed[];
  heads: Map<string, Stated>;
  receipts: Map<string, Uint8Array>;
  headProofs: Map<string, Uint8Array>;
  batches: Batch.Built[];
};

export const archive = (hub: Uint8Array): Archive => ({
  hub,
  segments: new Map(),
  waiting: [],
  heads: new Map(),
  receipts: new Map(),
  headProofs: new Map(),
  batches: [],
});

/** Keeps all that a writer sealed and has not handed over, and its head. */
export function take(a: Archive, w: Writer, stated: Stated): void {
  for (const sealed of w.all) {
    if (a.segments.has(toHex(sealed.segment.hash))) continue;
    a.segments.set(toHex(sealed.segment.hash), sealed);
    a.waiting.push(sealed);
  }
  a.heads.set(toHex(keyOf(stated.head)), stated);
}

const keyOf = ({ statement: s }: Head.Head): Uint8Array => Head.mapKey(s.account, s.stream, s.gateway);

/** Makes the next batch of what waits, with the map of all heads, and receipts for both. */
export function batch(a: Archive): Batch.Built {
  const leaves = a.waiting.map(({ segment }) => Segment.leaf(segment));
  const map = [...a.heads.values()].map(({ head }) => ({ key: keyOf(head), headHash: head.hash }));
  const built = Batch.build(a.hub, a.batches.length + 1, leaves, map);
  a.batches.push(built);
  a.waiting.forEach(({ segment }, i) => {
    a.receipts.set(toHex(segment.hash), Receipt.encodeReceipt(Receipt.ofLeaf(built, i)));
  });
  a.headProofs.clear();
  built.batch.map.forEach(({ key }, i) => {
    a.headProofs.set(toHex(key), Receipt.encodeHeadProof(Receipt.ofHead(built, i)));
  });
  a.waiting = [];
  return built;
}

/** As if the chain had anchored it at that moment. */
export function anchor(view: View.View, { batch: { hub, number }, root }: Batch.Built, at: number): void {
  view.roots.set(`${toHex(hub)}/${number}`, toHex(root));
  view.anchoredAt.set(`${toHex(hub)}/${number}`, at);
  view.batches.set(toHex(hub), number);
}

/** A view of a chain on which these accounts have authorised these gateways. */
export function viewOf(people: { account: Uint8Array; gateways: Uint8Array[] }[], authorisedAt: number) {
  const view = View.empty();
  for (const { account, gateways } of people)
    view.accounts.set(toHex(account), {
      signers: new Set(),
      formerSigners: new Set(),
      addedAt: new Map(),
      encryptionKeyHash: '',
      gateways: new Map(gateways.map((key) => [toHex(key), { authorisedAt, endedAt: null }])),
    });
  return view;
}

export type Wanted = {
  account: Uint8Array;
  streams: Stream[];
  firstDay: Day;
  lastDay: Day;
  late: boolean;
};

/** What an honest hub answers: of every writer of these streams the newest head, and what it lists for those days. */
export function answer(a: Archive, { account, streams, firstDay, lastDay, late }: Wanted): Part[] {
  const mine = [...a.heads.values()].filter(
    ({ head: { statement: s } }) => equal(s.account, account) && streams.includes(s.stream),
  );
  return mine.map((stated) => partOf(a, stated, firstDay, lastDay, late));
}

export function partOf(a: Archive, { head, nodes }: Stated, first: Day, last: Day, late: boolean): Part {
  const have = new Map(nodes.map((n) => [toHex(Calendar.hashOf(n)), n]));
  const needed = new Map<string, Uint8Array>();
  for (;;) {
    const wanted = Calendar.missing(head.statement.calendar, needed, first, last).map(toHex);
    if (wanted.length === 0) break;
    for (const hash of wanted) needed.set(hash, have.get(hash)!);
  }
  const hashes = [...Calendar.entries(head.statement.calendar, needed, first, last).values()].flatMap(
    ({ closed, open }) => [...(closed ? [closed] : []), ...open],
  );
  const listed = [...hashes, ...(late ? head.statement.late : [])].map(
    (hash) => a.segments.get(toHex(hash))!,
  );
  const distinct = (all: Uint8Array[]): Uint8Array[] => [...new Map(all.map((b) => [toHex(b), b])).values()];
  return {
    head: head.bytes,
    headProof: a.headProofs.get(toHex(keyOf(head)))!,
    nodes: [...needed.values()],
    segments: listed.map(({ segment }) => ({
      segment: segment.bytes,
      receipt: a.receipts.get(toHex(segment.hash))!,
    })),
    epochs: distinct(listed.map((s) => s.epoch.bytes)),
    shares: distinct(listed.map((s) => s.shares.bytes)),
  };
}
