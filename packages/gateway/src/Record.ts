// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Fields, type Item, MalformedError } from '@islet/core/codec';
import { type Day, last as lastDay } from '@islet/core/Day';
import type { Reading } from '@islet/core/Reading';
import * as Readings from '@islet/core/Readings';
import type { Stream } from '@islet/core/Stream';
import { takeStream } from '@islet/core/wire/Fetch';
import { type Id, packIds, unpackIds } from './Dedup.js';
import * as Erasures from './Erasures.js';

/** A stream day, or the late readings of a stream (null). */
export type Place = { stream: Stream; day: Day | null };

/** Readings that a commit adds to a place: their ids in clear (they are MACs), themselves under a window key. */
export type Unit = Place & {
  ids: Id[];
  /** How many of them a summary would count. */
  counted: number;
  sealed: Uint8Array;
};

export type Removed = Place & { ids: Id[]; counted: number };

/** What a place's calendar entry becomes; for a null day, `open` is the new list of late segments. */
export type Entry = Place & { closed: Uint8Array | null; open: Uint8Array[] };

/** Everything of one commit, kept or lost together. Segments that no entry names are added to their day's `open`. */
export type Commit = {
  account: Uint8Array;
  /** UTC ms. */
  at: number;
  /** The arrival day whose window key closes the units. */
  arrivedOn: number;
  epochs: Uint8Array[];
  shares: Uint8Array[];
  segments: Uint8Array[];
  units: Unit[];
  entries: Entry[];
  removed: Removed[];
};

/** How far the hub is: it has all records before `put` but those `parked`; before `anchored`, all are in anchored batches. */
export type Mark = { put: number; parked: number[]; anchored: number };

export type Record =
  | { is: 'commit'; commit: Commit }
  | { is: 'mark'; mark: Mark }
  | { is: 'erasing'; begun: Erasures.Begun }
  | { is: 'erased'; done: Erasures.Done };

const commitName = 'islet/gateway-commit';
const markName = 'islet/gateway-mark';
const commitTag = 1;
const markTag = 2;
const erasingTag = 3;
const erasedTag = 4;

export const encodeCommit = (c: Commit): Uint8Array =>
  tagged(
    commitTag,
    encode(commitName, 1, [
      c.account,
      c.at,
      c.arrivedOn,
      c.epochs as Item,
      c.shares as Item,
      c.segments as Item,
      c.units.map((u): Item => [u.stream, u.day, packIds(u.ids), u.counted, u.sealed]),
      c.entries.map((e): Item => [e.stream, e.day, e.closed, e.open]),
      c.removed.map((r): Item => [r.stream, r.day, packIds(r.ids), r.counted]),
    ]),
  );

export const encodeMark = (m: Mark): Uint8Array =>
  tagged(markTag, encode(markName, 1, [m.put, m.parked, m.anchored]));

export const encodeErasing = (b: Erasures.Begun): Uint8Array => tagged(erasingTag, Erasures.encodeBegun(b));
export const encodeErased = (d: Erasures.Done): Uint8Array => tagged(erasedTag, Erasures.encodeDone(d));

export function parse(bytes: Uint8Array): Record {
  const body = bytes.subarray(1);
  if (bytes[0] === erasingTag) return { is: 'erasing', begun: Erasures.parseBegun(body) };
  if (bytes[0] === erasedTag) return { is: 'erased', done: Erasures.parseDone(body) };
  if (bytes[0] === markTag) {
    const f = decode(markName, 1, body);
    const mark = { put: f.int(), parked: f.list((g) => g.int(), parkedLimit), anchored: f.int() };
    f.end();
    return { is: 'mark', mark };
  }
  if (bytes[0] !== commitTag) throw new MalformedError(commitName, 'is something else');
  return { is: 'commit', commit: parseCommit(body) };
}

const parkedLimit = 10_000_000;

function parseCommit(body: Uint8Array): Commit {
  const f = decode(commitName, 1, body);
  const bytesList = () => f.list((g) => g.bytes());
  const commit: Commit = {
    account: f.bytes(32),
    at: f.int(),
    arrivedOn: f.int(),
    epochs: bytesList(),
    shares: bytesList(),
    segments: bytesList(),
    units: f.list((g) =>
      g.tuple((t) => ({
        ...takePlace(t),
        ids: unpackIds(t.bytes()),
        counted: t.int(),
        sealed: t.bytes(),
      })),
    ),
    entries: f.list((g) =>
      g.tuple((t) => ({
        ...takePlace(t),
        closed: t.nullable((n) => n.bytes(32)),
        open: t.list((n) => n.bytes(32)),
      })),
    ),
    removed: f.list((g) =>
      g.tuple((t) => ({ ...takePlace(t), ids: unpackIds(t.bytes()), counted: t.int() })),
    ),
  };
  f.end();
  return commit;
}

const takePlace = (f: Fields): Place => ({
  stream: takeStream(f.text(64)),
  day: f.nullable((g) => g.int(0, lastDay)),
});

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1);
  out[0] = tag;
  out.set(bytes, 1);
  return out;
}

/** Readings of one import (or of none) within a unit. */
export type Part = { importId: string | null; readings: Reading[] };

const windowName = 'islet/window';

/** What a unit's window ciphertext closes; the parts' readings stand in the order of the unit's ids. */
export const encodeParts = (parts: Part[]): Uint8Array =>
  encode(windowName, 1, [parts.map((p): Item => [p.importId, Readings.encodeRun(p.readings)])]);

export function parseParts(bytes: Uint8Array): Part[] {
  const f = decode(windowName, 1, bytes);
  const parts = f.list((g) =>
    g.tuple((t) => ({
      importId: t.nullable((n) => n.text(128)),
      readings: Readings.decodeRun(t.bytes()),
    })),
  );
  f.end();
  return parts;
}

/** Binds a window ciphertext to its place. */
export const associated = (account: Uint8Array, unit: Pick<Unit, 'stream' | 'day' | 'ids'>): Uint8Array =>
  encode(windowName, 1, [account, unit.stream, unit.day, packIds(unit.ids)]);
