// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Segment from '@islet/core/Segment';
import type { Commit, Mark } from './Record.js';
import { headerOf } from './State.js';

/** A journal record that the hub does not have yet, or whose segments are not all anchored yet. */
export type Item = {
  position: number;
  account: string;
  /** Segment hashes in hexadecimal, with their leaves. */
  segments: { hash: string; leaf: Uint8Array }[];
};

/**
 * What is still to be done for the hub, in the journal's order. In memory only; at start it comes out of the same
 * records and marks again.
 */
export type Backlog = {
  /** The hub has, or has refused, all records before this. */
  cursor: number;
  /** Not put: from `cursor` on, in order. */
  waiting: Item[];
  /** Refused by the hub, by account. */
  parked: Map<string, Item[]>;
  /** Put, and not known to be anchored, by segment hash. */
  unanchored: Map<string, { position: number; account: string; leaf: Uint8Array }>;
};

export const empty = (): Backlog => ({ cursor: 0, waiting: [], parked: new Map(), unanchored: new Map() });

export const segmentsOf = (commit: Commit): Item['segments'] =>
  commit.segments.map((bytes) => {
    const signed = headerOf(bytes);
    return { hash: toHex(signed.hash), leaf: Segment.leaf(signed) };
  });

export const itemOf = (commit: Commit, position: number): Item => ({
  position,
  account: toHex(commit.account),
  segments: segmentsOf(commit),
});

export function add(backlog: Backlog, commit: Commit, position: number): Item {
  const item = itemOf(commit, position);
  // In the journal's order, even if two commits of one sync are noticed the other way round.
  let at = backlog.waiting.length;
  while (at > 0 && backlog.waiting[at - 1]!.position > position) at--;
  backlog.waiting.splice(at, 0, item);
  backlog.cursor = Math.min(backlog.cursor, position);
  return item;
}

/** Applies what a mark of an earlier run says. Commits and marks are to be applied in the journal's order. */
export function applyMark(backlog: Backlog, mark: Mark): void {
  const parked = new Set(mark.parked);
  const items = [...backlog.waiting, ...[...backlog.parked.values()].flat()];
  backlog.parked.clear();
  backlog.waiting = [];
  for (const item of items) {
    if (item.position >= mark.put) backlog.waiting.push(item);
    else if (parked.has(item.position)) park(backlog, item);
    else put(backlog, item);
  }
  backlog.waiting.sort((a, b) => a.position - b.position);
  backlog.cursor = mark.put;
  for (const [hash, { position }] of backlog.unanchored)
    if (position < mark.anchored) backlog.unanchored.delete(hash);
}

export function park(backlog: Backlog, item: Item): void {
  const items = backlog.parked.get(item.account);
  if (items) items.push(item);
  else backlog.parked.set(item.account, [item]);
}

/** The hub has an item. */
export function put(backlog: Backlog, { position, account, segments }: Item): void {
  for (const { hash, leaf } of segments) backlog.unanchored.set(hash, { position, account, leaf });
}

export function markOf(backlog: Backlog): Mark {
  const parked = [...backlog.parked.values()].flat().map((item) => item.position);
  let anchored = backlog.cursor;
  for (const { position } of backlog.unanchored.values()) anchored = Math.min(anchored, position);
  // What is parked is not anchored either.
  for (const position of parked) anchored = Math.min(anchored, position);
  return { put: backlog.cursor, parked, anchored };
}

export type Counts = { waiting: number; parked: number; unanchored: number };

/** Segments of one account at each stage. */
export function countsOf(backlog: Backlog, account: string): Counts {
  const sum = (items: Item[]): number =>
    items.reduce((n, item) => n + (item.account === account ? item.segments.length : 0), 0);
  let unanchored = 0;
  for (const one of backlog.unanchored.values()) if (one.account === account) unanchored++;
  return { waiting: sum(backlog.waiting), parked: sum(backlog.parked.get(account) ?? []), unanchored };
}
