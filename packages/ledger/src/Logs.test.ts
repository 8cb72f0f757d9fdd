// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as BlockJournal from './BlockJournal.js';
import * as Blocks from './Blocks.js';
import * as Logs from './Logs.js';
import { LOGS } from './limits.js';
import type { Done, Hex, Log } from './Records.js';
import { word } from './scene.testkit.js';

const BLOCKS = 120;
const addresses = ['a1', 'a2', 'a3'].map((byte): Hex => `0x${byte.repeat(20)}`);
const topics = [1, 2, 3, 4].map((n): Hex => `0x${word(n)}`);

const log = fc.record<Log>({
  address: fc.constantFrom(...addresses),
  topics: fc.array(fc.constantFrom(...topics), { maxLength: 4 }),
  data: fc.constant('0x'),
});
const block = fc.array(fc.array(log, { maxLength: 3 }), { maxLength: 3 });

let folder: string;
let journal: BlockJournal.BlockJournal;
let all: Blocks.RpcLog[];

const doneOf = (n: number, txs: Log[][]): Done => ({
  header: {
    hash: `0x${word(n + 1)}`,
    parentHash: `0x${word(n)}`,
    number: Blocks.quantity(n),
    timestamp: '0x1',
    logsBloom: '0x',
    transactionsRoot: `0x${word(7)}`,
    receiptsRoot: `0x${word(8)}`,
  },
  txs: txs.map((logs, i) => ({
    hash: `0x${word(1_000_000 * n + i)}`,
    from: '0x',
    to: null,
    place: i,
    type: '0x2',
    status: '0x1',
    cumulativeGasUsed: '0x1',
    gasUsed: '0x1',
    effectiveGasPrice: '0x0',
    contractAddress: null,
    logs,
  })),
  seal: '0x',
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-logs-'));
  const path = join(folder, 'blocks.journal');
  const genesis = {
    version: 1,
    chainId: 1,
    timestamp: 1,
    hardfork: 'osaka',
    gasLimit: 1,
    validator: '0x',
  } as const;
  await BlockJournal.create(path, genesis);
  journal = await BlockJournal.open(path);
  const blocks = fc.sample(block, { seed: 11, numRuns: BLOCKS });
  for (let n = 0; n <= BLOCKS; n++) {
    if (n > 0) await journal.appendOpen(n, { timestamp: 1, txs: [] });
    await journal.appendDone(n, doneOf(n, n === 0 ? [] : blocks[n - 1]!));
  }
  all = [];
  for (let n = 0; n <= BLOCKS; n++) all.push(...Blocks.logs(await journal.readDone(n)));
});
afterAll(async () => {
  await journal.close();
  await rm(folder, { recursive: true });
});

const filter = fc.record<Logs.Filter>({
  from: fc.nat(BLOCKS + 5),
  to: fc.nat(BLOCKS + 5),
  addresses: fc.subarray([...addresses, `0x${'b1'.repeat(20)}` as Hex]),
  topics: fc.array(fc.option(fc.subarray([...topics, `0x${word(9)}` as Hex])), { maxLength: 4 }),
});

test('a filter finds exactly the logs that a look at every log finds, in order', async () => {
  await fc.assert(
    fc.asyncProperty(filter, async (wanted) => {
      // Written from the specification of eth_getLogs, not with the code under test.
      const naive = all.filter((one) => {
        const number = Number(one.blockNumber);
        if (number < wanted.from || number > wanted.to) return false;
        if (wanted.addresses.length > 0 && !wanted.addresses.some((a) => a === one.address)) return false;
        if (wanted.topics.length > one.topics.length) return false;
        return wanted.topics.every((any, i) => !any?.length || any.some((t) => t === one.topics[i]));
      });
      expect(await Logs.find(journal, wanted)).toEqual(naive);
    }),
    { numRuns: 400 },
  );
});

test('a question with too many answers is refused before it is answered', async () => {
  const path = join(folder, 'many.journal');
  await BlockJournal.create(path, journal.genesis);
  const many = await BlockJournal.open(path);
  await many.appendDone(0, doneOf(0, []));
  const half: Log[] = Array.from({ length: LOGS / 2 + 1 }, () => ({
    address: addresses[0]!,
    topics: [],
    data: '0x',
  }));
  for (const n of [1, 2]) {
    await many.appendOpen(n, { timestamp: 1, txs: [] });
    await many.appendDone(n, doneOf(n, [half]));
  }
  const wide = { from: 0, to: 2, topics: [] };
  for (const one of [[], addresses]) {
    await expect(Logs.find(many, { ...wide, addresses: one })).rejects.toMatchObject({
      code: 'LEDGER_TOO_MANY_LOGS',
    });
  }
  expect(await Logs.find(many, { ...wide, to: 1, addresses })).toHaveLength(LOGS / 2 + 1);
  await many.close();
});
