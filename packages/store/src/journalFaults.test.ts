// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import { CrashDisk, fateOf } from './CrashDisk.testkit.js';
import { type Fault, faultyFiles, type Outcome, successiveProcesses } from './FaultyFiles.testkit.js';
import type { Files } from './Files.js';
import { Journal } from './Journal.js';

const maxSegmentBytes = 400;
const fates = process.env.ISLET_SOAK ? 200 : 4;
const outcomes: Outcome[] = ['refused', 'lied', 'half'];
const afterwards = { self: async () => 'later.1.0', isAlive: async (_: string) => false };

/** Texts in the order they were submitted, and the positions of those that were acknowledged. */
type Told = { submitted: string[]; acknowledged: Map<number, string>; truncatedTo: number; first: number };

const none = (): Told => ({ submitted: [], acknowledged: new Map(), truncatedTo: 0, first: 0 });

/** Single and concurrent appends over several files, and a truncation. */
async function work(journal: Journal, told: Told): Promise<void> {
  let count = 0;
  const append = async (): Promise<void> => {
    const text = `record ${count}`.padEnd(20 + (count % 5) * 20, '.');
    count++;
    told.submitted.push(text);
    await journal.append(new TextEncoder().encode(text)).then(
      (position) => told.acknowledged.set(position, text),
      (error) => expect(error.code).toBe('JOURNAL_WRITE_FAILED'),
    );
  };
  for (const together of [1, 1, 3, 2, 5, 1, 4]) {
    await Promise.all(Array.from({ length: together }, append));
    await new Promise(setImmediate);
  }
  told.truncatedTo = 6;
  await journal.truncateBefore(6).then(
    () => {
      told.first = journal.first;
    },
    (error) => expect(error.code).toBe('JOURNAL_WRITE_FAILED'),
  );
  await append();
}

async function texts(journal: Journal): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for await (const { position, record } of journal.read())
    found.set(position, new TextDecoder().decode(record));
  return found;
}

/** acknowledged ⊆ recovered ⊆ submitted, order kept, no duplicates */
function law(recovered: Map<number, string>, told: Told, where: string): void {
  for (const [position, text] of told.acknowledged)
    if (position >= told.truncatedTo || recovered.has(position))
      expect(recovered.get(position), `${where}: record ${position}`).toBe(text);
  const order = [...recovered.values()].map((text) => told.submitted.indexOf(text));
  expect(order, where).not.toContain(-1);
  expect(order, where).toEqual([...new Set(order)].sort((a, b) => a - b));
}

const opened = (files: Files, processes = afterwards): Promise<Journal> =>
  Journal.open('/j', { files, processes, maxSegmentBytes });

/** Runs the work until the n-th call, where everything stops. */
async function stopped(call: number, outcome: Outcome) {
  const disk = new CrashDisk();
  const faulty = faultyFiles(disk.files, { call, outcome, lasting: true, code: 'EIO' });
  const told = none();
  const journal = await opened(faulty.files, successiveProcesses()()).catch(() => undefined);
  if (journal) {
    await work(journal, told);
    if (!faulty.struck()) await journal.close().catch(() => {});
  }
  return { disk, told, struck: faulty.struck() };
}

async function check(disk: CrashDisk, told: Told, where: string): Promise<void> {
  const journal = await opened(disk.files);
  expect(journal.first, where).toBeGreaterThanOrEqual(told.first);
  law(await texts(journal), told, where);
  const position = await journal.append(new TextEncoder().encode('after'));
  await journal.close();
  const again = await opened(disk.files);
  expect(again.recovered, where).toEqual({ truncatedBytes: 0 });
  const found = await texts(again);
  expect(found.get(position), where).toBe('after');
  found.delete(position);
  law(found, told, where);
  await again.close();
}

describe('when the n-th disk call fails, for every n', () => {
  for (const outcome of outcomes)
    for (const lasting of [false, true])
      for (const code of ['ENOSPC', 'EIO'])
        test(`${code}, ${outcome}${lasting ? ', and all after it' : ''}: acknowledged ⊆ recovered ⊆ submitted`, async () => {
          let call = 1;
          for (let struck = true; struck; call++) struck = await survives({ call, outcome, lasting, code });
          expect(call).toBeGreaterThan(60);
        });

  async function survives(fault: Fault): Promise<boolean> {
    const where = `call ${fault.call}`;
    const disk = new CrashDisk();
    const faulty = faultyFiles(disk.files, fault);
    const told = none();
    const journal = await opened(faulty.files, successiveProcesses()()).catch((error) => {
      expect(error.code, where).toMatch(/^JOURNAL_UNREADABLE$/);
    });
    if (journal) {
      await work(journal, told);
      faulty.heal();
      law(await texts(journal), told, `${where}, still open`);
      await journal.close().catch(() => {});
    }
    faulty.heal();
    await check(disk, told, where);
    return faulty.struck();
  }
});

describe('after a failed write', () => {
  const failing = (disk: CrashDisk, is: { broken: 'nothing' | 'writes' | 'all' }): Files => {
    const failure = (): Error => Object.assign(new Error('no'), { code: 'ENOSPC' });
    return {
      ...disk.files,
      open: async (path) => {
        const file = await disk.files.open(path);
        return {
          ...file,
          write: async (at, bytes) => {
            if (is.broken === 'nothing') return file.write(at, bytes);
            await file.write(at, bytes.subarray(0, 10));
            throw failure();
          },
          truncate: async (size) => {
            if (is.broken === 'all') throw failure();
            await file.truncate(size);
          },
        };
      },
    };
  };
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  test('the journal resumes by itself when there is space again', async () => {
    const disk = new CrashDisk();
    const is: { broken: 'nothing' | 'writes' | 'all' } = { broken: 'nothing' };
    await using journal = await opened(failing(disk, is));
    await journal.append(bytes('a'));
    is.broken = 'writes';
    await expect(journal.append(bytes('b'))).rejects.toThrow(/ENOSPC.*Make room/);
    await expect(journal.append(bytes('c'))).rejects.toMatchObject({ code: 'JOURNAL_WRITE_FAILED' });
    is.broken = 'nothing';
    expect(await journal.append(bytes('d'))).toBe(1);
    expect([...(await texts(journal)).values()]).toEqual(['a', 'd']);
  });

  test('if it cannot be taken back, every append is refused until the journal is opened again', async () => {
    const disk = new CrashDisk();
    const is: { broken: 'nothing' | 'writes' | 'all' } = { broken: 'nothing' };
    const journal = await opened(failing(disk, is));
    await journal.append(bytes('a'));
    is.broken = 'all';
    await expect(journal.append(bytes('b'))).rejects.toMatchObject({ code: 'JOURNAL_WRITE_FAILED' });
    is.broken = 'nothing';
    await expect(journal.append(bytes('c'))).rejects.toThrow(/FILE_BROKEN/);
    expect([...(await texts(journal)).values()]).toEqual(['a']);
    await journal.close();
    await using again = await opened(disk.files);
    expect(again.recovered.truncatedBytes).toBeGreaterThan(0);
    expect(await again.append(bytes('d'))).toBe(1);
  });
});

describe('when the power goes', () => {
  for (const survival of ['none', 'all'] as const)
    test(`at any call, and ${survival} of the unsynced changes survive`, async () => {
      for (const outcome of outcomes)
        for (let call = 1, struck = true; struck; call++) {
          const state = await stopped(call, outcome);
          struck = state.struck;
          state.disk.crash(survival);
          await check(state.disk, state.told, `call ${call}, ${outcome}`);
        }
    });

  test('after a kill, what was found once stays, though the power goes next', async () => {
    for (const outcome of outcomes)
      for (let call = 1, struck = true; struck; call++) {
        const { disk, ...state } = await stopped(call, outcome);
        struck = state.struck;
        disk.kill();
        const found = await texts(await opened(disk.files));
        disk.crash('none');
        const again = await opened(disk.files);
        expect(await texts(again), `call ${call}, ${outcome}`).toEqual(found);
        await again.close();
      }
  });

  test('at any call, with the last write torn at any byte', async () => {
    for (let call = 1, struck = true; struck; call++) {
      const state = await stopped(call, 'lied');
      struck = state.struck;
      for (let at = 0; at < 500; at += 11) {
        const disk = state.disk.copy();
        disk.crash({ tearLastWriteAt: at });
        await check(disk, state.told, `call ${call} torn at ${at}`);
      }
    }
  });

  test('at any call, with any part of any write on the disk', async () => {
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
