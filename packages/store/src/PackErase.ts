// Copyright the Islet authors. AGPL-3.0-or-later.
import * as AppendFile from './AppendFile.js';
import type { Place } from './KeyIndex.js';
import { commitBytes } from './limits.js';
import * as Pack from './Pack.js';
import * as PackFrame from './PackFrame.js';
import * as PackSet from './PackSet.js';
import { sha256 } from './sha256.js';

/** Erases objects and every copy of them. Nothing happens for keys that are not there. */
export async function erase(set: PackSet.PackSet, keys: readonly Uint8Array[]): Promise<void> {
  // A refused put may lie behind the end, unknown to the index, and would come back.
  if (set.newest.tail.broken) throw new AppendFile.BrokenFileError();
  await eraseDying(set);
  const known = keys.filter((key) => set.index.get(key));
  const old = keys.map(PackSet.nameOf).flatMap((name) => set.leftovers.get(name) ?? []);
  const places = [...known.map((key) => set.index.get(key)!), ...old];
  if (places.length === 0) return;
  await markDropping(set, places);
  for (const key of known) forget(set, key);
  await zero(set, places);
  for (const key of keys) set.leftovers.delete(PackSet.nameOf(key));
}

/** Packs, apart from the newest, that are more than half dead. */
export const wasteful = (set: PackSet.PackSet): number[] =>
  [...set.packs.values()]
    .filter((pack) => pack !== set.newest && !set.stuck.has(pack.number) && pack.live * 2 < pack.tail.end)
    .map((pack) => pack.number);

/** Moves what lives in a pack to the newest one and erases the pack whole. A pack with a rotten object stays as it is. */
export async function compact(set: PackSet.PackSet, number: number): Promise<void> {
  const pack = set.packs.get(number);
  if (!pack || pack === set.newest) return;
  const moving: PackSet.KeyedBytes[] = [];
  for (const entry of PackSet.entriesOf(set, pack)) {
    const bytes = await PackSet.read(set, { pack: number, ...entry });
    if (Buffer.compare(sha256(bytes), entry.key) !== 0) {
      set.stuck.add(number);
      return;
    }
    moving.push({ key: entry.key, bytes });
  }
  while (moving.length > 0) {
    let count = 1;
    let bytes = moving[0]!.bytes.length;
    while (count < moving.length && bytes + moving[count]!.bytes.length <= commitBytes)
      bytes += moving[count++]!.bytes.length;
    await PackSet.write(set, moving.splice(0, count));
  }
  const dying = pack.path + Pack.dyingSuffix;
  await set.files.rename(pack.path, dying);
  set.dying.add(dying);
  set.packs.delete(number);
  for (const [name, places] of set.leftovers) {
    const elsewhere = places.filter((one) => one.pack !== number);
    if (elsewhere.length > 0) set.leftovers.set(name, elsewhere);
    else set.leftovers.delete(name);
  }
  await pack.tail.file.close().catch(() => {});
  await Pack.shred(Pack.indexPathOf(set.folder, number), set.files);
  await eraseDying(set);
}

/** Zeroes what a leftover holds. Their headers must say so first, or a crash would leave a rotten object instead of none. */
export async function eraseLeftovers(set: PackSet.PackSet, names: readonly string[]): Promise<void> {
  const places = names.flatMap((name) => set.leftovers.get(name) ?? []);
  if (places.length === 0) return;
  await markDropping(set, places);
  await zero(set, places);
  for (const name of names) set.leftovers.delete(name);
}

/** Zeroes frames whose headers say `dropping`, then notes that it is done; should that note be lost, it is done again. */
export async function zero(set: PackSet.PackSet, places: readonly Place[]): Promise<void> {
  for (const at of places)
    await fileOf(set, at).write(at.offset + PackFrame.headerBytes, Buffer.alloc(at.length));
  await syncAll(set, places);
  for (const at of places) await writeState(set, at, 'dropped').catch(() => {});
}

/** Finishes what is left of packs being erased. */
export async function eraseDying(set: PackSet.PackSet): Promise<void> {
  if (set.dying.size === 0) return;
  // The rename first: a pack half zeroed under its own name would look damaged after a crash.
  await set.files.syncFolder(set.folder);
  for (const path of set.dying) {
    await Pack.shred(path, set.files);
    await set.files.syncFolder(set.folder);
    set.dying.delete(path);
  }
}

async function markDropping(set: PackSet.PackSet, places: readonly Place[]): Promise<void> {
  for (const pack of new Set(places.map((at) => set.packs.get(at.pack)!))) {
    // Once shredded it vouches for nothing any more, even should the removal of its name be lost.
    if (pack.indexed > 0) await Pack.shred(Pack.indexPathOf(set.folder, pack.number), set.files);
    pack.indexed = 0;
  }
  for (const at of places) await writeState(set, at, 'dropping');
  await syncAll(set, places);
}

async function writeState(set: PackSet.PackSet, at: Place, state: PackFrame.State): Promise<void> {
  const file = fileOf(set, at);
  // The same `durable`: a header half old, half new can then be told. If it cannot be read, better fail than guess.
  const before = PackFrame.parse(at, await file.read(at.offset, PackFrame.headerBytes));
  const frame = { state, length: at.length, durable: before?.durable ?? 0, key: PackFrame.noKey };
  await file.write(at.offset, PackFrame.encode(at, frame));
}

async function syncAll(set: PackSet.PackSet, places: readonly Place[]): Promise<void> {
  for (const number of new Set(places.map((at) => at.pack)))
    await set.packs.get(number)!.tail.file.datasync();
}

function forget(set: PackSet.PackSet, key: Uint8Array): void {
  const at = set.index.get(key);
  if (!at) return;
  set.index.remove(key);
  set.packs.get(at.pack)!.live -= PackFrame.headerBytes + at.length;
  const name = PackSet.nameOf(key);
  set.leftovers.set(name, [...(set.leftovers.get(name) ?? []), at]);
}

const fileOf = (set: PackSet.PackSet, at: Place) => set.packs.get(at.pack)!.tail.file;
