// Copyright the Islet authors. AGPL-3.0-or-later.
// A journal rewritten holds what it was rewritten to, whatever happens on the way, and not a byte of what was left out.
import { describe, expect, test } from 'vitest';
import { CrashDisk, fateOf, type Survival } from './CrashDisk.testkit.js';
import { faultyFiles, successiveProcesses } from './FaultyFiles.testkit.js';
import type { Files } from './Files.js';
import { Journal } from './Journal.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (record: Uint8Array): string => new TextDecoder().decode(record);
const afterwards = { self: async () => 'later.1.0', isAlive: async (_: string) => false };
const open = (files: Files, processes = afterwards): Promise<Journal> =>
  Journal.open('/j', { files, processes, maxSegmentBytes: 400 });

const before = Array.from({ length: 20 }, (_, i) =>
  i % 3 === 0 ? `SECRET-${i}-`.padEnd(60, 's') : `kept ${i}`.padEnd(40, '.'),
);
const after = before.map((one, i) => (one.startsWith('SECRET') ? `gone ${i}` : one));
const redacted = async (record: Uint8Array, position: number): Promise<Uint8Array> =>
  text(record).startsWith('SECRET') ? bytes(`gone ${position}`) : record;

async function filled(disk: CrashDisk): Promise<void> {
  await using journal = await open(disk.files);
  for (const one of before) await journal.append(bytes(one));
}

async function texts(journal: Journal): Promise<string[]> {
  const found: string[] = [];
  for await (const { position, record } of journal.read()) {
    expect(position).toBe(found.length);
    found.push(text(record));
  }
  return found;
}

test('it reads as it was rewritten, at once and when opened again, and goes on from there', async () => {
  const disk = new CrashDisk();
  await filled(disk);
  const journal = await open(disk.files);
  expect(disk.shows(bytes('SECRET'))).toBe(true);
  await journal.rewrite(redacted);
  expect(await texts(journal)).toEqual(after);
  expect(disk.shows(bytes('SECRET'))).toBe(false);
  expect(await journal.append(bytes('more'))).toBe(20);
  expect(await texts(journal)).toEqual([...after, 'more']);
  await journal.close();
  const again = await open(disk.files);
  expect(again.recovered).toEqual({ truncatedBytes: 0 });
  expect(await texts(again)).toEqual([...after, 'more']);
  expect(disk.paths().filter((path) => /new|rewriting/.test(path))).toEqual([]);
});

test('a reader under way goes on in the new files, and appends wait their turn', async () => {
  const disk = new CrashDisk();
  await filled(disk);
  await using journal = await open(disk.files);
  const read: string[] = [];
  let appended: Promise<number> | undefined;
  for await (const { record } of journal.read()) {
    read.push(text(record));
    if (read.length !== 2) continue;
    const rewritten = journal.rewrite(redacted);
    appended = journal.append(bytes('meanwhile'));
    await rewritten;
  }
  expect(await appended).toBe(20);
  expect(read.length).toBeGreaterThanOrEqual(20);
  for (const [i, one] of read.slice(0, 20).entries()) expect([before[i], after[i]]).toContain(one);
});

describe('cut off at any call', () => {
  const survivals: Survival[] = ['none', 'all', ...[1, 2, 3, 4, 5].map(fateOf)];
  test.each(survivals.map((survival, i) => [i, survival] as const))(
    'it is as it was or as it was to become, and nothing else (fate %i)',
    async (_, survival) => {
      for (let call = 1; ; call++) {
        const disk = new CrashDisk();
        await filled(disk);
        const fault = { call, outcome: 'refused' as const, lasting: true, code: 'EIO' };
        const faulty = faultyFiles(disk.files, fault);
        const journal = await open(faulty.files, successiveProcesses()()).catch(() => undefined);
        const done = await journal?.rewrite(redacted).then(
          () => true,
          () => false,
        );
        const struck = faulty.struck();
        disk.crash(survival);
        const again = await open(disk.files);
        const found = await texts(again);
        const where = `call ${call}, ${done ? 'resolved' : 'rejected'}`;
        expect(found.join() === after.join() || (!done && found.join() === before.join()), where).toBe(true);
        await again.rewrite(redacted);
        expect(await texts(again), where).toEqual(after);
        expect(disk.paths().filter((path) => /new$|rewriting/.test(path))).toEqual([]);
        await again.close();
        if (!struck) return;
      }
    },
  );
});
