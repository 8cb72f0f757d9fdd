// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import { CrashDisk, fateOf } from './CrashDisk.testkit.js';
import { DiskStore } from './DiskStore.js';
import { type Fault, faultyFiles, type Outcome, successiveProcesses } from './FaultyFiles.testkit.js';
import type { Files } from './Files.js';
import { type Key, keyOf } from './Store.js';

const object = (n: number): Uint8Array => new TextEncoder().encode(`marker ${n} `.repeat(1 + (n % 3)));
const key = (n: number): Key => keyOf(object(n));
const maxPackBytes = 500;
const fates = process.env.ISLET_SOAK ? 200 : 4;

/** What was promised: objects put and acknowledged, drops acknowledged, and what may be either. */
type Told = { kept: Set<number>; gone: Set<number>; unsure: Set<number>; refusals: string[] };

/** Puts, drops and compactions in some packs, each outcome noted as the caller would see it. */
async function work(store: DiskStore, told: Told): Promise<void> {
  const put = async (...ns: number[]): Promise<void> => {
    for (const n of ns) {
      told.unsure.add(n);
      told.gone.delete(n);
    }
    await store.putAll(ns.map(object)).then(
      () => {
        for (const n of ns) {
          told.unsure.delete(n);
          told.kept.add(n);
        }
      },
      (error) => told.refusals.push(error.code),
    );
  };
  const drop = async (n: number): Promise<void> => {
    told.kept.delete(n);
    told.unsure.add(n);
    await store.drop(key(n)).then(
      () => {
        told.unsure.delete(n);
        told.gone.add(n);
      },
      (error) => told.refusals.push(error.code),
    );
  };
  await put(1, 2);
  await Promise.all([put(3), put(4), put(5)]);
  await drop(2);
  await put(6, 7, 8);
  await Promise.all([drop(1), drop(3), drop(4)]);
  await put(2, 9);
  await put(10, 11, 12, 13);
  await drop(9);
  await Promise.all([drop(6), put(14), drop(7), put(15), drop(8)]);
  await put(16);
  await drop(2);
  await put(2);
  await drop(5);
}

const none = (): Told => ({ kept: new Set(), gone: new Set(), unsure: new Set(), refusals: [] });

async function holds(store: DiskStore, told: Told, disk: CrashDisk, where: string): Promise<void> {
  for (const n of told.kept) expect(await store.get(key(n)), `${where}: object ${n}`).toEqual(object(n));
  for (const n of told.gone) expect(await store.get(key(n)), `${where}: dropped ${n}`).toBeUndefined();
  for (const n of told.unsure) {
    const got = await store.get(key(n));
    if (got) expect(got).toEqual(object(n));
  }
  for (const n of told.gone) expect(disk.shows(object(n)), `${where}: bytes of ${n}`).toBe(false);
}

async function reopened(files: Files, processes: ReturnType<ReturnType<typeof successiveProcesses>>) {
  return DiskStore.open('/s', { files, processes, maxPackBytes });
}

describe('when the n-th disk call fails, for every n', () => {
  const outcomes: Outcome[] = ['refused', 'lied', 'half'];
  const codes = ['ENOSPC', 'EIO'];
  for (const outcome of outcomes)
    for (const lasting of [false, true])
      test(`${outcome}${lasting ? ', and all after it' : ''}: what was acknowledged holds, and the store goes on`, async () => {
        let call = 1;
        for (let struck = true; struck; call++) {
          await survives({ call, outcome, lasting, code: codes[call % 2]! }, 'killed');
          const fault: Fault = { call, outcome, lasting, code: codes[call % 2]! };
          struck = await survives(fault, 'closed');
        }
        expect(call).toBeGreaterThan(100);
      });

  async function survives(fault: Fault, ending: 'closed' | 'killed'): Promise<boolean> {
    const where = `call ${fault.call}, ${ending}`;
    const disk = new CrashDisk();
    const next = successiveProcesses();
    const faulty = faultyFiles(disk.files, fault);
    const told = none();
    const store = await reopened(faulty.files, next()).catch((error) => {
      expect(error.code).toMatch(/^(STORE|FOLDER)_/);
    });
    if (store) {
      await work(store, told);
      for (const code of told.refusals) expect(code).toBe('STORE_WRITE_FAILED');
      faulty.heal();
      await holds(store, told, disk, `${where}, still open`);
      if (ending === 'closed') await store.close().catch(() => {});
      else disk.crash('none');
    }
    faulty.heal();
    const again = await reopened(disk.files, next());
    expect(again.recovered.damaged, where).toEqual([]);
    await holds(again, told, disk, `${where}, opened again`);
    for (const n of told.unsure) await again.drop(key(n));
    for (const n of told.unsure) expect(disk.shows(object(n)), where).toBe(false);
    await again.put(object(99));
    expect(await again.get(key(99))).toEqual(object(99));
    await again.close();
    return faulty.struck();
  }
});

test('when a new pack could not be begun, the old one does not grow again', async () => {
  const disk = new CrashDisk();
  let failing = false;
  const rename = async (from: string, to: string): Promise<void> => {
    await disk.files.rename(from, to);
    if (failing && to.endsWith('.pack')) throw Object.assign(new Error(), { code: 'EIO' });
  };
  await using store = await reopened({ ...disk.files, rename }, successiveProcesses()());
  await store.put(new Uint8Array(350));
  failing = true;
  await expect(store.put(new Uint8Array(200))).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
  failing = false;
  await store.put(object(1));
  expect(Buffer.from(disk.bytesOf('/s/00000001.pack')).indexOf(object(1))).toBe(-1);
  expect(Buffer.from(disk.bytesOf('/s/00000002.pack')).indexOf(object(1))).not.toBe(-1);
});

test('when the disk is full a while, the store refuses, reads on, and resumes by itself', async () => {
  const disk = new CrashDisk();
  let full = false;
  const files: Files = {
    ...disk.files,
    open: async (path) => {
      const file = await disk.files.open(path);
      const write = async (at: number, bytes: Uint8Array): Promise<void> => {
        if (full) await file.write(at, bytes.subarray(0, 20));
        if (full) throw Object.assign(new Error(), { code: 'ENOSPC' });
        await file.write(at, bytes);
      };
      return { ...file, write };
    },
  };
  await using store = await reopened(files, successiveProcesses()());
  await store.put(object(1));
  full = true;
  for (let n = 2; n < 6; n++)
    await expect(store.put(object(n))).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
  await expect(store.put(object(2))).rejects.toThrow(/ENOSPC/);
  expect(await store.get(key(1))).toEqual(object(1));
  expect(await store.has(key(2))).toBe(false);
  full = false;
  await store.put(object(2));
  expect(await store.get(key(2))).toEqual(object(2));
});

describe('when the power goes', () => {
  /** Runs the work until the n-th call, where everything stops. */
  async function stopped(
    call: number,
    outcome: Outcome,
  ): Promise<{ disk: CrashDisk; told: Told; struck: boolean }> {
    const disk = new CrashDisk();
    const faulty = faultyFiles(disk.files, { call, outcome, lasting: true, code: 'EIO' });
    const told = none();
    const store = await reopened(faulty.files, successiveProcesses()()).catch(() => undefined);
    if (store) {
      await work(store, told);
      if (!faulty.struck()) await store.close().catch(() => {});
    }
    return { disk, told, struck: faulty.struck() };
  }

  async function check(disk: CrashDisk, told: Told, where: string): Promise<void> {
    const next = successiveProcesses();
    const processes = { ...next(), self: async () => 'later.1.0', isAlive: async () => false };
    const store = await reopened(disk.files, processes);
    expect(store.recovered.damaged, where).toEqual([]);
    await holds(store, told, disk, where);
    for (const n of told.unsure) await store.drop(key(n));
    await store.put(object(99));
    await store.close();
    const again = await reopened(disk.files, processes);
    expect(await again.get(key(99)), where).toEqual(object(99));
    expect(again.recovered, where).toEqual({ truncatedBytes: 0, mendedHeaders: 0, damaged: [] });
    for (const n of told.unsure) expect(disk.shows(object(n)), where).toBe(false);
    await again.close();
  }

  for (const survival of ['none', 'all'] as const)
    test(`at any call, and ${survival} of the unsynced changes survive: what was acknowledged holds`, async () => {
      for (const outcome of ['refused', 'lied', 'half'] as const)
        for (let call = 1, struck = true; struck; call++) {
          const state = await stopped(call, outcome);
          struck = state.struck;
          state.disk.crash(survival);
          await check(state.disk, state.told, `call ${call}, ${outcome}`);
        }
    });

  test('after a kill, what was found once stays, though the power goes next', async () => {
    for (const outcome of ['refused', 'lied', 'half'] as const)
      for (let call = 1, struck = true; struck; call++) {
        const { disk, ...state } = await stopped(call, outcome);
        struck = state.struck;
        disk.kill();
        const processes = { self: async () => 'later.1.0', isAlive: async () => false };
        const found: Key[] = [];
        for await (const one of (await reopened(disk.files, processes)).keys()) found.push(one);
        disk.crash('none');
        const again = await reopened(disk.files, processes);
        for (const one of found) expect(await again.get(one), `call ${call}, ${outcome}`).toBeDefined();
        await again.close();
      }
  });

  test('at any call, with the last write torn at any byte: what was acknowledged holds', async () => {
    for (let call = 1, struck = true; struck; call++) {
      const state = await stopped(call, 'refused');
      struck = state.struck;
      for (let at = 0; at < 120; at += 5) {
        const disk = state.disk.copy();
        disk.crash({ tearLastWriteAt: at });
        await check(disk, state.told, `call ${call} torn at ${at}`);
      }
    }
  });

  test('at any call, with any part of any write on the disk: what was acknowledged holds', async () => {
    for (const outcome of ['refused', 'lied'] as const)
      for (let call = 1, struck = true; struck; call++) {
        const state = await stopped(call, outcome);
        struck = state.struck;
        for (let fate = 0; fate < fates; fate++) {
          const disk = state.disk.copy();
          disk.crash(fateOf(fate * 1000 + call));
          await check(disk, state.told, `call ${call}, ${outcome}, fate ${fate}`);
        }
      }
  }, 300_000);
});
