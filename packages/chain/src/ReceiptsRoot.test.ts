// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import fc from 'fast-check';
import { RLP } from 'micro-eth-signer/core/rlp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { CHAIN_ID, devKey } from './anvil.testkit.js';
import * as Header from './Header.js';
import * as ReceiptsRoot from './ReceiptsRoot.js';
import { bare, devAddress, note, refuse, type Scene, start } from './scene.testkit.js';
import * as Transaction from './Transaction.js';
import * as Trie from './Trie.js';
import type { Hex } from './Wire.js';

let scene: Scene;
beforeAll(async () => {
  scene = await start();
});
afterAll(() => scene[Symbol.asyncDispose]());

const newest = async () => {
  const header = Header.schema.parse(await scene.anvil.ask('eth_getBlockByNumber', 'latest', false));
  const receipts = await scene.anvil.ask('eth_getBlockReceipts', `0x${header.number.toString(16)}`);
  return { header, receipts: z.array(ReceiptsRoot.schema).parse(receipts) };
};

describe('the receipts root', () => {
  test('of an empty block is that of the empty trie', async () => {
    await scene.mine();
    const { header, receipts } = await newest();
    expect(receipts).toEqual([]);
    expect(ReceiptsRoot.of(receipts)).toBe(header.receiptsRoot);
  });

  test('is what a real executor computes, for any mixture of logs, failures and sizes', async () => {
    const call = fc.oneof(
      fc.constant(bare()),
      fc.constant(refuse()),
      fc.tuple(fc.nat(4), fc.nat(100)).map(([many, size]) => note(many, size)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 40 }), async (calls) => {
        await scene.mine(...calls);
        const { header, receipts } = await newest();
        expect(receipts.length).toBe(calls.length);
        expect(ReceiptsRoot.of(receipts)).toBe(header.receiptsRoot);
      }),
      { numRuns: 20 },
    );
  });

  test('is what a real executor computes for 300 transactions, more than one byte of index', async () => {
    await scene.mine(...Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? note(3, i) : bare())));
    const { header, receipts } = await newest();
    expect(receipts.length).toBe(300);
    expect(ReceiptsRoot.of(receipts)).toBe(header.receiptsRoot);
  });

  test('covers transactions of every type that a fee-free chain takes', async () => {
    const tx = { from: devAddress, to: scene.probe, data: bare(), gas: '0x186a0' };
    await scene.anvil.ask('eth_sendTransaction', { ...tx, gasPrice: '0x0', nonce: await nextNonce() });
    await scene.anvil.ask('eth_sendTransaction', {
      ...tx,
      gasPrice: '0x0',
      accessList: [{ address: scene.probe, storageKeys: [] }],
      nonce: await nextNonce(),
    });
    await scene.anvil.ask('evm_mine');
    const { header, receipts } = await newest();
    expect(receipts.map((r) => r.type)).toEqual([0, 1]);
    expect(ReceiptsRoot.of(receipts)).toBe(header.receiptsRoot);
  });
});

const nextNonce = () => scene.anvil.ask('eth_getTransactionCount', devAddress, 'pending');

test('the same trie over raw transactions gives the transactions root', async () => {
  const nonce = Number(await nextNonce());
  const raws = Array.from(
    { length: 130 },
    (_, i): Hex =>
      Transaction.sign(
        { chainId: CHAIN_ID, nonce: nonce + i, gas: 1e6, to: scene.probe, data: bare() },
        devKey,
      ).raw,
  );
  for (const raw of raws) await scene.anvil.ask('eth_sendRawTransaction', raw);
  await scene.anvil.ask('evm_mine');
  const { header } = await newest();
  expect(to0x(Trie.root(raws.map((raw, i) => [RLP.encode(i), fromHex(raw)])))).toBe(header.transactionsRoot);
});
