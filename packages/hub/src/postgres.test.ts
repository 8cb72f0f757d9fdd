// Copyright the Islet authors. AGPL-3.0-or-later.
// The index in a PostgreSQL of its own. What the routes ask of it is tested on the embedded one (put, fetch); this
// tests that both hold the same rows, whichever was there first.
import { join } from 'node:path';
import { toHex } from '@islet/core/crypto/bytes';
import { encodeList } from '@islet/core/wire/Ask';
import { askName, parseReceipts } from '@islet/core/wire/Receipts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Database from './Database.js';
import type { Hub } from './Hub.js';
import * as Pglite from './Pglite.js';
import * as Postgres from './postgres.testkit.js';
import * as Scene from './scene.testkit.js';
import * as W from './writer.testkit.js';

let chain: Scene.Chain;
let server: Postgres.Server;

beforeAll(async () => {
  [chain, server] = await Promise.all([Scene.startChain(), Postgres.start()]);
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await chain?.[Symbol.asyncDispose]();
});

const asking =
  (hub: Hub): Scene.Ask =>
  (path, init) =>
    hub.app.request(path, init);

async function receipts(hub: Hub, sealed: W.Sealed[]): Promise<(string | null)[]> {
  const hashes = sealed.map((s) => s.segment.hash);
  const response = await Scene.ok(Scene.post(asking(hub), '/v1/receipts', encodeList(askName, hashes)));
  const answer = parseReceipts(new Uint8Array(await response.arrayBuffer()));
  return answer.map((a) => a.receipt && toHex(a.receipt));
}

async function anchored(hub: Hub, sealed: W.Sealed[]): Promise<(string | null)[]> {
  for (;;) {
    const found = await receipts(hub, sealed);
    if (found.every((receipt) => receipt !== null)) return found;
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Waits until the index has all of the journal. */
async function indexed(hub: Hub): Promise<void> {
  for (;;) {
    const told = (await (await hub.app.request('/health')).json()) as { index: { behind: number } };
    if (told.index.behind === 0) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}

const tables = [
  'segments',
  'epochs',
  'shares',
  'heads',
  'batches',
  'pieces',
  'grants',
  'public_keys',
  'equivocations',
] as const;

/** All rows, as text, in order. */
async function rowsOf(pool: Parameters<typeof Database.connect>[0]): Promise<Record<string, string[]>> {
  const db = Database.connect(pool);
  const plain = (value: unknown): string => (value instanceof Uint8Array ? toHex(value) : String(value));
  const found: Record<string, string[]> = {};
  for (const table of tables) {
    const rows = (await db.selectFrom(table).selectAll().execute()) as Record<string, unknown>[];
    const text = rows.map((row) => Object.entries(row).map(([name, value]) => `${name}=${plain(value)}`));
    found[table] = text.map((cells) => cells.sort().join(' ')).sort();
  }
  await db.destroy();
  return found;
}

async function poolOf(connectionString: string) {
  const { Pool } = await import('pg');
  return new Pool({ connectionString, max: 2 });
}

test('PostgreSQL and the embedded database hold the same rows, and a new one is filled from the journal', async () => {
  const first = await server.database('first');
  const folder = join(chain.folder, 'hub', 'index');
  const sealed: W.Sealed[] = [];
  let hub = await Scene.openHub(chain, 'hub', [], { sqlUrl: first });
  for (let n = 0; n < 3; n++) {
    const who = Scene.person();
    const w = await W.writer(who.account);
    await Scene.join_(chain, asking(hub), who, w.key.publicKey);
    const filled = await W.fill(w, 46_000 + n, 5);
    await Scene.ok(Scene.post(asking(hub), '/v1/put', filled.body));
    sealed.push(...filled.sealed);
  }
  const told = await anchored(hub, sealed);
  await hub.close();

  hub = await Scene.openHub(chain, 'hub', [], { sqlUrl: first });
  await indexed(hub);
  expect(await receipts(hub, sealed)).toEqual(told);
  await hub.close();
  const rows = await rowsOf(await poolOf(first));
  expect(rows.segments).toHaveLength(sealed.length);

  const second = await server.database('second');
  hub = await Scene.openHub(chain, 'hub', [], { sqlUrl: second });
  await indexed(hub);
  expect(await receipts(hub, sealed)).toEqual(told);
  await hub.close();
  expect(await rowsOf(await poolOf(second))).toEqual(rows);

  hub = await Scene.openHub(chain, 'hub');
  await indexed(hub);
  expect(await receipts(hub, sealed)).toEqual(told);
  await hub.close();
  expect(await rowsOf(await Pglite.open(folder))).toEqual(rows);
});

test('a database that cannot be reached is said to be so, with what to do', async () => {
  const url = 'postgres://islet@127.0.0.1:1/none';
  await expect(Scene.openHub(chain, 'unreachable', [], { sqlUrl: url })).rejects.toMatchObject({
    code: 'HUB_INDEX_UNREACHABLE',
  });
});
