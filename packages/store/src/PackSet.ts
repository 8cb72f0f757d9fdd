// Copyright the Islet authors. AGPL-3.0-or-later.
import * as AppendFile from './AppendFile.js';
import * as AtomicFile from './AtomicFile.js';
import type { Files } from './Files.js';
import { KeyIndex, type Place } from './KeyIndex.js';
import * as Pack from './Pack.js';
import * as PackFrame from './PackFrame.js';
import * as PackIndex from './PackIndex.js';
import { sha256 } from './sha256.js';

/**
 * All packs of a store and the one index over them. Nothing here runs twice at once, except `read`; the index changes only
 * when the disk has.
 */
export type PackSet = {
  readonly folder: string;
  readonly files: Files;
  readonly packBytes: number;
  readonly index: KeyIndex;
  readonly packs: Map<number, Pack.Pack>;
  newest: Pack.Pack;
  /** Set while a new pack is due: once begun, the old one must not grow again, even if the first attempt failed. */
  turning: boolean;
  /** Copies that are no longer the object but whose bytes may still be on the disk, by key. */
  readonly leftovers: Map<string, Place[]>;
  /** Packs being erased whole. */
  readonly dying: Set<string>;
  /** Packs that hold a rotten object and therefore cannot be moved. */
  readonly stuck: Set<number>;
};

export type KeyedBytes = { key: Uint8Array; bytes: Uint8Array };

/** Believes an object to be at a place; an earlier copy becomes a leftover. */
export function place(set: PackSet, key: Uint8Array, at: Place): void {
  const before = set.index.get(key);
  if (before) {
    set.packs.get(before.pack)!.live -= PackFrame.headerBytes + before.length;
    const name = nameOf(key);
    set.leftovers.set(name, [...(set.leftovers.get(name) ?? []), before]);
  }
  set.index.set(key, at);
  set.packs.get(at.pack)!.live += PackFrame.headerBytes + at.length;
}

export async function read(set: PackSet, at: Place): Promise<Uint8Array> {
  const pack = set.packs.get(at.pack);
  if (!pack) throw new Error('the pack is gone');
  return pack.tail.file.read(at.offset + PackFrame.headerBytes, at.length);
}

/**
 * Writes objects durably: those that are there and whole, not again. Returns the names of those whose rotten copy is now a
 * leftover.
 */
export async function put(set: PackSet, objects: readonly KeyedBytes[]): Promise<string[]> {
  const fresh = new Map<string, KeyedBytes>();
  const mended: string[] = [];
  for (const object of objects) {
    const known = set.index.get(object.key);
    if (known && (await isWhole(set, object.key, known))) continue;
    if (known) mended.push(nameOf(object.key));
    fresh.set(nameOf(object.key), object);
  }
  if (fresh.size > 0) await write(set, [...fresh.values()]);
  return mended;
}

/** Writes the table of contents of a pack. It is only a cache, so a failure is no one's error. */
export async function saveIndex(set: PackSet, pack: Pack.Pack): Promise<void> {
  if (pack.indexed === pack.tail.end || pack.tail.broken) return;
  // What still has to be erased is found again by scanning only.
  for (const places of set.leftovers.values()) if (places.some((at) => at.pack === pack.number)) return;
  const index = { pack: pack.number, end: pack.tail.end, entries: entriesOf(set, pack) };
  const path = Pack.indexPathOf(set.folder, pack.number);
  try {
    // The old one names objects that the new one may not.
    if (pack.indexed > 0) await Pack.shred(path, set.files);
    pack.indexed = pack.tail.end;
    await AtomicFile.replace(path, PackIndex.encode(index), set.files);
  } catch {}
}

/** Leaves word behind the last object that everything before is durable. */
export async function mark(set: PackSet): Promise<void> {
  if (set.turning) return;
  const { number, tail } = set.newest;
  const frame = { state: 'mark' as const, length: 0, durable: tail.end, key: PackFrame.noKey };
  await AppendFile.mark(tail, PackFrame.encode({ pack: number, offset: tail.end }, frame));
}

export const nameOf = (key: Uint8Array): string => Buffer.from(key).toString('hex');

async function isWhole(set: PackSet, key: Uint8Array, at: Place): Promise<boolean> {
  const file = set.packs.get(at.pack)!.tail.file;
  try {
    const frame = await file.read(at.offset, PackFrame.headerBytes + at.length);
    // A drop that failed half-way may have left its word in the header, and the next scan would finish it.
    const isLive = PackFrame.parse(at, frame)?.state === 'live';
    return isLive && Buffer.compare(sha256(frame.subarray(PackFrame.headerBytes)), key) === 0;
  } catch {
    return false;
  }
}

/** Appends objects to the newest pack, or to a new one. */
export async function write(set: PackSet, objects: readonly KeyedBytes[]): Promise<void> {
  const total = objects.reduce((sum, one) => sum + PackFrame.headerBytes + one.bytes.length, 0);
  const { end } = set.newest.tail;
  if (set.turning || (end > PackFrame.headBytes && end + total > set.packBytes)) await turn(set);
  const { number, tail } = set.newest;
  const durable = tail.end;
  const places: Place[] = [];
  const parts: Uint8Array[] = [];
  let offset = durable;
  for (const { key, bytes } of objects) {
    const frame = { state: 'live' as const, length: bytes.length, durable, key };
    parts.push(PackFrame.encode({ pack: number, offset }, frame), bytes);
    places.push({ pack: number, offset, length: bytes.length });
    offset += PackFrame.headerBytes + bytes.length;
  }
  await AppendFile.append(tail, Buffer.concat(parts));
  objects.forEach((object, i) => {
    place(set, object.key, places[i]!);
  });
}

/** Ends the newest pack exactly behind its last object and begins another. */
async function turn(set: PackSet): Promise<void> {
  const old = set.newest;
  if (old.tail.broken) throw new AppendFile.BrokenFileError();
  await AppendFile.cut(old.tail);
  set.turning = true;
  const pack = await Pack.create(set.folder, old.number + 1, set.files);
  set.packs.set(pack.number, pack);
  set.newest = pack;
  set.turning = false;
  await saveIndex(set, old);
}

export function entriesOf(set: PackSet, pack: Pack.Pack): PackIndex.Entry[] {
  const entries: PackIndex.Entry[] = [];
  for (const { key, place: at } of set.index.entries())
    if (at.pack === pack.number) entries.push({ key: key.slice(), offset: at.offset, length: at.length });
  return entries;
}

export const emptySet = (folder: string, files: Files, packBytes: number, newest: Pack.Pack): PackSet => ({
  folder,
  files,
  packBytes,
  index: new KeyIndex(),
  packs: new Map([[newest.number, newest]]),
  newest,
  turning: false,
  leftovers: new Map(),
  dying: new Set(),
  stuck: new Set(),
});
