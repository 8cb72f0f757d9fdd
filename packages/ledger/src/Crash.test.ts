// Copyright the Islet authors. AGPL-3.0-or-later.
// The promise of the embedded chain: what was acknowledged is there, unchanged, whoever is killed whenever.
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import * as process from './process.testkit.js';
import * as processes from './processes.js';
import type { Hex } from './Records.js';
import { CHAIN_ID, deploy, executorPid, type Scene, scene, senderOf, write } from './scene.testkit.js';

const ROUNDS = globalThis.process.env.ISLET_SOAK ? 100 : 7;
const SEED = Number(globalThis.process.env.ISLET_SEED ?? 20_260_101);
const SENDERS = 4;
const RUN_MS = 400;

let program: process.Program;
let place: Scene;

beforeAll(async () => {
  program = await process.compile();
  place = await scene();
});
afterAll(async () => {
  await program[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

/** A small seeded generator (mulberry32), so that a bad round can be run again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const environment = (folder: string): Record<string, string> => ({
  ISLET_LEDGER_FOLDER: folder,
  ISLET_LEDGER_PORT: '0',
  ISLET_LEDGER_CHAIN_ID: String(CHAIN_ID),
  // So that snapshots are taken, and killed, all the time.
  ISLET_LEDGER_SNAPSHOT_BLOCKS: '3',
  ISLET_LEDGER_KEY: join(folder, 'validator.key'),
});

async function rpc<T>(url: string, method: string, ...params: unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: T; error?: { message: string } };
  if (error) throw new Error(error.message);
  return result;
}

type Receipt = { transactionHash: Hex; blockHash: Hex; blockNumber: Hex; status: Hex };

/** What the ledger told somebody. */
type Told = { receipts: Receipt[]; hashes: Map<number, Hex>; nonces: number[]; refusals: string[] };

/** Sends one transaction after another until the ledger is gone, and keeps what it was told. */
async function load(url: string, sender: number, told: Told, running: () => boolean): Promise<void> {
  while (running()) {
    try {
      const nonce = told.nonces[sender]!;
      const tx = write(sender, nonce, 1_000_000 * sender + nonce, nonce % 50);
      const receipt = await rpc<Receipt>(url, 'eth_sendRawTransactionSync', tx.raw);
      told.nonces[sender] = nonce + 1;
      told.receipts.push(receipt);
      told.hashes.set(Number(receipt.blockNumber), receipt.blockHash);
    } catch (error) {
      // Only a lost connection is allowed: nothing that was properly sent may be refused.
      if (!(error instanceof TypeError)) told.refusals.push(String(error));
      // Cut off: whether it was taken will be asked after the restart.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

async function checkAll(url: string, told: Told): Promise<void> {
  for (const { transactionHash, blockHash, blockNumber } of told.receipts) {
    const now = await rpc<Receipt | null>(url, 'eth_getTransactionReceipt', transactionHash);
    expect(now).toMatchObject({ blockHash, blockNumber, status: '0x1' });
  }
  for (const [number, hash] of told.hashes) {
    expect(await rpc(url, 'eth_getBlockByNumber', `0x${number.toString(16)}`, false)).toMatchObject({ hash });
    expect(await rpc(url, 'islet_getSeal', number)).toMatchObject({ number, hash });
  }
}

const gone = async (pid: number): Promise<void> => {
  await expect.poll(() => processes.birthOf(pid), { timeout: 5_000 }).toBeUndefined();
};

test(
  `${ROUNDS} kills at seeded moments under load lose and change nothing`,
  async () => {
    const random = randomFrom(SEED);
    const told: Told = { receipts: [], hashes: new Map(), nonces: Array(SENDERS).fill(0), refusals: [] };
    told.nonces[0] = 1;
    for (let round = 0; round < ROUNDS; round++) {
      const running = await process.start(program, environment(place.folder));
      onTestFinished(() => void running.child.kill('SIGKILL'));
      if (round === 0) await rpc(running.url, 'eth_sendRawTransactionSync', deploy().raw);
      await checkAll(running.url, told);
      for (let sender = 0; sender < SENDERS; sender++) {
        const count = await rpc(running.url, 'eth_getTransactionCount', senderOf(sender), 'pending');
        told.nonces[sender] = Number(count);
      }
      let up = true;
      const loads = Array.from({ length: SENDERS }, (_, i) => load(running.url, i, told, () => up));
      await new Promise((resolve) => setTimeout(resolve, 50 + random() * RUN_MS));
      const executor = await executorPid(place.folder);
      if (round % 2 === 1) {
        // The executor alone: the ledger goes on with another.
        globalThis.process.kill(executor, 'SIGKILL');
        const seen = told.receipts.length;
        await expect.poll(() => told.receipts.length, { timeout: 60_000 }).toBeGreaterThan(seen + SENDERS);
      }
      running.child.kill('SIGKILL');
      const last = await executorPid(place.folder).catch(() => executor);
      await running.exited;
      up = false;
      await Promise.all(loads);
      await gone(last);
      expect(told.refusals).toEqual([]);
      if (round % 4 === 2) await rm(join(place.folder, 'executor'), { recursive: true, force: true });
      if (round % 4 === 3) await rm(join(place.folder, 'snapshots'), { recursive: true, force: true });
    }
    const running = await process.start(program, environment(place.folder));
    await checkAll(running.url, told);
    running.child.kill('SIGTERM');
    expect(await running.exited).toBe(0);
    expect(told.receipts.length).toBeGreaterThan(ROUNDS * SENDERS);
  },
  60_000 + ROUNDS * 20_000,
);

test('a second process is told that the folder is taken', async () => {
  const running = await process.start(program, environment(place.folder));
  await expect(process.start(program, environment(place.folder))).rejects.toThrow('LEDGER_LOCKED');
  running.child.kill('SIGTERM');
  expect(await running.exited).toBe(0);
});

test('a chain whose key file is missing does not start with a new key', async () => {
  const key = join(place.folder, 'validator.key');
  const { mode } = await stat(key);
  expect(mode & 0o777).toBe(0o600);
  await rm(key);
  await expect(process.start(program, environment(place.folder))).rejects.toThrow('LEDGER_KEY_FILE');
});
