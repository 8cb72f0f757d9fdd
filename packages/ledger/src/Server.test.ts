// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Head from '@islet/chain/Head';
import * as ChainRpc from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import { addressOf } from '@islet/core/crypto/secp256k1';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from './Ledger.js';
import { type Served, serve } from './Server.js';
import {
  CHAIN_ID,
  contract,
  deploy,
  type Scene,
  scene,
  senderKey,
  senderOf,
  validatorKey,
  word,
  write,
} from './scene.testkit.js';

let place: Scene;
let ledger: Ledger;
let served: Served;
let url: string;

beforeAll(async () => {
  place = await scene();
  ledger = await place.open();
  served = await serve(ledger, { port: 0 });
  url = `http://127.0.0.1:${served.port}`;
  await ledger.submit(deploy().raw);
  await ledger.submit(write(1, 0, 77).raw);
});
afterAll(async () => {
  await ledger.close();
  await served.close();
  await place[Symbol.asyncDispose]();
});

type Reply = { id: unknown; result?: unknown; error?: { code: number; message: string; data?: unknown } };

const post = (body: string, type = 'application/json'): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': type }, body });

const call = async (method: string, ...params: unknown[]): Promise<Reply> =>
  (await post(JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }))).json() as Promise<Reply>;

describe('the executor cannot be reached', () => {
  test.each([
    'anvil_setStorageAt',
    'anvil_setBalance',
    'anvil_setCode',
    'anvil_impersonateAccount',
    'anvil_reset',
    'anvil_loadState',
    'anvil_dumpState',
    'anvil_rollback',
    'hardhat_setCode',
    'evm_mine',
    'evm_revert',
    'evm_increaseTime',
    'eth_sendTransaction',
    'eth_sendUnsignedTransaction',
    'eth_sign',
    'eth_accounts',
    'debug_traceTransaction',
    'txpool_content',
    'toString',
    '__proto__',
  ])('through %s', async (method) => {
    expect(await call(method, '0x0', '0x0')).toMatchObject({ id: 7, error: { code: -32601 } });
  });

  test('with state overrides or other extras of a call', async () => {
    const question = { to: contract, data: `0x${word(1)}${word(1)}`, value: '0x1', nonce: '0x9' };
    const overrides = { [contract]: { code: '0x00' } };
    expect((await call('eth_call', question, 'latest', overrides)).error?.code).toBe(-32602);
    expect((await call('eth_call', question, 'latest')).result).toBe('0x');
  });
});

test('answers what a client asks first', async () => {
  expect((await call('eth_chainId')).result).toBe('0x7a69');
  expect((await call('net_version')).result).toBe('31337');
  expect((await call('eth_gasPrice')).result).toBe('0x0');
  expect((await call('eth_blockNumber')).result).toBe('0x2');
  expect((await call('eth_getBalance', senderOf(0), 'latest')).result).toBe('0x0');
  expect((await call('eth_getCode', contract)).result).toMatch(/^0x5f35/);
  expect((await call('eth_getTransactionCount', senderOf(1), 'pending')).result).toBe('0x1');
  expect((await call('eth_getStorageAt', contract, '0x4d', '0x2')).result).toBe(`0x${word(77)}`);
  expect(
    Number((await call('eth_estimateGas', { to: contract, data: `0x${word(9)}${word(0)}` })).result),
  ).toBeGreaterThan(21_000);
  expect((await call('eth_getTransactionReceipt', `0x${word(1)}`)).result).toBeNull();
  expect((await call('eth_getBlockByNumber', '0x99', false)).result).toBeNull();
  expect((await call('islet_getSeal', 99)).result).toBeNull();
});

test('a transaction is told as it was signed', async () => {
  const tx = write(1, 0, 77);
  const { result } = await call('eth_getTransactionByHash', tx.hash);
  expect(result).toMatchObject({
    type: '0x2',
    chainId: '0x7a69',
    nonce: '0x0',
    gas: '0x30d40',
    to: contract,
    input: `0x${word(77)}${word(0)}`,
    from: senderOf(1),
    hash: tx.hash,
    blockNumber: '0x2',
    transactionIndex: '0x0',
    accessList: [],
  });
  const block = (await call('eth_getBlockByNumber', '0x2', true)).result as {
    hash: string;
    transactions: unknown[];
  };
  expect(block.transactions).toEqual([result]);
  expect((await call('eth_getBlockByHash', block.hash, true)).result).toEqual(block);
  expect(((await call('eth_getBlockReceipts', block.hash)).result as unknown[])[0]).toEqual(
    (await call('eth_getTransactionReceipt', tx.hash)).result,
  );
});

test('refuses what it cannot answer, with the code clients know', async () => {
  expect((await call('eth_getBlockByNumber', 'first', false)).error?.code).toBe(-32602);
  expect((await call('eth_getBlockByNumber')).error?.code).toBe(-32602);
  expect((await call('eth_getStorageAt', contract, '0x0', '0x1')).error).toMatchObject({
    code: -32602,
    data: { code: 'LEDGER_OLD_STATE' },
  });
  // PUSH1 42, MSTORE, REVERT as creation code.
  expect((await call('eth_call', { data: '0x602a5f5260205ffd' }, 'latest')).error).toEqual({
    code: 3,
    message: 'execution reverted',
    data: `0x${word(42)}`,
  });
  expect(await (await post('{')).json()).toMatchObject({ id: null, error: { code: -32700 } });
  expect(await (await post('[]')).json()).toMatchObject({ id: null, error: { code: -32600 } });
  expect(await (await post('{"id":1}')).json()).toMatchObject({ id: 1, error: { code: -32600 } });
});

test('a batch is answered in order, notifications not at all', async () => {
  const body = [
    { jsonrpc: '2.0', id: 'a', method: 'eth_chainId' },
    { jsonrpc: '2.0', method: 'eth_chainId' },
    { jsonrpc: '2.0', id: 2, method: 'anvil_reset' },
  ];
  const replies = (await (await post(JSON.stringify(body))).json()) as Reply[];
  expect(replies.map(({ id }) => id)).toEqual(['a', 2]);
  expect((await post(JSON.stringify(body[1]))).status).toBe(204);
});

test('too large a body, a foreign content type and other routes are refused', async () => {
  expect((await post(`"${'x'.repeat(1024 * 1024)}"`)).status).toBe(413);
  expect((await post('{}', 'text/plain')).status).toBe(415);
  expect((await fetch(url)).status).toBe(404);
});

test('health tells chain, number and hash', async () => {
  const { hash } = ledger.head();
  expect(await (await fetch(`${url}/health`)).json()).toEqual({
    status: 'ok',
    chainId: CHAIN_ID,
    number: 2,
    hash,
  });
});

test("the chain room's own client is content with it", async () => {
  const rpc = ChainRpc.connect(url);
  const now = () => place.clock.now;
  const head = await Head.fetch(rpc, { chainId: CHAIN_ID, validators: [addressOf(validatorKey)], now });
  expect(head.number).toBe(ledger.journal.number);
  const sender = Sender.open({ rpc, chainId: CHAIN_ID, key: senderKey(5), now: Date.now });
  const receipts = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => sender.send({ to: contract, data: `0x${word(500 + n)}${word(0)}` })),
  );
  expect(receipts.every(({ status }) => status === 1)).toBe(true);
});
