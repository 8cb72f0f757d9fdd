// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Transaction from '@islet/chain/Transaction';
import { to0x } from '@islet/core/crypto/bytes';
import { addressOf } from '@islet/core/crypto/secp256k1';
import * as JsonRpc from './JsonRpc.js';
import * as Ledger from './Ledger.js';
import type { Note } from './Rebuild.js';
import type { Hex } from './Records.js';

export const CHAIN_ID = 31_337;
export const validatorKey = new Uint8Array(32).fill(7);
export const senderKey = (i: number): Uint8Array => new Uint8Array(32).fill(i + 1);
export const senderOf = (i: number): Hex => to0x(addressOf(senderKey(i)));

export const word = (n: number | bigint): string => n.toString(16).padStart(64, '0');

/**
 * A contract of twenty-two bytes. Called with words a, b: keeps a at slot a, BLOCKHASH(b) at slot 0, and logs a under
 * topics (a, caller). So its state depends on everything that a wrongly restored executor gets wrong.
 */
const runtime = '5f35805f5280805560203540600055339060205fa200';
export const initcode: Hex = `0x60${(runtime.length / 2).toString(16)}600a5f3960${(runtime.length / 2).toString(16)}5ff3${runtime}`;
export const contract: Hex = Transaction.contractAddress(senderOf(0), 0);

export const deploy = (): Transaction.Signed =>
  Transaction.sign({ chainId: CHAIN_ID, nonce: 0, gas: 1_000_000, data: initcode }, senderKey(0));

/** Notes a value, and the hash of a block. */
export const write = (sender: number, nonce: number, a: number, b = 0): Transaction.Signed =>
  Transaction.sign(
    { chainId: CHAIN_ID, nonce, gas: 200_000, to: contract, data: `0x${word(a)}${word(b)}` },
    senderKey(sender),
  );

export type Scene = AsyncDisposable & {
  folder: string;
  clock: { now: number };
  /** What the ledger told its operator. */
  notes: Note[];
  /** Opens the ledger of this folder. */
  open(pace?: { snapshotBlocks?: number; executorBlocks?: number }): Promise<Ledger.Ledger>;
};

/** A folder for one test, and a clock that stands still. */
export async function scene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-ledger-'));
  const clock = { now: 1_760_000_000_000 };
  const notes: Note[] = [];
  return {
    folder,
    clock,
    notes,
    open: (pace) =>
      Ledger.open({
        folder,
        chainId: CHAIN_ID,
        validatorKey,
        now: () => clock.now,
        note: (note) => notes.push(note),
        ...pace,
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

type Answer = { result?: unknown; error?: { code: number; message: string; data?: unknown } };

/** One JSON-RPC call, as a client makes it, without the network. */
export async function call(ledger: Ledger.Ledger, method: string, ...params: unknown[]): Promise<Answer> {
  return (await JsonRpc.answer(ledger, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))) as Answer;
}

/** The same, for an answer without an error. */
export async function ask<T>(ledger: Ledger.Ledger, method: string, ...params: unknown[]): Promise<T> {
  const { result, error } = await call(ledger, method, ...params);
  if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
  return result as T;
}

/** Every block's hash, by number. */
export async function hashes(ledger: Ledger.Ledger): Promise<Hex[]> {
  const all: Hex[] = [];
  for (let n = 0; n <= ledger.journal.number; n++) all.push((await ledger.journal.readDone(n)).header.hash);
  return all;
}

/** The executor's process. Waits where it is just being replaced: to kill number 0 would be to kill the tests. */
export async function executorPid(folder: string): Promise<number> {
  let text = '';
  for (let tries = 0; tries < 4_000; tries++) {
    text = await readFile(join(folder, 'executor', 'pid'), 'utf8').catch(() => '');
    if (/^[1-9]\d*$/.test(text)) return Number(text);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`no executor is named in the folder, but "${text}"`);
}
