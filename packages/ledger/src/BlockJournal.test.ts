// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as BlockJournal from './BlockJournal.js';
import { KEY_BLOCKS } from './limits.js';
import type { Done, Genesis, Hex } from './Records.js';

const genesis: Genesis = {
  version: 1,
  chainId: 5,
  timestamp: 1_700_000_000,
  hardfork: 'osaka',
  gasLimit: 1,
  validator: '0xaa',
};
const BLOCKS = 3;

const hashOf = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;

const doneOf = (n: number): Done => ({
  header: {
    hash: hashOf(n + 1),
    parentHash: hashOf(n),
    number: `0x${n.toString(16)}`,
    timestamp: '0x1',
    logsBloom: '0x00',
    transactionsRoot: hashOf(7 * n),
    receiptsRoot: hashOf(8 * n),
    miner: '0x0',
  },
  txs: n === 0 ? [] : [minedOf(n)],
  seal: '0xabcd',
});

const minedOf = (n: number): Done['txs'][number] => ({
  hash: hashOf(1_000 + n),
  from: '0xf0',
  to: null,
  place: 0,
  type: '0x2',
  status: '0x1',
  cumulativeGasUsed: '0x5208',
  gasUsed: '0x5208',
  effectiveGasPrice: '0x0',
  contractAddress: null,
  logs: [{ address: '0xa0', topics: [hashOf(n)], data: '0x01' }],
});

let folder: string;
let path: string;

/** A journal of blocks 0 to 5, and where each of its records begins. */
async function written(): Promise<{ bytes: Buffer; starts: number[] }> {
  await BlockJournal.create(path, genesis);
  const starts = [8];
  const journal = await BlockJournal.open(path);
  const note = async (): Promise<void> => {
    starts.push((await stat(path)).size);
  };
  await note();
  await journal.appendDone(0, doneOf(0));
  for (let n = 1; n <= BLOCKS; n++) {
    await note();
    await journal.appendOpen(n, { timestamp: 1, txs: [`0x0${n}`] });
    await note();
    await journal.appendDone(n, doneOf(n));
  }
  await journal.close();
  return { bytes: await readFile(path), starts };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-journal-'));
  path = join(folder, 'blocks.journal');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('what was appended is there after reopening', async () => {
  await written();
  const journal = await BlockJournal.open(path);
  expect(journal.genesis).toEqual(genesis);
  expect(journal.number).toBe(BLOCKS);
  for (let n = 0; n <= BLOCKS; n++) expect(await journal.readDone(n)).toEqual(doneOf(n));
  expect(await journal.readOpen(3)).toEqual({ timestamp: 1, txs: ['0x03'] });
  expect(await journal.pending()).toBeUndefined();
  expect(await BlockJournal.numberOf(journal, hashOf(4))).toBe(3);
  expect(journal.index.find(BlockJournal.keyOf.topic(0, hashOf(2)), 0, 9)).toEqual([2]);
  await journal.close();
});

test('blocks far apart are read as they were written, in any order, before and after reopening', async () => {
  await BlockJournal.create(path, genesis);
  const count = 3 * KEY_BLOCKS + 7;
  const first = await BlockJournal.open(path);
  await first.appendDone(0, doneOf(0));
  const openOf = (n: number) => ({ timestamp: n, txs: [`0x02${'ab'.repeat(n % 90)}`, '0x0203'] as Hex[] });
  for (let n = 1; n <= count; n++) {
    await first.appendOpen(n, openOf(n));
    await first.appendDone(n, doneOf(n));
  }
  const order = Array.from({ length: count + 1 }, (_, i) => (i * 89) % (count + 1));
  const check = async (journal: BlockJournal.BlockJournal): Promise<void> => {
    for (const n of order) {
      expect(await journal.readDone(n)).toEqual(doneOf(n));
      if (n > 0) expect(await journal.readOpen(n)).toEqual(openOf(n));
    }
  };
  await check(first);
  await first.close();
  const again = await BlockJournal.open(path);
  await check(again);
  await again.close();
});

test('a journal of an earlier release is named as such', async () => {
  const { bytes } = await written();
  await writeFile(path, Buffer.concat([Buffer.from('ISLETLG1'), bytes.subarray(8)]));
  await expect(BlockJournal.open(path)).rejects.toMatchObject({ code: 'LEDGER_JOURNAL_OLD' });
});

test('cut anywhere in its last record, a journal opens without that record and can be appended to', async () => {
  const { bytes, starts } = await written();
  const last = starts.at(-1)!;
  for (let length = last; length < bytes.length; length++) {
    await writeFile(path, bytes.subarray(0, length));
    const journal = await BlockJournal.open(path);
    expect(journal.number).toBe(BLOCKS - 1);
    expect(await journal.pending()).toEqual({ timestamp: 1, txs: [`0x0${BLOCKS}`] });
    await journal.appendDone(BLOCKS, doneOf(BLOCKS));
    await journal.close();
    expect(await readFile(path)).toEqual(bytes);
  }
});

test('cut anywhere in a last open record, a journal opens as if that block had never been', async () => {
  const { bytes, starts } = await written();
  const [open, done] = starts.slice(-2) as [number, number];
  for (let length = open; length < done; length++) {
    await writeFile(path, bytes.subarray(0, length));
    const journal = await BlockJournal.open(path);
    expect(journal.number).toBe(BLOCKS - 1);
    expect(await journal.pending()).toBeUndefined();
    await journal.close();
  }
});

test('a tail of zeros, as a power cut leaves it, is cut off', async () => {
  const { bytes } = await written();
  await writeFile(path, Buffer.concat([bytes, Buffer.alloc(5_000)]));
  const journal = await BlockJournal.open(path);
  expect(journal.number).toBe(BLOCKS);
  await journal.close();
  expect((await stat(path)).size).toBe(bytes.length);
});

describe('a flipped byte before the last record', () => {
  test('is refused wherever it is, with the block named', async () => {
    const { bytes, starts } = await written();
    for (let at = 0; at < starts.at(-1)!; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x10;
      await writeFile(path, damaged);
      const record = starts.findLastIndex((start) => start <= at);
      // Records: genesis, block 0, then two of each block. A damaged head is told by the block before it.
      const block = record < 2 ? 0 : Math.floor(record / 2);
      const error = await BlockJournal.open(path).catch((e) => e);
      expect(error).toMatchObject({ code: 'LEDGER_JOURNAL_CORRUPT' });
      expect([block - 1, block]).toContain(error.block);
      expect(error.message).toContain(`block ${error.block}`);
    }
  });

  test('does not change the file', async () => {
    const { bytes, starts } = await written();
    const damaged = Buffer.from(bytes);
    damaged[starts[4]! + 30]! ^= 1;
    await writeFile(path, damaged);
    await expect(BlockJournal.open(path)).rejects.toThrow('block 2');
    expect(await readFile(path)).toEqual(damaged);
  });
});

test('a record that was left out is noticed', async () => {
  const { bytes, starts } = await written();
  await writeFile(path, Buffer.concat([bytes.subarray(0, starts[4]!), bytes.subarray(starts[6]!)]));
  await expect(BlockJournal.open(path)).rejects.toMatchObject({ code: 'LEDGER_JOURNAL_CORRUPT', block: 3 });
});

test('a file without even its genesis is refused', async () => {
  await written();
  await truncate(path, 20);
  await expect(BlockJournal.open(path)).rejects.toMatchObject({ code: 'LEDGER_JOURNAL_CORRUPT' });
});
