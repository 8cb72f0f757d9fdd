// Copyright the Islet authors. AGPL-3.0-or-later.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as FolderLock from './FolderLock.js';
import { birthOf } from './processes.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a held lock is refused, a released one is free', async () => {
  const lock = await FolderLock.take(path);
  await expect(FolderLock.take(path)).rejects.toMatchObject({ code: 'LEDGER_LOCKED' });
  await lock.release();
  await (await FolderLock.take(path)).release();
});

test('of many that find the same stale lock, one gets it', async () => {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  const holder = { pid: child.pid, birth: birthOf(child.pid!) };
  await new Promise((resolve) => child.once('exit', resolve));
  await writeFile(path, JSON.stringify(holder));
  const taken = await Promise.allSettled(Array.from({ length: 8 }, () => FolderLock.take(path)));
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a lock of a process id that another process has by now is stale', async () => {
  await writeFile(path, JSON.stringify({ pid: process.pid, birth: 'another boot 12345' }));
  await (await FolderLock.take(path)).release();
});

test.each(['', '{"pid":', 'null'])('a lock cut off at %j is taken over', async (text) => {
  await writeFile(path, text);
  await (await FolderLock.take(path)).release();
});
