// Copyright the Islet authors. AGPL-3.0-or-later.
// Secrets that are nowhere else: whole after any crash, private, and never mistaken.
import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as KeyTree from '@islet/core/KeyTree';
import type { Stream } from '@islet/core/Stream';
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
  path = join(folder, `${toHex(account)}.vault`);
});
const open = (files?: Files, at = folder, keys = `${folder}-key`) =>
  Vault.open({ folder: at, keyFolder: keys, random, ...(files && { files }) });
const secretOf = async (vault: Vault.Vault, stream: Stream = 'glucose/raw') =>
  JSON.stringify(await vault.tree(account, stream));

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
    expect(JSON.stringify(await vault.tree(other, 'glucose/raw'))).not.toBe(await secretOf(vault));
    expect((await vault.tree(account, 'glucose/raw'))!.nodes).toMatchObject([{ depth: 0, index: 0 }]);
  });

  test('are not drawn for someone who never enrolled', async () => {
    const vault = await open();
    expect(await vault.tree(account, 'glucose/raw')).toBeUndefined();
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
    await rename(path, join(folder, `${toHex(random(32))}.vault`));
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

const window = { streams: ['glucose/raw'], firstDay: 46_000, lastDay: 46_010 } as const;
const everything = { streams: [], firstDay: Day.first, lastDay: Day.last };
const keyOf = async (vault: Vault.Vault, day: number, stream: Stream = 'glucose/raw') => {
  const tree = await vault.tree(account, stream);
  const leaf = tree && KeyTree.leaf(tree.nodes, day);
  return leaf && toHex(leaf);
};
/** Every byte of the vault and of its key, as one text. */
async function bytesIn(...folders: string[]): Promise<Buffer> {
  const all: Buffer[] = [];
  for (const one of folders) for (const file of await readdir(one)) all.push(await readFile(join(one, file)));
  return Buffer.concat(all);
}

describe('an erasure', () => {
  test('takes those days and the late key, and leaves every other day as it was', async () => {
    const vault = await open();
    await vault.enrol(account, signer);
    const before = [
      await keyOf(vault, 45_999),
      await keyOf(vault, 46_011),
      await keyOf(vault, 5, 'insulin/raw'),
    ];
    const { late } = (await vault.tree(account, 'glucose/raw'))!;
    expect(await vault.erase(account, window)).toBe(1);
    for (const one of [vault, await open()]) {
      for (const day of [46_000, 46_005, 46_010]) expect(await keyOf(one, day)).toBeUndefined();
      expect([
        await keyOf(one, 45_999),
        await keyOf(one, 46_011),
        await keyOf(one, 5, 'insulin/raw'),
      ]).toEqual(before);
      expect((await one.tree(account, 'glucose/raw'))!.late).not.toEqual(late);
    }
  });

  test('of a stream that had no secret yet leaves it none for those days', async () => {
    const vault = await open();
    await vault.enrol(account, signer);
    await vault.erase(account, window);
    expect(await keyOf(await open(), 46_003)).toBeUndefined();
    expect(await keyOf(await open(), 46_011)).toBeDefined();
  });

  test('of everything ends the account for good, and only that one', async () => {
    const vault = await open();
    const other = random(32);
    for (const id of [account, other]) await vault.enrol(id, signer);
    const theirs = JSON.stringify(await vault.tree(other, 'note/raw'));
    await secretOf(vault);
    await vault.erase(account, everything);
    for (const one of [vault, await open()]) {
      expect(await one.tree(account, 'glucose/raw')).toBeUndefined();
      expect(one.hasEnded(account)).toBe(true);
      expect(one.signerOf(account)).toBe(toHex(signer));
      expect(one.hasEnded(other)).toBe(false);
      expect(JSON.stringify(await one.tree(other, 'note/raw'))).toBe(theirs);
    }
  });

  test('leaves a copy of the vault made before of no use with the key of today', async () => {
    const vault = await open();
    await vault.enrol(account, signer);
    await secretOf(vault);
    const backup = `${folder}-backup`;
    await cp(folder, backup, { recursive: true });
    await cp(`${folder}-key`, `${backup}-key`, { recursive: true });
    const key = await readFile(join(`${folder}-key`, 'key-1'));
    await vault.erase(account, window);
    await expect(open(undefined, backup)).rejects.toMatchObject({ code: 'CUSTODIAN_VAULT_CORRUPT' });
    // With its own key it would open, so that the test can fail: hence that key is in no file any more.
    await open(undefined, backup, `${backup}-key`);
    expect((await bytesIn(folder, `${folder}-key`)).includes(key)).toBe(false);
    expect(await readdir(`${folder}-key`)).toEqual(['key-2']);
  });

  test('leaves no root, node or leaf above an erased day in any byte, wrapped or not', async () => {
    const vault = await open();
    await vault.enrol(account, signer);
    const { nodes } = (await vault.tree(account, 'glucose/raw'))!;
    const path: string[] = [];
    for (let n: KeyTree.Node = nodes[0]!; ; n = KeyTree.cover(n, 46_005, 46_005)[0]!) {
      path.push(toHex(n.key));
      if (n.depth === KeyTree.depth) break;
    }
    await vault.erase(account, window);
    const left = JSON.stringify(await vault.tree(account, 'glucose/raw'), (_, v) =>
      v instanceof Uint8Array ? toHex(v) : v,
    );
    const disk = await bytesIn(folder, `${folder}-key`);
    for (const key of path) {
      expect(left).not.toContain(key);
      expect(disk.includes(Buffer.from(key, 'hex')) || disk.includes(key)).toBe(false);
    }
  });

  test('cut off at any step is done when asked again, and loses nobody anything else', async () => {
    const other = random(32);
    for (let n = 1; n <= 40; n++) {
      const at = `${folder}-${n}`;
      const opened = (files?: Files) => open(files, at, `${at}-key`);
      const vault = await opened();
      for (const id of [account, other]) await vault.enrol(id, signer);
      const kept = [await keyOf(vault, 46_011), JSON.stringify(await vault.tree(other, 'glucose/raw'))];
      const dying = await opened(dyingAt(n));
      const done = await dying.erase(account, window).then(
        () => true,
        () => false,
      );
      // Whatever became of the disk, this process opens nothing of it any more.
      expect(await keyOf(dying, 46_005)).toBeUndefined();
      const after = await opened();
      if (done) expect(await keyOf(after, 46_005)).toBeUndefined();
      expect(await readdir(`${at}-key`)).toHaveLength(1);
      expect([await keyOf(after, 46_011), JSON.stringify(await after.tree(other, 'glucose/raw'))]).toEqual(
        kept,
      );
      await after.erase(account, window);
      const again = await opened();
      expect(await keyOf(again, 46_005)).toBeUndefined();
      expect(await keyOf(again, 46_011)).toBe(kept[0]);
      if (done) return;
    }
    throw new Error('an erasure takes more than forty changes to the disk');
  });
});

describe('a crash', () => {
  test('at any step of drawing a secret leaves the file as it was or as it became, and hands nothing out', async () => {
    const vault = await open();
    await vault.enrol(account, signer);
    const known = await secretOf(vault);
    for (let n = 1; n <= 6; n++) {
      const dying = await open(dyingAt(n));
      await expect(dying.tree(account, 'insulin/raw')).rejects.toMatchObject({
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
    expect(await readdir(folder)).toEqual([`${toHex(account)}.vault.tmp`]);
    const after = await open();
    expect(after.signerOf(account)).toBeUndefined();
    expect(await after.enrol(account, signer)).toBe(true);
  });
});
