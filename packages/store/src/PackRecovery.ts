// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import * as AppendFile from './AppendFile.js';
import { temporarySuffix } from './AtomicFile.js';
import type { Files } from './Files.js';
import type { Place } from './KeyIndex.js';
import * as Pack from './Pack.js';
import * as PackErase from './PackErase.js';
import * as PackFrame from './PackFrame.js';
import * as PackScan from './PackScan.js';
import * as PackSet from './PackSet.js';

/** A stretch of a pack that is not what it was. `key` where the object is known: `get` will refuse it. */
export type Damage = { file: string; offset: number; bytes: number; key?: string };

export type Recovered = {
  set: PackSet.PackSet;
  /** What a crash had left of an unfinished write, now cut off. */
  truncatedBytes: number;
  /** Headers that were damaged or half written and have been put right: nothing was lost. */
  mendedHeaders: number;
  damaged: Damage[];
};

/**
 * Opens what is in the folder: reads each pack's index or, from where it ends, the pack; cuts off a torn end; finishes
 * erasures that a crash interrupted; mends headers that can be mended.
 */
export async function recover(folder: string, files: Files, packBytes: number): Promise<Recovered> {
  const names = await files.list(folder);
  for (const name of names) if (name.endsWith(temporarySuffix)) await files.remove(join(folder, name));
  const numbers = names.map(Pack.numberOf).filter((number) => number !== undefined);
  numbers.sort((a, b) => a - b);
  const packs: Pack.Pack[] = [];
  try {
    for (const number of numbers) packs.push(await openPack(folder, number, files));
    if (packs.length === 0) packs.push(await Pack.create(folder, 1, files));
    const set = PackSet.emptySet(folder, files, packBytes, packs.at(-1)!);
    for (const pack of packs) set.packs.set(pack.number, pack);
    const recovered: Recovered = { set, truncatedBytes: 0, mendedHeaders: 0, damaged: [] };
    const dropping: Place[] = [];
    for (const pack of packs) await fill(recovered, pack, names, dropping);
    const { tail } = set.newest;
    // What was written but perhaps never synced before the crash is about to be believed.
    await (recovered.truncatedBytes > 0 ? AppendFile.cut(tail) : tail.file.sync());
    for (const name of names) if (name.endsWith(Pack.dyingSuffix)) set.dying.add(join(folder, name));
    await PackErase.eraseDying(set);
    await PackErase.zero(set, dropping);
    // Copies that a crash kept from being erased after a move or a mend.
    await PackErase.eraseLeftovers(set, [...set.leftovers.keys()]);
    await files.syncFolder(folder);
    return recovered;
  } catch (error) {
    for (const pack of packs) await pack.tail.file.close().catch(() => {});
    throw error;
  }
}

async function openPack(folder: string, number: number, files: Files): Promise<Pack.Pack> {
  const path = Pack.pathOf(folder, number);
  const tail = AppendFile.appendFile(await files.open(path), PackFrame.headBytes);
  return { number, path, tail, live: 0, indexed: 0 };
}

async function fill(into: Recovered, pack: Pack.Pack, names: string[], dropping: Place[]): Promise<void> {
  const { set } = into;
  const { number } = pack;
  const { file } = pack.tail;
  const nameOf = Pack.pathOf('', number);
  const { size } = await file.stat();
  const last = pack === set.newest;
  if (!(await hasHead(pack))) into.damaged.push({ file: nameOf, offset: 0, bytes: PackFrame.headBytes });
  const index = names.includes(Pack.indexPathOf('', number))
    ? await Pack.readIndex(set.folder, number, set.files)
    : undefined;
  let from = PackFrame.headBytes;
  if (names.includes(Pack.indexPathOf('', number))) pack.indexed = Math.max(1, index?.end ?? 0);
  if (index && index.end <= size) {
    for (const { key, offset, length } of index.entries)
      PackSet.place(set, key, { pack: number, offset, length });
    from = index.end;
  } else if (index) {
    into.damaged.push({ file: nameOf, offset: size, bytes: index.end - size });
  }
  const found = await PackScan.scan(file, number, from, last ? from : size);
  for (const { offset, frame } of found.mended) {
    await file.write(offset, PackFrame.encode({ pack: number, offset }, frame));
    into.mendedHeaders++;
  }
  if (found.mended.length > 0) await file.datasync();
  for (const one of [...found.live, ...found.rotten].sort((a, b) => a.offset - b.offset))
    PackSet.place(set, one.key, { pack: number, offset: one.offset, length: one.length });
  for (const one of found.dropping) dropping.push({ pack: number, ...one });
  into.damaged.push(...damageOf(nameOf, found));
  pack.tail.end = found.end;
  if (last) into.truncatedBytes = found.torn;
}

/** Reads every byte of a pack again. */
export async function inspect(set: PackSet.PackSet, pack: Pack.Pack): Promise<Damage[]> {
  const name = Pack.pathOf('', pack.number);
  const damaged: Damage[] = [];
  if (!(await hasHead(pack))) damaged.push({ file: name, offset: 0, bytes: PackFrame.headBytes });
  const { file, end } = pack.tail;
  const found = await PackScan.scan(file, pack.number, PackFrame.headBytes, end);
  damaged.push(...damageOf(name, found));
  // Bytes that should have been erased; the next start sees to it.
  for (const { offset, length } of found.dropping) damaged.push({ file: name, offset, bytes: length });
  for (const { offset } of found.mended)
    if (offset < end) damaged.push({ file: name, offset, bytes: PackFrame.headerBytes });
  const seen = new Set([...found.live, ...found.rotten].map((one) => one.offset));
  for (const { key, offset, length } of PackSet.entriesOf(set, pack))
    if (!seen.has(offset)) damaged.push({ file: name, offset, bytes: length, key: PackSet.nameOf(key) });
  return damaged;
}

function damageOf(file: string, found: PackScan.Scan): Damage[] {
  const damaged = found.lost.map(({ offset, length }): Damage => ({ file, offset, bytes: length }));
  for (const { offset, length, key } of found.rotten)
    damaged.push({ file, offset, bytes: length, key: PackSet.nameOf(key) });
  return damaged;
}

async function hasHead(pack: Pack.Pack): Promise<boolean> {
  const head = await pack.tail.file.read(0, PackFrame.headBytes);
  return Buffer.compare(head, PackFrame.encodeHead(pack.number)) === 0;
}
