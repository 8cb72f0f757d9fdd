// Copyright the Islet authors. AGPL-3.0-or-later.
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CrashDisk } from './CrashDisk.testkit.js';
import { faultyFiles } from './FaultyFiles.testkit.js';
import * as PrivateFile from './PrivateFile.js';

const root = await mkdtemp(join(tmpdir(), 'islet-private-'));
afterAll(() => rm(root, { recursive: true, force: true }));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test('a private file is read back, belongs to its owner only, and leaves nothing beside it', async () => {
  const path = join(root, 'key');
  expect(await PrivateFile.read(path)).toBeUndefined();
  await PrivateFile.write(path, text('one'));
  await PrivateFile.write(path, text('two'));
  expect(await PrivateFile.read(path)).toEqual(text('two'));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(root)).toEqual(['key']);
});

test('a file that others can reach is refused, with the way out', async () => {
  const path = join(root, 'open');
  await PrivateFile.write(path, text('secret'));
  for (const mode of [0o604, 0o640, 0o644, 0o602, 0o660, 0o601]) {
    await chmod(path, mode);
    await expect(PrivateFile.read(path)).rejects.toMatchObject({ code: 'PRIVATE_FILE_EXPOSED' });
    await expect(PrivateFile.read(path)).rejects.toThrow(`chmod 600 ${path}`);
  }
  for (const mode of [0o600, 0o400]) {
    await chmod(path, mode);
    expect(await PrivateFile.read(path)).toEqual(text('secret'));
  }
});

test('a leftover that others can reach does not lend its mode', async () => {
  const path = join(root, 'lent');
  await writeFile(`${path}.tmp`, 'x', { mode: 0o644 });
  await PrivateFile.write(path, text('secret'));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a file too large to be ours is refused', async () => {
  const path = join(root, 'large');
  await PrivateFile.write(path, new Uint8Array(1024 * 1024 + 1));
  await expect(PrivateFile.read(path)).rejects.toMatchObject({ code: 'PRIVATE_FILE_TOO_LARGE' });
});

test('of writes made at once the last one asked for wins', async () => {
  const path = join(root, 'busy');
  await Promise.all(Array.from({ length: 20 }, (_, i) => PrivateFile.write(path, text(`${i}`))));
  expect(await PrivateFile.read(path)).toEqual(text('19'));
});

test('whichever call fails and whatever survives a crash, the file is the old one or the new one', async () => {
  for (const outcome of ['refused', 'lied', 'half'] as const)
    for (const survival of ['none', 'all', { tearLastWriteAt: 1 }] as const)
      for (let call = 1, struck = true; struck; call++) {
        const disk = new CrashDisk();
        await PrivateFile.write('/f/key', text('old'), disk.files);
        const faulty = faultyFiles(disk.files, { call, outcome, code: 'EIO', lasting: true });
        const error = await PrivateFile.write('/f/key', text('new'), faulty.files).catch((e) => e);
        struck = faulty.struck();
        expect(error?.code).toBe(struck ? 'PRIVATE_FILE_NOT_WRITTEN' : undefined);
        disk.crash(survival);
        const found = new TextDecoder().decode(await PrivateFile.read('/f/key', disk.files));
        expect(struck ? ['old', 'new'] : ['new']).toContain(found);
        await PrivateFile.write('/f/key', text('again'), disk.files);
        expect(await PrivateFile.read('/f/key', disk.files)).toEqual(text('again'));
      }
});
