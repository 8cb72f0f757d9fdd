// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as Header from '@islet/chain/Header';
import * as ReceiptsRoot from '@islet/chain/ReceiptsRoot';
import { verifyHead, verifySeal } from '@islet/chain/Seal';
import * as Transaction from '@islet/chain/Transaction';
import { fromHex } from '@islet/core/crypto/bytes';
import { addressOf } from '@islet/core/crypto/secp256k1';
import { describe, expect, test } from 'vitest';
import * as BlockJournal from './BlockJournal.js';
import type { Head, Ledger } from './Ledger.js';
import { journalPath } from './Ledger.js';
import * as processes from './processes.js';
import type { Hex } from './Records.js';
import {
  ask,
  CHAIN_ID,
  call,
  contract,
  deploy,
  executorPid,
  hashes,
  scene,
  senderKey,
  senderOf,
  validatorKey,
  word,
  write,
} from './scene.testkit.js';

type Receipt = { blockNumber: Hex; transactionIndex: Hex; status: Hex; logs: unknown[] };

const validators = [addressOf(validatorKey)];

/** Blocks with writes of one sender that look at old block hashes. */
async function fill(ledger: Ledger, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) await ledger.submit(write(0, n, n, Math.max(0, n - 20)).raw);
}

const slot = (ledger: Ledger, n: number): Promise<Hex> =>
  ask(ledger, 'eth_getStorageAt', contract, `0x${n.toString(16)}`);

test('transactions that come together share a block, in order, and each gets its receipt', async () => {
  await using place = await scene();
  await using ledger = await place.open();
  await ledger.submit(deploy().raw);
  const writes = Array.from({ length: 60 }, (_, i) => write(1 + (i % 3), Math.floor(i / 3), i));
  const receipts = await Promise.all(
    writes.map((tx) => ask<Receipt>(ledger, 'eth_sendRawTransactionSync', tx.raw)),
  );
  expect(receipts.every(({ status, logs }) => status === '0x1' && logs.length === 1)).toBe(true);
  expect(new Set(receipts.map(({ blockNumber }) => blockNumber)).size).toBeLessThan(5);
  const block = await ask<{ transactions: Hex[] }>(
    ledger,
    'eth_getBlockByNumber',
    receipts[0]!.blockNumber,
    false,
  );
  expect(block.transactions).toEqual(writes.slice(0, block.transactions.length).map(({ hash }) => hash));
});

test('headers, receipts, seals and heads stand up to a client that trusts nobody', async () => {
  await using place = await scene();
  await using ledger = await place.open();
  await ledger.submit(deploy().raw);
  await Promise.all([write(1, 0, 5), write(2, 0, 6), write(2, 1, 7)].map(({ raw }) => ledger.submit(raw)));
  for (let number = 0; number <= ledger.journal.number; number++) {
    const name = `0x${number.toString(16)}`;
    const header = Header.verify(Header.schema.parse(await ask(ledger, 'eth_getBlockByNumber', name, false)));
    const receipts = await ask<unknown[]>(ledger, 'eth_getBlockReceipts', name);
    expect(ReceiptsRoot.of(receipts.map((r) => ReceiptsRoot.schema.parse(r)))).toBe(header.receiptsRoot);
    const seal = await ask<{ signature: Hex }>(ledger, 'islet_getSeal', number);
    const block = { chainId: CHAIN_ID, number, hash: fromHex(header.hash) };
    expect(verifySeal(block, fromHex(seal.signature), validators)).toBe(true);
  }
});

test('an idle chain makes no block, and its head is as fresh as the clock', async () => {
  await using place = await scene();
  await using ledger = await place.open();
  const before = ledger.head();
  place.clock.now += 3_600_000;
  await new Promise((resolve) => setTimeout(resolve, 100));
  const after = await ask<Head>(ledger, 'islet_getHead');
  expect(after).toMatchObject({ number: 0, hash: before.hash, at: place.clock.now });
  expect(verifyHead({ ...after, hash: fromHex(after.hash) }, fromHex(after.signature), validators)).toBe(
    true,
  );
});

test('block time follows the clock, shares a second, and never goes back', async () => {
  await using place = await scene();
  await using ledger = await place.open();
  const start = Math.floor(place.clock.now / 1000);
  const times: number[] = [];
  for (const [nonce, moved] of [0, 10_000, 0, -60_000, 55_000].entries()) {
    place.clock.now += moved;
    await ledger.submit(nonce === 0 ? deploy().raw : write(0, nonce, 1).raw);
    times.push(Number(ledger.journal.head!.timestamp) - start);
  }
  expect(times).toEqual([0, 10, 10, 10, 10]);
});

describe('refused with a clear error, and not journalled', () => {
  test('a transaction again, out of turn, or of another chain', async () => {
    await using place = await scene();
    await using ledger = await place.open();
    await ledger.submit(deploy().raw);
    const size = (await readFile(journalPath(place.folder))).length;
    const send = async (raw: Hex) => (await call(ledger, 'eth_sendRawTransaction', raw)).error;
    expect(await send(deploy().raw)).toMatchObject({
      code: -32003,
      message: expect.stringContaining('nonce too low'),
    });
    expect(await send(write(0, 2, 1).raw)).toMatchObject({
      code: 6,
      message: expect.stringContaining('nonce too high'),
    });
    const foreign = `0x${'00'.repeat(9)}` as Hex;
    expect(await send(foreign)).toMatchObject({ code: -32003, data: { code: 'LEDGER_TX_FORM' } });
    expect((await readFile(journalPath(place.folder))).length).toBe(size);
    expect(ledger.journal.number).toBe(1);
  });

  test('the same transaction sent twice at once is mined once, and both senders hear of it', async () => {
    await using place = await scene();
    await using ledger = await place.open();
    const [one, two] = await Promise.all([ledger.submit(deploy().raw), ledger.submit(deploy().raw)]);
    expect(one).toEqual(two);
    expect(ledger.journal.number).toBe(1);
  });
});

test('a transaction that runs out of gas is mined as failed, and the next one goes on', async () => {
  await using place = await scene();
  await using ledger = await place.open();
  await ledger.submit(deploy().raw);
  const short = Transaction.sign(
    { chainId: CHAIN_ID, nonce: 0, gas: 30_000, to: contract, data: `0x${word(1)}${word(0)}` },
    senderKey(1),
  );
  const [failed, next] = await Promise.all([
    ask<Receipt>(ledger, 'eth_sendRawTransactionSync', short.raw),
    ask<Receipt>(ledger, 'eth_sendRawTransactionSync', write(1, 1, 3).raw),
  ]);
  expect([failed.status, next.status]).toEqual(['0x0', '0x1']);
});

test('a journalled transaction that the executor refuses is left out, now and in every replay', async () => {
  await using place = await scene();
  await (await place.open()).close();
  // As if a crash came right after the block was written down; two of its transactions cannot be executed.
  const journal = await BlockJournal.open(journalPath(place.folder));
  const txs = [deploy().raw, write(1, 7, 1).raw, write(0, 0, 9).raw, write(2, 0, 5).raw];
  await journal.appendOpen(1, { timestamp: journal.genesis.timestamp, txs });
  await journal.close();
  const ledger = await place.open();
  const mined = (await ledger.journal.readDone(1)).txs;
  expect(mined.map(({ place, status }) => [place, status])).toEqual([
    [0, '0x1'],
    [3, '0x1'],
  ]);
  // The one with a nonce ahead does not come back once its turn would be.
  for (let nonce = 0; nonce < 9; nonce++) await ledger.submit(write(1, nonce, 100 + nonce).raw);
  const expected = await hashes(ledger);
  await ledger.close();
  await using again = await place.open();
  expect(await hashes(again)).toEqual(expected);
});

describe('the executor', () => {
  test('killed alone is replaced, and questions and blocks go on', async () => {
    await using place = await scene();
    await using ledger = await place.open();
    await ledger.submit(deploy().raw);
    await fill(ledger, 1, 5);
    const pid = await executorPid(place.folder);
    process.kill(pid, 'SIGKILL');
    expect(await slot(ledger, 4)).toBe(`0x${word(4)}`);
    process.kill(await executorPid(place.folder), 'SIGKILL');
    await fill(ledger, 5, 8);
    expect(await slot(ledger, 7)).toBe(`0x${word(7)}`);
    expect(ledger.journal.number).toBe(8);
  });

  test('is gone when the ledger has closed', async () => {
    await using place = await scene();
    const ledger = await place.open();
    const pid = await executorPid(place.folder);
    expect(processes.commandOf(pid)).toContain('anvil');
    await ledger.close();
    expect(processes.birthOf(pid)).toBeUndefined();
  });
});

test('whatever disposable is deleted, every hash and the state come back the same', async () => {
  await using place = await scene();
  const first = await place.open({ snapshotBlocks: 2, executorBlocks: 40 });
  await first.submit(deploy().raw);
  // Long enough that BLOCKHASH must reach back over a snapshot and over a change of executors.
  await fill(first, 1, 60);
  const expected = await hashes(first);
  let state = await slot(first, 0);
  await first.close();
  const snapshots = join(place.folder, 'snapshots');
  const newest = (await readdir(snapshots)).map((name) => Number.parseInt(name, 10)).sort((a, b) => b - a);
  expect(newest).toHaveLength(2);
  const damages = [
    async () => undefined,
    () => rm(join(place.folder, 'executor'), { recursive: true, force: true }),
    () => writeFile(join(snapshots, `${newest[0]}.snapshot`), 'nonsense'),
    () => rm(snapshots, { recursive: true }),
  ];
  for (const [i, damage] of damages.entries()) {
    await damage();
    const again = await place.open({ snapshotBlocks: 1_000 });
    expect(await hashes(again)).toEqual(expected);
    expect(await slot(again, 0)).toBe(state);
    await again.submit(write(0, 60 + i, 60 + i, 40).raw);
    expected.push(again.journal.head!.hash);
    state = await slot(again, 0);
    expect(state).toBe(expected[40]);
    await again.close();
  }
});

test('blocks made after a start from a snapshot are those of a chain that never stopped', async () => {
  await using place = await scene();
  const first = await place.open({ snapshotBlocks: 8 });
  await first.submit(deploy().raw);
  await fill(first, 1, 30);
  await first.close();
  expect(await readdir(join(place.folder, 'snapshots'))).toEqual(['30.snapshot']);
  const second = await place.open({ snapshotBlocks: 1_000 });
  await fill(second, 30, 40);
  const expected = await hashes(second);
  await second.close();
  // Only what came after the snapshot is run again, and it comes out the same.
  await (await place.open({ snapshotBlocks: 1_000 })).close();
  expect(place.notes).toEqual([{ event: 'replay', from: 31, to: 40 }]);
  await rm(join(place.folder, 'snapshots'), { recursive: true });
  await using third = await place.open();
  expect(await hashes(third)).toEqual(expected);
});

test('a journal whose blocks do not follow from its transactions is not served', async () => {
  await using place = await scene();
  const ledger = await place.open();
  await ledger.submit(deploy().raw);
  await fill(ledger, 1, 3);
  await ledger.close();
  // Well-formed, but with another transaction in block 3.
  const path = journalPath(place.folder);
  const honest = await BlockJournal.open(path);
  const blocks = await Promise.all([0, 1, 2, 3].map((n) => honest.readDone(n)));
  const opens = await Promise.all([0, 1, 2, 3].map((n) => honest.readOpen(n)));
  await honest.close();
  opens[3]!.txs = [write(0, 2, 99).raw];
  await rm(path);
  await BlockJournal.create(path, honest.genesis);
  const forged = await BlockJournal.open(path);
  for (const [n, block] of blocks.entries()) {
    if (n > 0) await forged.appendOpen(n, opens[n]!);
    await forged.appendDone(n, block);
  }
  await forged.close();
  await expect(place.open()).rejects.toMatchObject({ code: 'LEDGER_HISTORY_MISMATCH', block: 3 });
});

test('a folder of another chain or validator is refused', async () => {
  await using place = await scene();
  await (await place.open()).close();
  const options = { folder: place.folder, chainId: CHAIN_ID, validatorKey, now: () => place.clock.now };
  const { open } = await import('./Ledger.js');
  await expect(open({ ...options, chainId: 5 })).rejects.toMatchObject({ code: 'LEDGER_OTHER_CHAIN' });
  const other = new Uint8Array(32).fill(9);
  await expect(open({ ...options, validatorKey: other })).rejects.toMatchObject({
    code: 'LEDGER_OTHER_VALIDATOR',
  });
});

test('a closing ledger finishes what it accepted and takes no more', async () => {
  await using place = await scene();
  const ledger = await place.open();
  const sent = ledger.submit(deploy().raw);
  await Promise.resolve();
  const closed = ledger.close();
  await expect(ledger.submit(write(1, 0, 1).raw)).rejects.toMatchObject({ code: 'LEDGER_CLOSED' });
  await closed;
  const outcome = await sent.then(
    () => 'mined',
    (error) => error.code,
  );
  await using again = await place.open();
  expect(again.journal.number).toBe(outcome === 'mined' ? 1 : 0);
  expect(await ask(again, 'eth_getTransactionCount', senderOf(0), 'latest')).toBe(
    outcome === 'mined' ? '0x1' : '0x0',
  );
});
