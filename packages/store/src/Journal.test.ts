// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { CrashDisk } from './CrashDisk.testkit.js';
import { faultyFiles } from './FaultyFiles.testkit.js';
import { Journal, type JournalOptions, type JournalRecord } from './Journal.js';
import * as JournalFrame from './JournalFrame.js';
import { nodeFiles } from './NodeFiles.js';

const root = await mkdtemp(join(tmpdir(), 'islet-journal-'));
afterAll(() => rm(root, { recursive: true, force: true }));
let folders = 0;
const freshFolder = (): string => join(root, String(++folders));

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const dead = { self: async () => 'sim.1.0', isAlive: async () => false };

async function all(journal: Journal, from?: number): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const one of journal.read(from)) records.push(one);
  return records;
}

test('what was appended is read back, numbered from 0, also after opening again', async () => {
  const folder = freshFolder();
  const records = ['a', '', 'ccc'].map(text);
  {
    await using journal = await Journal.open(folder);
    for (const one of records) await journal.append(one);
    expect(await all(journal)).toEqual(records.map((record, position) => ({ position, record })));
  }
  await using journal = await Journal.open(folder);
  expect(journal.recovered).toEqual({ truncatedBytes: 0 });
  expect([journal.first, journal.next]).toEqual([0, 3]);
  expect(await all(journal, 1)).toEqual([
    { position: 1, record: records[1] },
    { position: 2, record: records[2] },
  ]);
  expect(await journal.append(text('d'))).toBe(3);
  expect(await all(journal, 4)).toEqual([]);
});

test('appends made at once keep their order and share their syncs', async () => {
  const counted = faultyFiles(nodeFiles);
  await using journal = await Journal.open(freshFolder(), { files: counted.files });
  const before = counted.calls();
  const positions = await Promise.all(Array.from({ length: 1000 }, (_, i) => journal.append(text(`${i}`))));
  expect(positions).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect(counted.calls() - before).toBeLessThan(10);
  expect((await all(journal)).map((one) => new TextDecoder().decode(one.record))).toEqual(
    positions.map(String),
  );
});

test('an append is answered only after the sync of its bytes has returned', async () => {
  const events: string[] = [];
  const files = {
    ...nodeFiles,
    open: async (path: string) => {
      const file = await nodeFiles.open(path);
      const datasync = async (): Promise<void> => {
        events.push('sync begins');
        await new Promise((resolve) => setTimeout(resolve, 20));
        await file.datasync();
        events.push('sync ends');
      };
      const write = async (position: number, bytes: Uint8Array): Promise<void> => {
        if (Buffer.from(bytes).includes('record')) events.push('write');
        await file.write(position, bytes);
      };
      return { ...file, datasync, write };
    },
  };
  await using journal = await Journal.open(freshFolder(), { files });
  await journal.append(text('record'));
  events.push('answered');
  expect(events).toEqual(['write', 'sync begins', 'sync ends', 'answered']);
});

test('files turn at their size, and whole old ones can be dropped', async () => {
  const folder = freshFolder();
  const options = { maxSegmentBytes: 400 };
  {
    await using journal = await Journal.open(folder, options);
    for (let i = 0; i < 50; i++) await journal.append(text(`record ${i}`.padEnd(50)));
    const files = await readdir(folder);
    expect(files.filter((name) => name.endsWith('.journal')).length).toBeGreaterThan(10);
    await journal.truncateBefore(31);
    expect(journal.first).toBeLessThanOrEqual(31);
    expect(journal.first).toBeGreaterThan(31 - 4);
    const positions = (await all(journal)).map((one) => one.position);
    expect(positions).toEqual(Array.from({ length: 50 - journal.first }, (_, i) => journal.first + i));
  }
  await using journal = await Journal.open(folder, options);
  await journal.truncateBefore(1000);
  expect(journal.next).toBe(50);
  expect(await journal.append(text('x'))).toBe(50);
  expect((await all(journal, 50)).length).toBe(1);
});

test('reading follows appending, and sees only what is durable', async () => {
  await using journal = await Journal.open(freshFolder(), { maxSegmentBytes: 1000 });
  let seen = 0;
  const appending = (async () => {
    for (let i = 0; i < 200; i++)
      await Promise.all([journal.append(text(`${i}a`)), journal.append(text(`${i}b`))]);
  })();
  while (seen < 400) {
    for await (const { position, record } of journal.read(seen)) {
      expect(position).toBe(seen);
      expect(position).toBeLessThan(journal.next);
      expect(new TextDecoder().decode(record)).toBe(`${position >> 1}${position % 2 ? 'b' : 'a'}`);
      seen++;
    }
    await new Promise(setImmediate);
  }
  await appending;
});

test('a reader overtaken by a truncation goes on with what is kept', async () => {
  await using journal = await Journal.open(freshFolder(), { maxSegmentBytes: 200 });
  for (let i = 0; i < 30; i++) await journal.append(text(`record ${i}`));
  const positions: number[] = [];
  for await (const { position } of journal.read()) {
    if (position === 1) await journal.truncateBefore(20);
    positions.push(position);
  }
  expect(positions.slice(0, 2)).toEqual([0, 1]);
  expect(positions.at(-1)).toBe(29);
  expect(positions).toEqual(positions.toSorted((a, b) => a - b));
});

test('reading may begin anywhere in a long file', async () => {
  await using journal = await Journal.open(freshFolder());
  await Promise.all(Array.from({ length: 1000 }, (_, i) => journal.append(new Uint8Array(1000).fill(i))));
  for (const from of [0, 1, 64, 65, 66, 500, 999]) {
    const [first] = await all(journal, from);
    expect(first).toEqual({ position: from, record: new Uint8Array(1000).fill(from) });
  }
});

test('a record beyond the limit, too much waiting, and a closed journal are refused', async () => {
  const journal = await Journal.open(freshFolder(), { maxRecordBytes: 100 });
  await journal.append(new Uint8Array(100));
  await expect(journal.append(new Uint8Array(101))).rejects.toMatchObject({
    code: 'JOURNAL_RECORD_TOO_LARGE',
  });
  await journal.close();
  await journal.close();
  await expect(journal.append(text('x'))).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' });
  await using wide = await Journal.open(freshFolder());
  const big = new Uint8Array(8 * 1024 * 1024);
  const answers = await Promise.allSettled(Array.from({ length: 9 }, () => wide.append(big)));
  expect(answers.map((one) => one.status)).toContain('rejected');
  expect(answers.find((one) => one.status === 'rejected')?.reason).toMatchObject({ code: 'JOURNAL_BUSY' });
  expect(wide.next).toBe(answers.filter((one) => one.status === 'fulfilled').length);
});

test('closing waits for what is under way', async () => {
  const folder = freshFolder();
  const journal = await Journal.open(folder);
  const appending = Promise.all(Array.from({ length: 100 }, (_, i) => journal.append(text(`${i}`))));
  await journal.close();
  await appending;
  await using again = await Journal.open(folder);
  expect(again.next).toBe(100);
});

test('a caller may change its bytes as soon as append has returned', async () => {
  await using journal = await Journal.open(freshFolder());
  const mine = Buffer.from('mine');
  const appending = journal.append(mine);
  mine.fill(0);
  await appending;
  expect((await all(journal))[0]!.record).toEqual(text('mine'));
});

test('whatever is appended, truncated and reopened, a journal is the list of what was appended', async () => {
  const step = fc.oneof(
    fc.record({ append: fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 6 }) }),
    fc.record({ truncate: fc.nat(30) }),
    fc.constant({ reopen: true }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const disk = new CrashDisk();
      const options: JournalOptions = { files: disk.files, processes: dead, maxSegmentBytes: 300 };
      let journal = await Journal.open('/j', options);
      const model: JournalRecord[] = [];
      for (const one of steps) {
        if ('append' in one) {
          const positions = await Promise.all(one.append.map((record) => journal.append(record)));
          one.append.forEach((record, i) => {
            model.push({ position: positions[i]!, record: new Uint8Array(record) });
          });
        } else if ('truncate' in one) await journal.truncateBefore(one.truncate);
        else {
          await journal.close();
          journal = await Journal.open('/j', options);
        }
      }
      expect(model.map((one) => one.position)).toEqual(model.map((_, i) => i));
      expect(journal.recovered).toEqual({ truncatedBytes: 0 });
      expect(await all(journal)).toEqual(model.slice(journal.first));
      await journal.close();
    }),
    { numRuns: 100 },
  );
});

describe('damage is noticed', () => {
  /** A journal of two files, the first full, as a clean close, or a kill at rest, leaves it. */
  async function written(clean: boolean): Promise<CrashDisk> {
    const disk = new CrashDisk();
    const journal = await Journal.open('/j', { files: disk.files, processes: dead, maxSegmentBytes: 250 });
    for (let i = 0; i < 6; i++) await journal.append(text(`record ${i}`));
    if (clean) await journal.close();
    else {
      await new Promise((resolve) => setTimeout(resolve, 5));
      disk.crash('all');
    }
    return disk;
  }
  const options = (disk: CrashDisk): JournalOptions => ({ files: disk.files, processes: dead });
  const files = (disk: CrashDisk): string[] => disk.paths().filter((path) => path.endsWith('.journal'));

  for (const clean of [true, false])
    test(`in every byte of every file, ${clean ? 'closed' : 'killed'}: named, or nothing but a mark was lost`, async () => {
      const disk = await written(clean);
      expect(files(disk).length).toBe(2);
      for (const path of files(disk)) {
        const good = disk.bytesOf(path);
        for (let at = 0; at < good.length; at++) {
          const copy = disk.copy();
          const bad = new Uint8Array(good);
          bad[at]! ^= 1 << (at % 8);
          copy.overwrite(path, bad);
          const opened = await Journal.open('/j', options(copy)).catch((error) => error);
          if (opened instanceof Journal) {
            expect(opened.recovered.truncatedBytes, `${path}, byte ${at}`).toBe(JournalFrame.headerBytes);
            expect(opened.next).toBe(6);
            expect(path).toBe(files(disk)[1]);
            await opened.close();
          } else {
            expect(opened.code).toBe('JOURNAL_CORRUPT');
            expect(opened.message).toContain(path);
            // What is damaged stays as it is.
            expect(copy.bytesOf(path)).toEqual(bad);
          }
        }
      }
    });

  test('while it is open, by whoever reads the record', async () => {
    const disk = await written(true);
    const journal = await Journal.open('/j', options(disk));
    const [path] = files(disk);
    const bad = new Uint8Array(disk.bytesOf(path!));
    bad[bad.length - 1]! ^= 1;
    disk.overwrite(path!, bad);
    await expect(all(journal)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
    await expect(all(journal)).rejects.toThrow(/damaged at record 2/);
    await journal.close();
  });

  test('records that changed places, a missing file, a file of another journal or another past of the same, a wrong name', async () => {
    const disk = await written(true);
    const [first, second] = files(disk);
    const frame = JournalFrame.headerBytes + text('record 0').length;
    const swapped = new Uint8Array(disk.bytesOf(first!));
    const at = (i: number): number => JournalFrame.headBytes + i * frame;
    const [a, b] = [swapped.slice(at(0), at(1)), swapped.slice(at(1), at(2))];
    swapped.set(b, at(0));
    swapped.set(a, at(1));
    const other = await written(true);
    const attacks: ((copy: CrashDisk) => unknown)[] = [
      (copy) => copy.overwrite(first!, swapped),
      (copy) => copy.overwrite(second!, other.bytesOf(second!)),
      (copy) => copy.overwrite(second!, disk.bytesOf(first!)),
      (copy) => copy.overwrite('/j/0000000000000099.journal', disk.bytesOf(second!)),
      (copy) => copy.overwrite(first!, disk.bytesOf(first!).subarray(0, at(2))),
    ];
    for (const attack of attacks) {
      const copy = disk.copy();
      attack(copy);
      await expect(Journal.open('/j', options(copy))).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
    }
    const fork = async (word: string): Promise<CrashDisk> => {
      const one = new CrashDisk();
      const random = (length: number): Uint8Array => new Uint8Array(length);
      const journal = await Journal.open('/j', { ...options(one), random });
      for (const record of ['same', word, 'same']) await journal.append(text(record));
      await journal.close();
      return one;
    };
    const [left, right] = [await fork('left'), await fork('rite')];
    const [path] = files(left);
    const spliced = new Uint8Array(left.bytesOf(path!));
    const from = JournalFrame.headBytes + JournalFrame.headerBytes + 4;
    spliced.set(right.bytesOf(path!).subarray(from, from + JournalFrame.headerBytes + 4), from);
    left.overwrite(path!, spliced);
    await expect(Journal.open('/j', options(left))).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
    const hole = await Journal.open('/h', { ...options(disk), maxSegmentBytes: 100 });
    for (let i = 0; i < 4; i++) await hole.append(text(`record ${i}`));
    await hole.close();
    await disk.files.remove('/h/0000000000000001.journal');
    await expect(Journal.open('/h', options(disk))).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
  });
});
