// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item, MalformedError } from './codec.js';
import { toHex } from './crypto/bytes.js';
import { domainHash } from './crypto/hash.js';
import type { Day } from './Day.js';

/**
 * A stream's calendar says which segments each day has, so that a missing one shows. It is a tree of hashes
 * over day numbers: 64 years-long nodes of 64 pages of 32 days. A reader of some days fetches those pages
 * alone; a day's change makes three new nodes.
 */
export type Entry = {
  /** The compact segment of a closed day, or a summary: one, the newest. */
  closed: Uint8Array | null;
  /** Segments that `closed` does not hold, in the order sealed. */
  open: Uint8Array[];
};

const name = 'islet/calendar';
const noDays = new Uint8Array(32);

type Page = Map<number, Entry>;
type Inner = Map<number, Uint8Array>;

const pageOf = (day: Day): number => day >> 5;
const middleOf = (day: Day): number => day >> 11;

/** A calendar a writer keeps: all entries, and the nodes they make. */
export type Calendar = {
  entries: Map<Day, Entry>;
  pages: Map<number, Uint8Array>;
  middles: Map<number, Uint8Array>;
};

export const empty = (): Calendar => ({ entries: new Map(), pages: new Map(), middles: new Map() });

/** Sets a day's entry; `nodes` afterwards gives the changed nodes. */
export function set(calendar: Calendar, day: Day, entry: Entry): void {
  calendar.entries.set(day, entry);
  calendar.pages.delete(pageOf(day));
  calendar.middles.delete(middleOf(day));
}

/** The root and every node that is new since the last call, by hash in hex. */
export function nodes(calendar: Calendar): { root: Uint8Array; fresh: Map<string, Uint8Array> } {
  const fresh = new Map<string, Uint8Array>();
  const keep = (bytes: Uint8Array): Uint8Array => {
    const hash = hashOf(bytes);
    fresh.set(toHex(hash), bytes);
    return hash;
  };
  const days = [...calendar.entries.keys()].sort((a, b) => a - b);
  if (days.length === 0) return { root: noDays, fresh };
  const pages = new Map<number, Page>();
  for (const day of days) {
    if (calendar.pages.has(pageOf(day))) continue;
    const page = pages.get(pageOf(day)) ?? new Map();
    page.set(day & 31, calendar.entries.get(day)!);
    pages.set(pageOf(day), page);
  }
  for (const [index, page] of pages) calendar.pages.set(index, keep(encodePage(page)));
  const middles = new Map<number, Inner>();
  for (const [index, hash] of sorted(calendar.pages)) {
    const middle = index >> 6;
    if (calendar.middles.has(middle)) continue;
    const inner = middles.get(middle) ?? new Map();
    inner.set(index & 63, hash);
    middles.set(middle, inner);
  }
  for (const [index, inner] of middles) calendar.middles.set(index, keep(encodeInner(inner)));
  return { root: keep(encodeInner(new Map(sorted(calendar.middles)))), fresh };
}

/** The hashes of the nodes that a reader of `first`…`last` needs next, given those it has; empty when `entries` can answer. */
export function missing(
  root: Uint8Array,
  have: Map<string, Uint8Array>,
  first: Day,
  last: Day,
): Uint8Array[] {
  const wanted: Uint8Array[] = [];
  walk(
    root,
    have,
    first,
    last,
    (hash) => wanted.push(hash),
    () => {},
  );
  return wanted;
}

/** The entries of `first`…`last`. Every node is checked against the hash that names it; a missing one throws. */
export function entries(
  root: Uint8Array,
  have: Map<string, Uint8Array>,
  first: Day,
  last: Day,
): Map<Day, Entry> {
  const found = new Map<Day, Entry>();
  const absent = (): void => {
    throw new RangeError('a calendar node is missing');
  };
  walk(root, have, first, last, absent, (day, entry) => found.set(day, entry));
  return found;
}

export const hashOf = (bytes: Uint8Array): Uint8Array => domainHash('islet/calendar-node/v1', bytes);

/** Whether bytes are the node of that hash. Stops: a hub that serves another day's page. */
export const isNode = (hash: Uint8Array, bytes: Uint8Array): boolean => toHex(hashOf(bytes)) === toHex(hash);

function walk(
  root: Uint8Array,
  have: Map<string, Uint8Array>,
  first: Day,
  last: Day,
  absent: (hash: Uint8Array) => void,
  entry: (day: Day, entry: Entry) => void,
): void {
  if (root.every((b) => b === 0)) return;
  const fetched = (hash: Uint8Array): Uint8Array | undefined => {
    const bytes = have.get(toHex(hash));
    if (bytes && isNode(hash, bytes)) return bytes;
    absent(hash);
    return undefined;
  };
  const inside = (from: number, width: number): boolean => from <= last && from + width > first;
  const rootBytes = fetched(root);
  for (const [m, middle] of rootBytes ? decodeInner(rootBytes) : []) {
    if (!inside(m << 11, 2048)) continue;
    const middleBytes = fetched(middle);
    for (const [p, page] of middleBytes ? decodeInner(middleBytes) : []) {
      const from = ((m << 6) | p) << 5;
      if (!inside(from, 32)) continue;
      const pageBytes = fetched(page);
      for (const [d, e] of pageBytes ? decodePage(pageBytes) : [])
        if (inside(from + d, 1)) entry(from + d, e);
    }
  }
}

/** The hashes that a root or middle node names. Throws `FORMAT_MALFORMED`. */
export const childrenOf = (inner: Uint8Array): Uint8Array[] => decodeInner(inner).map(([, hash]) => hash);

const sorted = <V>(map: Map<number, V>): [number, V][] => [...map].sort(([a], [b]) => a - b);

const encodePage = (page: Page): Uint8Array =>
  encode(name, 1, [sorted(page).map(([d, e]): Item => [d, e.closed, e.open])]);

const encodeInner = (inner: Inner): Uint8Array =>
  encode(name, 1, [sorted(inner).map(([i, hash]): Item => [i, hash])]);

const decodePage = (bytes: Uint8Array): [number, Entry][] => {
  const f = decode(name, 1, bytes);
  const list = f.list((g) =>
    g.tuple((t): [number, Entry] => [
      t.int(0, 31),
      { closed: t.nullable((n) => n.bytes(32)), open: t.list((n) => n.bytes(32)) },
    ]),
  );
  f.end();
  return inOrder(list);
};

const decodeInner = (bytes: Uint8Array): [number, Uint8Array][] => {
  const f = decode(name, 1, bytes);
  const list = f.list((g) => g.tuple((t): [number, Uint8Array] => [t.int(0, 63), t.bytes(32)]), 64);
  f.end();
  return inOrder(list);
};

/** No node is empty, and none names a place twice: what it says of a day does not depend on who reads it how. */
function inOrder<V>(list: [number, V][]): [number, V][] {
  if (list.length === 0 || list.some(([place], i) => i > 0 && place <= list[i - 1]![0]))
    throw new MalformedError(name, 'is empty or out of order');
  return list;
}
