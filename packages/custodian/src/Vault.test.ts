// Copyright the Islet authors. AGPL-3.0-or-later.
// Secrets that are nowhere else: whole after any crash, private, and never mistaken.
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '@islet/core/crypto/bytes';
import * as KeyTree from '@islet/core/KeyTree';
import type { Files } from '@islet/store/Files';
import { nodeFiles } from '@islet/store/NodeFiles';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { random } from './scene.testkit.js';
import * as Vault from './Vault.js';

const root = await mkdtemp(join(tmpdir(), 'islet-vault-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const account = random(32);
const signer = random(20);
let folder: string;
let path: string;
let folders = 0;
beforeEach(() => {
  folder = join(root, String(++folders));
  path = join(folder, `${toHex(account)}.json`);
});
const open = (files?: Files) => Vault.open(folder, random, files);
const secretOf = async (vault: Vault.Vault, stream: Parameters<Vault.Vault['root']>[1] = 'glucose/raw') =>
  toHex((await vault.root(account, stream))!.key);

describe('a person’s secrets', () => {
  test('are drawn once per stream, and are the same after opening again', async () => {
    const vault = await open();
    expect(await vault.enrol(account, signer)).toBe(true);
    const drawn = [await secretOf(vault), await secretOf(vault, 'insulin/raw')];
    expect(new Set([...drawn, await secretOf(vault)]).size).toBe(2);
    const again = await open();
    expect([await secretOf(again), await secretOf(again, 'insulin/raw')]).toEqual(drawn);
    expect(again.signerOf(account)).toBe(toHex(signer));
  });

  test('are drawn once also by many questions at one time', async () => {
    const vault = await open();
    await vault.enrol(account, signer);
    const streams = ['glucose/raw', 'insulin/raw'] as const;
    const asked = await Promise.all(Array.from({ length: 20 }, (_, i) => secretOf(vault, streams[i % 2]!)));
    expect(new Set(asked).size).toBe(2);
    expect(new Set([await secretOf(await open()), await secretOf(await open(), 'insulin/raw')])).toEqual(
      new Set(asked),
    );
  });

  test('are independent: one person’s say nothing of another’s', async () => {
    const vault = await open();
    const other = random(32);
    await vault.enrol(account, signer);
    await vault.enrol(other, signer);
    expect(toHex((await vault.root(other, 'glucose/raw'))!.key)).not.toBe(await secretOf(vault));
    expect((await vault.root(account, 'glucose/raw'))!.depth).toBe(KeyTree.root(account, 0, 'x').depth);
  });

  test('are not drawn for someone who never enrolled', async () => {
    const vault = await open();
    expect(await vault.root(account, 'glucose/raw')).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });

  test('stay with the signer pinned first, also after opening again', async () => {
    await (await open()).enrol(account, signer);
    const vault = await open();
    expect(await vault.enrol(account, random(20))).toBe(false);
    expect(await vault.enrol(account, signer)).toBe(true);
    expect(vault.signerOf(account)).toBe(toHex(signer));
  });

  test('of two that enrol the same account at one time, the first is pinned', async () => {
    const vault = await open();
    expect(await Promise.all([vault.enrol(account, signer), vault.enrol(account, random(20))])).toEqual([
      true,
      false,
    ]);
  });
});

describe('its files', () => {
  test('are for the owner alone, and so is their folder', async () => {
    await (await open()).enrol(account, signer);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  test('stop a start where others can read one', async () => {
    await (await open()).enrol(account, signer);
    await chmod(path, 0o640);
    await expect(open()).rejects.toMatchObject({ code: 'PRIVATE_FILE_EXPOSED' });
  });

  test('stop a start under another account’s name', async () => {
    await (await open()).enrol(account, signer);
    await rename(path, join(folder, `${toHex(random(32))}.json`));
    await expect(open()).rejects.toMatchObject({ code: 'CUSTODIAN_VAULT_CORRUPT' });
  });

  test('stop a start where any byte has rotted, whichever it is', async () => {
    const vault = await open();
    await vault.enrol(account, signer);
    await secretOf(vault);
    const good = new Uint8Array(await readFile(path));
    const rotted = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(rotted, async ([at, by]) => {
        const bad = new Uint8Array(good);
        bad[at] = bad[at]! ^ by;
        await writeFile(path, bad);
        await expect(open()).rejects.toMatchObject({ code: 'CUSTODIAN_VAULT_CORRUPT' });
      }),
      { numRuns: 200 },
    );
    await writeFile(path, good);
    expect(await secretOf(await open())).toBe(await secretOf(vault));
  });

  test('stop a start where one is cut at any place', async () => {
    await (await open()).enrol(account, signer);
    const good = new Uint8Array(await readFile(path));
    for (let length = 0; length < good.length; length += 7) {
      await writeFile(path, good.slice(0, length));
      await expect(open()).rejects.toMatchObject({ code: 'CUSTODIAN_VAULT_CORRUPT' });
    }
  });
});

describe('a crash', () => {
  /** A disk that dies at the n-th change to it. */
  const dyingAt = (n: number): Files => {
    let calls = 0;
    const step = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
      return (...args: A): Promise<R> =>
        ++calls >= n ? Promise.reject(Object.assign(new Error('dead'), { code: 'EIO' })) : call(...args);
    };
    return {
      ...nodeFiles,
      create: step(async (where: string) => {
        const file = await nodeFiles.create(where);
        return { ...file, write: step(file.write), sync: step(file.sync) };
      }),
      remove: step(nodeFiles.remove),
      rename: step(nodeFiles.rename),
      syncFolder: step(nodeFiles.syncFolder),
    };
  };

  test('at any step of drawing a secret leaves the file as it was or as it became, and hands nothing out', async () => {
    const vault = await open();
    await vault.enrol(account, signer);
    const known = await secretOf(vault);
    for (let n = 1; n <= 6; n++) {
      const dying = await open(dyingAt(n));
      await expect(dying.root(account, 'insulin/raw')).rejects.toMatchObject({
        code: 'PRIVATE_FILE_NOT_WRITTEN',
      });
      const after = await open();
      expect(after.signerOf(account)).toBe(toHex(signer));
      expect(await secretOf(after)).toBe(known);
    }
    // What it left behind stops nobody.
    expect(await secretOf(await open(), 'insulin/raw')).toBe(await secretOf(await open(), 'insulin/raw'));
  });

  test('while enrolling pins nobody until it is on the disk', async () => {
    await open();
    const dying = await open(dyingAt(4));
    await expect(dying.enrol(account, signer)).rejects.toMatchObject({ code: 'PRIVATE_FILE_NOT_WRITTEN' });
    expect(dying.signerOf(account)).toBeUndefined();
    expect(await readdir(folder)).toEqual([`${toHex(account)}.json.tmp`]);
    const after = await open();
    expect(after.signerOf(account)).toBeUndefined();
    expect(await after.enrol(account, signer)).toBe(true);
  });
});
