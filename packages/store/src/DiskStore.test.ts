// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CrashDisk } from './CrashDisk.testkit.js';
import { DiskStore } from './DiskStore.js';
import { successiveProcesses } from './FaultyFiles.testkit.js';
import { type Key, keyOf } from './Store.js';
import { describeStore } from './storeCompliance.testkit.js';

const root = await mkdtemp(join(tmpdir(), 'islet-store-'));
afterAll(() => rm(root, { recursive: true, force: true }));
let folders = 0;
const freshFolder = (): string => join(root, String(++folders));

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const packsOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.pack')).sort();

async function flip(folder: string, bytes: Uint8Array): Promise<void> {
  for (const name of await packsOf(folder)) {
    const content = await readFile(join(folder, name));
    const at = content.indexOf(bytes);
    if (at === -1) continue;
    content[at]! ^= 1;
    // In place, as bits rot, not by a new file.
    await writeFile(join(folder, name), content, { flag: 'r+' });
  }
}

for (const maxPackBytes of [128 * 1024 * 1024, 400])
  describeStore(`DiskStore with packs of ${maxPackBytes} bytes`, async () => {
    const folder = freshFolder();
    const under = {
      store: await DiskStore.open(folder, { maxPackBytes }),
      rot: async (key: Key) => flip(folder, (await under.store.get(key))!),
      reopen: async () => {
        await under.store.close();
        under.store = await DiskStore.open(folder, { maxPackBytes });
        return under.store;
      },
    };
    return under;
  });

test('thousands of objects cost a handful of files, readable by their owner only', async () => {
  const folder = freshFolder();
  const objects = Array.from({ length: 5000 }, (_, i) => text(`object ${i}`));
  {
    await using store = await DiskStore.open(folder);
    await store.putAll(objects);
    expect(store.size).toBe(5000);
    expect((await stat(join(folder, '00000001.pack'))).mode & 0o777).toBe(0o600);
  }
  expect(await readdir(folder)).toEqual(['00000001.index', '00000001.pack']);
  await using again = await DiskStore.open(folder);
  expect(await again.get(keyOf(objects[4321]!))).toEqual(objects[4321]);
});

test('a store has one opener', async () => {
  const folder = freshFolder();
  await using _ = await DiskStore.open(folder);
  await expect(DiskStore.open(folder)).rejects.toMatchObject({ code: 'FOLDER_LOCKED' });
});

test('without its index files a store is what it was', async () => {
  const folder = freshFolder();
  const objects = Array.from({ length: 50 }, (_, i) => text(`object ${i}`));
  {
    await using store = await DiskStore.open(folder, { maxPackBytes: 500 });
    for (const one of objects) await store.put(one);
    await store.drop(keyOf(objects[7]!));
  }
  for (const name of await readdir(folder)) if (name.endsWith('.index')) await rm(join(folder, name));
  await using store = await DiskStore.open(folder, { maxPackBytes: 500 });
  expect(store.recovered).toEqual({ truncatedBytes: 0, mendedHeaders: 0, damaged: [] });
  expect(store.size).toBe(49);
  for (const one of objects.toSpliced(7, 1)) expect(await store.get(keyOf(one))).toEqual(one);
});

describe('erasing means it', () => {
  const options = (disk: CrashDisk, next: ReturnType<typeof successiveProcesses>) => ({
    files: disk.files,
    processes: next(),
    maxPackBytes: 300,
  });

  test('after a drop no byte of the object is on the disk, not even in files since removed', async () => {
    const disk = new CrashDisk();
    const next = successiveProcesses();
    const objects = Array.from({ length: 30 }, (_, i) => text(`secret number ${i}!`));
    const store = await DiskStore.open('/s', options(disk, next));
    for (const one of objects) await store.put(one);
    for (const one of objects.filter((_, i) => i % 3 > 0)) await store.drop(keyOf(one));
    await store.close();
    objects.forEach((one, i) => {
      expect(disk.shows(one)).toBe(i % 3 === 0);
      expect(disk.shows(Buffer.from(keyOf(one), 'hex'))).toBe(i % 3 === 0);
    });
  });

  test('packs mostly dropped are rewritten, what lived in them lives on, and the old copies are gone', async () => {
    const disk = new CrashDisk();
    const next = successiveProcesses();
    const objects = Array.from({ length: 30 }, (_, i) => text(`secret number ${i}!`));
    let store = await DiskStore.open('/s', options(disk, next));
    for (const one of objects) await store.put(one);
    await store.close();
    const before = disk.paths().filter((path) => path.endsWith('.pack')).length;
    store = await DiskStore.open('/s', options(disk, next));
    for (const one of objects.filter((_, i) => i % 3 > 0)) await store.drop(keyOf(one));
    await store.close();
    expect(disk.paths().filter((path) => path.endsWith('.pack')).length).toBeLessThan(before / 2);
    store = await DiskStore.open('/s', options(disk, next));
    for (const one of objects.filter((_, i) => i % 3 === 0)) {
      expect(await store.get(keyOf(one))).toEqual(one);
      const surface = disk.surface();
      expect(surface.indexOf(one)).toBe(surface.lastIndexOf(one));
    }
    await store.close();
  });
});

test('readers are never told of damage while packs are being rewritten under them', async () => {
  const folder = freshFolder();
  await using store = await DiskStore.open(folder, { maxPackBytes: 2000 });
  const objects = Array.from({ length: 200 }, (_, i) => text(`object ${i} `.repeat(5)));
  await store.putAll(objects);
  for (const one of objects) await store.put(one);
  let writing = true;
  const reading = (async () => {
    while (writing)
      for (const one of objects.slice(0, 200)) {
        const got = await store.get(keyOf(one));
        if (got) expect(got).toEqual(one);
      }
  })();
  await Promise.all(objects.filter((_, i) => i % 4 > 0).map((one) => store.drop(keyOf(one))));
  await Promise.all(objects.map((one) => store.put(one)));
  writing = false;
  await reading;
  expect(store.size).toBe(200);
});

test('a reader overtaken by a drop finds nothing, not damage', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const secret = text('a secret of some length');
  const disk = new CrashDisk();
  const files = {
    ...disk.files,
    open: async (path: string) => {
      const file = await disk.files.open(path);
      const read = async (position: number, length: number): Promise<Uint8Array> => {
        if (length === secret.length) await held;
        return file.read(position, length);
      };
      return { ...file, read };
    },
  };
  await using store = await DiskStore.open('/s', { files, processes: successiveProcesses()() });
  await store.put(secret);
  const reading = store.get(keyOf(secret));
  await store.drop(keyOf(secret));
  release();
  expect(await reading).toBeUndefined();
});

describe('every flipped byte of a pack is noticed, and harms one object at most', () => {
  const objects = ['one', 'two', 'three', 'four'].map((word) => text(`object ${word}`));

  /** A pack of four objects, the second dropped, as a clean close or a kill leaves it. */
  async function written(clean: boolean): Promise<CrashDisk> {
    const disk = new CrashDisk();
    const processes = { self: async () => 'sim.1.0', isAlive: async () => false };
    const store = await DiskStore.open('/s', { files: disk.files, processes });
    for (const one of objects) await store.put(one);
    await store.drop(keyOf(objects[1]!));
    if (clean) await store.close();
    else {
      await new Promise(setImmediate);
      disk.crash('all');
    }
    return disk;
  }

  for (const clean of [true, false])
    test(clean ? 'after a clean close' : 'after a kill', async () => {
      const disk = await written(clean);
      const path = disk.paths().find((one) => one.endsWith('.pack'))!;
      const good = disk.bytesOf(path);
      for (let at = 0; at < good.length; at++) {
        const copy = disk.copy();
        const bad = good.slice();
        bad[at]! ^= 1 << (at % 8);
        copy.overwrite(path, bad);
        const processes = { self: async () => 'sim.2.0', isAlive: async () => false };
        const store = await DiskStore.open('/s', { files: copy.files, processes });
        let harmed = 0;
        for (const one of objects.toSpliced(1, 1)) {
          const got = await store.get(keyOf(one)).catch((error) => error.code);
          if (got === 'STORE_CORRUPT') harmed++;
          else expect(got, `byte ${at}`).toEqual(one);
        }
        const found = [];
        for await (const damage of store.verify()) found.push(damage);
        const { truncatedBytes, mendedHeaders, damaged } = store.recovered;
        const erasedAgain = copy.bytesOf(path)[at] === good[at];
        expect(
          found.length + damaged.length + mendedHeaders + truncatedBytes > 0 || erasedAgain,
          `byte ${at} of ${good.length}`,
        ).toBe(true);
        expect(harmed).toBeLessThanOrEqual(1);
        expect(await store.get(keyOf(objects[1]!))).toBeUndefined();
        await store.close();
      }
    });
});
