// Copyright the Islet authors. AGPL-3.0-or-later.
// node packages/store/bench/measure.mjs [folder] [--million]   (after a build): what one disk gives.
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskStore } from '@islet/store/DiskStore';
import { Journal } from '@islet/store/Journal';

const root = await mkdtemp(
  join(process.argv.slice(2).find((one) => !one.startsWith('--')) ?? tmpdir(), 'islet-bench-'),
);
const now = () => performance.now();
const size = () => 300 + Math.floor(Math.random() * 4700);
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))].toFixed(2);

async function bareSync() {
  const file = await open(join(root, 'bare'), 'w');
  const times = [];
  for (let i = 0; i < 300; i++) {
    const began = now();
    await file.write(randomBytes(1000), 0, 1000, i * 1000);
    await file.datasync();
    times.push(now() - began);
  }
  await file.close();
  times.sort((a, b) => a - b);
  console.log(`bare write + fdatasync: p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms`);
}

async function appends(writers) {
  const journal = await Journal.open(join(root, `journal-${writers}`));
  const records = Array.from({ length: 500 }, () => randomBytes(size()));
  const times = [];
  const began = now();
  const until = began + 3000;
  const writer = async () => {
    while (now() < until) {
      const start = now();
      await journal.append(records[times.length % records.length]);
      times.push(now() - start);
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  const seconds = (now() - began) / 1000;
  await journal.close();
  times.sort((a, b) => a - b);
  console.log(
    `journal, ${writers} writers: ${Math.round(times.length / seconds)} records/s, p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms`,
  );
  const start = now();
  const again = await Journal.open(join(root, `journal-${writers}`));
  console.log(`  opened again, ${again.next} records: ${(now() - start).toFixed(0)} ms`);
  await again.close();
}

async function puts(batch, length, count) {
  const store = await DiskStore.open(join(root, `puts-${batch}-${length}`));
  const objects = Array.from({ length: count }, () => randomBytes(length));
  const began = now();
  for (let at = 0; at < objects.length; at += batch) await store.putAll(objects.slice(at, at + batch));
  const seconds = (now() - began) / 1000;
  await store.close();
  console.log(
    `store, putAll of ${batch} × ${length} B: ${Math.round(count / seconds)} objects/s, ${((count * length) / seconds / 1e6).toFixed(1)} MB/s`,
  );
}

async function opening(count) {
  const folder = join(root, `opening-${count}`);
  let store = await DiskStore.open(folder);
  const keys = [];
  for (let at = 0; at < count; at += 2000)
    keys.push(...(await store.putAll(Array.from({ length: 2000 }, () => randomBytes(600)))));
  await store.close();
  for (const how of ['with index files', 'without']) {
    if (how === 'without')
      for (let i = 1; i <= 99; i++)
        await rm(join(folder, `${String(i).padStart(8, '0')}.index`), { force: true });
    const began = now();
    store = await DiskStore.open(folder);
    console.log(`store of ${store.size} objects × 600 B opened ${how}: ${(now() - began).toFixed(0)} ms`);
    const start = now();
    for (let i = 0; i < 5000; i++) await store.get(keys[(i * 7919) % keys.length]);
    console.log(
      `  get: ${Math.round(5000 / ((now() - start) / 1000))}/s; rss ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
    );
    if (how === 'without') {
      const first = now();
      for (let i = 0; i < 200; i++) await store.drop(keys[i]);
      console.log(`  drop, one by one: ${((now() - first) / 200).toFixed(2)} ms each`);
      const second = now();
      await Promise.all(keys.slice(200, 2200).map((key) => store.drop(key)));
      console.log(`  drop, 2000 at once: ${((now() - second) / 2000).toFixed(3)} ms each`);
    }
    await store.close();
  }
}

await bareSync();
for (const writers of [1, 10, 100]) await appends(writers);
await puts(1, 600, 1000);
await puts(100, 600, 20_000);
await puts(1000, 600, 100_000);
await puts(1000, 3000, 30_000);
await opening(100_000);
if (process.argv.includes('--million')) await opening(1_000_000);
await rm(root, { recursive: true, force: true });
