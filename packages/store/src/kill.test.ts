// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DiskStore } from './DiskStore.js';
import { Journal } from './Journal.js';
import { compileInto, runAndKill } from './killedWriter.testkit.js';
import { keyOf } from './Store.js';

const root = await mkdtemp(join(tmpdir(), 'islet-kill-'));
afterAll(() => rm(root, { recursive: true, force: true }));
const kills = process.env.ISLET_SOAK ? 250 : 5;
const limitMs = 60_000 + kills * 2000;
const waitMs = (): number => Math.random() * 120;

const journalWriter = `
  import { writeSync } from 'node:fs';
  import { Journal } from './store/Journal.js';
  const [folder, run] = process.argv.slice(2);
  const journal = await Journal.open(folder, { maxSegmentBytes: 100000 });
  writeSync(1, 'ready\\n');
  let n = 0;
  async function writer() {
    for (;;) {
      const text = run + ':' + n++;
      const position = await journal.append(Buffer.from(text.padEnd(300 + (n * 37) % 2000, '.')));
      writeSync(1, position + ' ' + text + '\\n');
    }
  }
  for (let i = 0; i < 8; i++) void writer();
`;

const storeWriter = `
  import { writeSync } from 'node:fs';
  import { DiskStore } from './store/DiskStore.js';
  const [folder, run] = process.argv.slice(2);
  const store = await DiskStore.open(folder, { maxPackBytes: 100000 });
  writeSync(1, 'ready\\n');
  let n = 0;
  async function writer() {
    for (;;) {
      const texts = [1, 2, 3].map(() => run + ':' + n++);
      const keys = await store.putAll(texts.map((text) => Buffer.from(text.padEnd(300 + text.length * 50, '.'))));
      for (const text of texts) writeSync(1, 'put ' + text + '\\n');
      writeSync(1, 'dropping ' + texts[0] + '\\n');
      await store.drop(keys[0]);
      writeSync(1, 'dropped ' + texts[0] + '\\n');
    }
  }
  for (let i = 0; i < 8; i++) void writer();
`;

beforeAll(async () => {
  await compileInto(root);
  await writeFile(join(root, 'journal.js'), journalWriter);
  await writeFile(join(root, 'store.js'), storeWriter);
});

test(
  `a journal whose writer is killed ${kills} times has every acknowledged record, once, in its place`,
  async () => {
    const folder = join(root, 'journal');
    const acknowledged = new Map<number, string>();
    let total = 0;
    for (let run = 0; run < kills; run++) {
      const [, ...lines] = await runAndKill(join(root, 'journal.js'), [folder, String(run)], waitMs());
      for (const line of lines) {
        const [position, text] = line.split(' ');
        acknowledged.set(Number(position), text!);
      }
      const began = Date.now();
      await using journal = await Journal.open(folder);
      expect(Date.now() - began).toBeLessThan(5000);
      const found = new Map<number, string>();
      for await (const { position, record } of journal.read())
        found.set(position, new TextDecoder().decode(record).replace(/\.+$/, ''));
      for (const [position, text] of acknowledged) expect(found.get(position)).toBe(text);
      expect(new Set(found.values()).size).toBe(found.size);
      total += acknowledged.size;
      // What has been looked at may go, as a gateway's journal does once its hub has everything.
      await journal.truncateBefore(journal.next);
      for (const position of acknowledged.keys()) if (position < journal.first) acknowledged.delete(position);
    }
    expect(total).toBeGreaterThan(kills);
  },
  limitMs,
);

test(
  `a store whose writer is killed ${kills} times has every acknowledged object and none that was dropped`,
  async () => {
    const told = new Map<string, string>();
    const bytes = (text: string): Uint8Array => Buffer.from(text.padEnd(300 + text.length * 50, '.'));
    for (let run = 0; run < kills; run++) {
      // A new folder now and then, so that checking everything stays quick.
      const folder = join(root, `store${run - (run % 10)}`);
      if (run % 10 === 0) told.clear();
      const [, ...lines] = await runAndKill(join(root, 'store.js'), [folder, String(run)], waitMs());
      for (const line of lines) {
        const [what, text] = line.split(' ');
        told.set(text!, what!);
      }
      await using store = await DiskStore.open(folder);
      expect(store.recovered.damaged).toEqual([]);
      for (const [text, what] of told) {
        const got = await store.get(keyOf(bytes(text)));
        if (what === 'put') expect(got && Buffer.compare(got, bytes(text))).toBe(0);
        if (what === 'dropped') expect(got).toBeUndefined();
      }
    }
    expect(told.size).toBeGreaterThan(0);
  },
  limitMs,
);
