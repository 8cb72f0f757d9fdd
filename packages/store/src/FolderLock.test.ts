// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CrashDisk } from './CrashDisk.testkit.js';
import { FolderLock } from './FolderLock.js';
import { machineProcesses } from './Processes.js';

const root = await mkdtemp(join(tmpdir(), 'islet-lock-'));
afterAll(() => rm(root, { recursive: true, force: true }));

test('a folder has one holder, and is free again once released', async () => {
  {
    await using _ = await FolderLock.acquire(root);
    await expect(FolderLock.acquire(root)).rejects.toMatchObject({ code: 'FOLDER_LOCKED' });
    await expect(FolderLock.acquire(root)).rejects.toThrow(new RegExp(`process ${process.pid}\\.`));
    expect((await readdir(root)).length).toBe(1);
  }
  expect(await readdir(root)).toEqual([]);
  await (await FolderLock.acquire(root)).close();
});

test('the lock of a dead process, of a reused number, or of another boot is no lock', async () => {
  const [boot, pid, start] = (await machineProcesses.self()).split('.');
  const stale = [`${boot}.4194304.1`, `${boot}.${pid}.${Number(start) - 1}`, `0123456789ab.${pid}.${start}`];
  for (const id of stale) {
    expect(await machineProcesses.isAlive(id)).toBe(false);
    await writeFile(join(root, `lock-${id}-1`), '');
  }
  expect(await machineProcesses.isAlive(await machineProcesses.self())).toBe(true);
  await using _ = await FolderLock.acquire(root);
  expect((await readdir(root)).length).toBe(1);
});

test('of many who come at once, never two get in', async () => {
  for (let round = 0; round < 50; round++) {
    const { files } = new CrashDisk();
    const slow = {
      ...files,
      list: async (folder: string) => {
        const names = await files.list(folder);
        for (let i = 0; i < (round * 7) % 5; i++) await Promise.resolve();
        return names;
      },
    };
    const came = Array.from({ length: 5 }, async (_, i) => {
      for (let wait = 0; wait < (i * round) % 11; wait++) await Promise.resolve();
      return FolderLock.acquire('/f', {
        files: slow,
        processes: { self: async () => `sim.${i}.0`, isAlive: async () => true },
      });
    });
    const inside = (await Promise.allSettled(came)).filter((one) => one.status === 'fulfilled');
    expect(inside.length).toBeLessThanOrEqual(1);
  }
});
