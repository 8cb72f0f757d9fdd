// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import { RLP } from 'micro-eth-signer/core/rlp.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as Abi from './Abi.js';
import { validatorKey } from './node.testkit.js';
import { connect } from './Rpc.js';
import { signSeal } from './Seal.js';
import { bare, note, refuse, type Scene, start } from './scene.testkit.js';
import { probeAbi } from './solidity.testkit.js';
import * as VerifiedBlock from './VerifiedBlock.js';
import type { Hex } from './Wire.js';

let scene: Scene;
beforeAll(async () => {
  scene = await start();
  await scene.mine(note(2, 40), refuse(), bare()); // block 2
  await scene.mine(note(1)); // block 3
  await scene.mine(); // block 4
});
afterAll(() => scene[Symbol.asyncDispose]());
beforeEach(() => {
  scene.node.forge = (_m, _p, result) => result;
  scene.node.key = validatorKey;
});

const fetch = (number = 2) => VerifiedBlock.fetch(scene.rpc, number, scene.trust);
const fails = (code: string) => expect.objectContaining({ code });

type Json = Record<string, unknown>;
type ReceiptJson = Json & { logs: Json[] };

/** Lies about the answers of one method. */
function lie<T>(method: string, change: (result: T) => unknown) {
  scene.node.forge = (m, _p, result) => (m === method ? change(structuredClone(result) as T) : result);
}

test('an honest node’s block is verified, with the logs in order', async () => {
  const { header, logs } = await fetch();
  expect(header.number).toBe(2);
  expect(logs.map((l) => [l.index, l.txIndex, Abi.decodeLog(probeAbi, l)?.name])).toEqual([
    [0, 0, 'Noted'],
    [1, 0, 'Noted'],
    [2, 2, 'Bare'],
  ]);
});

test('logs of contracts that are not ours are left out, and receipts not even asked for', async () => {
  scene.node.asked.clear();
  const others = { ...scene.trust, contracts: [`0x${'ee'.repeat(20)}` as Hex] };
  expect((await VerifiedBlock.fetch(scene.rpc, 2, others)).logs).toEqual([]);
  expect(scene.node.asked.get('eth_getBlockReceipts')).toBeUndefined();
});

test('a range costs one seal and one exchange for all its headers', async () => {
  scene.node.asked.clear();
  const blocks = await VerifiedBlock.fetchRange(scene.rpc, 0, 4, scene.trust);
  expect(blocks.map((b) => [b.header.number, b.logs.length])).toEqual([
    [0, 0],
    [1, 0],
    [2, 3],
    [3, 1],
    [4, 0],
  ]);
  expect(scene.node.asked.get('islet_getSeal')).toBe(1);
  expect(scene.node.asked.get('eth_getBlockReceipts')).toBe(2);
});

test('receipts too large for one answer are asked for in halves', async () => {
  const small = connect(scene.node.url, { maxAnswerBytes: 8_000 });
  const blocks = await VerifiedBlock.fetchRange(small, 2, 3, scene.trust);
  expect(blocks.map((b) => b.logs.length)).toEqual([3, 1]);
});

describe('a node that forges the seal is caught', () => {
  test('the signature', async () => {
    lie<Json>('islet_getSeal', (s) => ({ ...s, signature: `0x${'11'.repeat(64)}1b` }));
    await expect(fetch()).rejects.toThrow(fails('CHAIN_SEAL_FORGED'));
  });
  test('by a validator that we do not pin', async () => {
    scene.node.key = new Uint8Array(32).fill(8);
    await expect(fetch()).rejects.toThrow(fails('CHAIN_SEAL_FORGED'));
  });
  test('by passing off the seal of another block', async () => {
    const other = await scene.anvil.ask('eth_getBlockByNumber', '0x3', false);
    const hash = fromHex((other as Json).hash as string);
    const block = { chainId: scene.trust.chainId, number: 3, hash };
    lie<Json>('islet_getSeal', (s) => ({ ...s, signature: to0x(signSeal(block, scene.node.key)) }));
    await expect(fetch()).rejects.toThrow(fails('CHAIN_SEAL_FORGED'));
  });
  test('by passing off the seal of another chain', async () => {
    lie<{ number: number; hash: Hex }>('islet_getSeal', (s) => {
      const block = { chainId: 1, number: s.number, hash: fromHex(s.hash) };
      return { ...s, signature: to0x(signSeal(block, scene.node.key)) };
    });
    await expect(fetch()).rejects.toThrow(fails('CHAIN_SEAL_FORGED'));
  });
  test.each([
    ['number', 3],
    ['hash', `0x${'22'.repeat(32)}`],
  ])('the %s in it', async (field, value) => {
    lie<Json>('islet_getSeal', (s) => ({ ...s, [field]: value }));
    await expect(fetch()).rejects.toThrow(fails('CHAIN_SEAL_FORGED'));
  });
  test('by leaving it out', async () => {
    lie('islet_getSeal', () => null);
    await expect(fetch()).rejects.toThrow(fails('CHAIN_BLOCK_MISSING'));
  });
});

describe('a node that forges the block is caught', () => {
  test.each([
    ['parentHash', `0x${'22'.repeat(32)}`],
    ['receiptsRoot', `0x${'22'.repeat(32)}`],
    ['timestamp', '0x1'],
    ['logsBloom', `0x${'00'.repeat(256)}`],
    ['number', '0x3'],
    ['hash', `0x${'22'.repeat(32)}`],
  ])('%s', async (field, value) => {
    lie<Json>('eth_getBlockByNumber', (b) => ({ ...b, [field]: value }));
    await expect(fetch()).rejects.toThrow(fails('CHAIN_HEADER_FORGED'));
  });
  test('by telling another block, genuine and sealed, in its place', async () => {
    const other = await scene.anvil.ask('eth_getBlockByNumber', '0x3', false);
    lie('eth_getBlockByNumber', () => other);
    await expect(fetch()).rejects.toThrow(fails('CHAIN_HEADER_FORGED'));
  });
  test('with a hash made to fit a cleared bloom, so that events stay hidden', async () => {
    lie<Json>('eth_getBlockByNumber', (b) => refit({ ...b, logsBloom: `0x${'00'.repeat(256)}` }));
    await expect(fetch()).rejects.toThrow(fails('CHAIN_SEAL_FORGED'));
  });
  test('with a hash made to fit, inside a range whose last block is genuine', async () => {
    lie<Json>('eth_getBlockByNumber', (b) =>
      b.number === '0x2' ? refit({ ...b, logsBloom: `0x${'00'.repeat(256)}` }) : b,
    );
    await expect(VerifiedBlock.fetchRange(scene.rpc, 1, 4, scene.trust)).rejects.toThrow(
      fails('CHAIN_HEADER_FORGED'),
    );
  });
  test('by leaving it out', async () => {
    lie('eth_getBlockByNumber', () => null);
    await expect(fetch()).rejects.toThrow(fails('CHAIN_BLOCK_MISSING'));
  });
});

describe('a node that forges the receipts is caught', () => {
  const forgeries: [string, (receipts: ReceiptJson[]) => unknown][] = [
    [
      'a log dropped',
      (r) => {
        r[0]!.logs.pop();
        return r;
      },
    ],
    [
      'a log added',
      (r) => {
        r[0]!.logs.push(r[0]!.logs[0]!);
        return r;
      },
    ],
    [
      'a log’s data altered',
      (r) => {
        r[0]!.logs[0]!.data = '0x00';
        return r;
      },
    ],
    [
      'a log’s topic altered',
      (r) => {
        r[0]!.logs[0]!.topics = [`0x${'33'.repeat(32)}`];
        return r;
      },
    ],
    [
      'a log’s address altered',
      (r) => {
        r[2]!.logs[0]!.address = `0x${'44'.repeat(20)}`;
        return r;
      },
    ],
    [
      'logs swapped',
      (r) => {
        r[0]!.logs.reverse();
        return r;
      },
    ],
    [
      'a failure told as success',
      (r) => {
        r[1]!.status = '0x1';
        return r;
      },
    ],
    ['receipts swapped', (r) => [r[2], r[1], r[0]]],
    ['a receipt dropped', (r) => r.slice(0, 2)],
    ['a receipt told twice', (r) => [...r, r[2]]],
    ['all receipts dropped', () => []],
    [
      'the type',
      (r) => {
        r[0]!.type = '0x1';
        return r;
      },
    ],
    [
      'the gas used',
      (r) => {
        r[0]!.cumulativeGasUsed = '0x1';
        return r;
      },
    ],
    [
      'a receipt’s bloom',
      (r) => {
        r[0]!.logsBloom = `0x${'00'.repeat(256)}`;
        return r;
      },
    ],
  ];
  test.each(forgeries)('%s', async (_name, change) => {
    lie('eth_getBlockReceipts', change);
    await expect(fetch()).rejects.toThrow(fails('CHAIN_RECEIPTS_FORGED'));
  });
  test('those of another block', async () => {
    const others = await scene.anvil.ask('eth_getBlockReceipts', '0x3');
    lie('eth_getBlockReceipts', () => others);
    await expect(fetch()).rejects.toThrow(fails('CHAIN_RECEIPTS_FORGED'));
  });
  test('by leaving them out', async () => {
    lie('eth_getBlockReceipts', () => null);
    await expect(fetch()).rejects.toThrow(fails('CHAIN_BLOCK_MISSING'));
  });
  test('what the block does not commit to, a log’s own index, is not believed either', async () => {
    lie<ReceiptJson[]>('eth_getBlockReceipts', (r) => {
      r[0]!.logs[0]!.logIndex = '0x63';
      return r;
    });
    expect((await fetch()).logs[0]!.index).toBe(0);
  });
});

/** The block with the hash that its told fields have. */
function refit(block: Json): Json {
  const names =
    'parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty number gasLimit gasUsed timestamp extraData mixHash nonce baseFeePerGas withdrawalsRoot blobGasUsed excessBlobGas parentBeaconBlockRoot requestsHash'.split(
      ' ',
    );
  const numbers = new Set(
    'difficulty number gasLimit gasUsed timestamp baseFeePerGas blobGasUsed excessBlobGas'.split(' '),
  );
  const fields = names.map((n) =>
    numbers.has(n) ? BigInt(block[n] as string) : fromHex(block[n] as string),
  );
  return { ...block, hash: to0x(keccak256(RLP.encode(fields))) };
}
