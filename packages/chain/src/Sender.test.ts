// Copyright the Islet authors. AGPL-3.0-or-later.

import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { RLP } from 'micro-eth-signer/core/rlp.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import * as Abi from './Abi.js';
import { CHAIN_ID, devKey } from './anvil.testkit.js';
import * as Contract from './Contract.js';
import { ChainRpcError, connect, type Rpc } from './Rpc.js';
import * as Sender from './Sender.js';
import { bare, devAddress, refuse, type Scene, start } from './scene.testkit.js';
import { probeAbi } from './solidity.testkit.js';
import * as Transaction from './Transaction.js';
import type { Hex } from './Wire.js';

let scene: Scene;
let mining: NodeJS.Timeout;
let pools: number[] = [];
let resting = false;
beforeAll(async () => {
  scene = await start();
  let busy = false;
  // As the embedded chain does: blocks of what waits, none when nothing waits.
  mining = setInterval(async () => {
    if (busy || resting) return;
    busy = true;
    const { pending } = (await scene.anvil.ask('txpool_status')) as { pending: string };
    if (Number(pending) > 0) pools.push(Number(pending));
    if (Number(pending) > 0) await scene.anvil.ask('evm_mine');
    busy = false;
  }, 60);
});
afterAll(async () => {
  clearInterval(mining);
  await new Promise((done) => setTimeout(done, 100));
  await scene[Symbol.asyncDispose]();
});
beforeEach(() => {
  scene.node.forge = (_m, _p, result) => result;
  scene.node.asked.clear();
  pools = [];
});

const options = () => ({ rpc: scene.rpc, chainId: CHAIN_ID, key: devKey, now: Date.now });
const total = () => Contract.read(scene.rpc, scene.probe, probeAbi, 'total', {});
/** Each with a number behind that the contract ignores, so that no two are the same transaction. */
const count = () => {
  const ignored = (++counts).toString(16).padStart(8, '0');
  return { to: scene.probe, data: `${Abi.encodeCall(probeAbi, 'count', {})}${ignored}` as const };
};
let counts = 0;
const fails = (code: string) => expect.objectContaining({ code });
const nonce = async () => Number(await scene.anvil.ask('eth_getTransactionCount', devAddress, 'latest'));

describe('a transaction', () => {
  test('is mined once, free of fees, and comes back with its logs', async () => {
    const sender = Sender.open(options());
    const receipt = await sender.send({ to: scene.probe, data: bare() });
    expect(sender.address).toBe(devAddress);
    expect(receipt.status).toBe(1);
    expect(Abi.decodeLog(probeAbi, receipt.logs[0]!)).toEqual({ name: 'Bare', args: {} });
    const tx = (await scene.anvil.ask('eth_getTransactionByHash', receipt.txHash)) as Record<string, string>;
    expect(tx).toMatchObject({ from: devAddress, to: scene.probe, gasPrice: '0x0', type: '0x2' });
    expect(receipt.blockNumber).toBe(Number(tx.blockNumber));
  });

  test('that a contract refuses costs no block and no nonce', async () => {
    const before = await nonce();
    const send = Sender.open(options()).send({ to: scene.probe, data: refuse() });
    await expect(send).rejects.toThrow(fails('NOT_A_MEMBER'));
    expect(await nonce()).toBe(before);
  });

  test('that is refused only when mined says so', async () => {
    const sender = Sender.open(options());
    const once = { to: scene.probe, data: Abi.encodeCall(probeAbi, 'once', {}) };
    const both = await Promise.allSettled([sender.send(once), sender.send(once)]);
    expect(both.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected']);
    const { reason } = both.find((r) => r.status === 'rejected') as PromiseRejectedResult;
    expect(reason).toEqual(fails('CHAIN_REVERTED'));
  });

  test('that no block takes is given up in time, and said to be uncertain', async () => {
    scene.node.forge = (m, _p, r) =>
      m === 'eth_sendRawTransactionSync' ? undefined : m === 'eth_getTransactionReceipt' ? null : r;
    const before = await total();
    const send = Sender.open({ ...options(), timeoutMs: 200 }).send(count());
    await expect(send).rejects.toThrow(fails('CHAIN_SEND_TIMEOUT'));
    // Uncertain only to the sender, from whom the receipt was kept; other tests count from here.
    while ((await total()) === before) await new Promise((done) => setTimeout(done, 10));
  });
});

describe('many at once', () => {
  test('have consecutive nonces, are in flight together, and are mined each once', async () => {
    const submitted: number[] = [];
    const settle: Rpc['settle'] = (calls) => {
      for (const { method, params } of calls)
        if (method === 'eth_sendRawTransactionSync') submitted.push(nonceOf(params[0] as Hex));
      return scene.rpc.settle(calls);
    };
    const sender = Sender.open({ ...options(), rpc: { ...scene.rpc, settle } });
    const [before, first] = [await total(), await nonce()];
    const receipts = await Promise.all(Array.from({ length: 60 }, () => sender.send(count())));
    expect(new Set(receipts.map((r) => r.txHash)).size).toBe(60);
    expect(await total()).toBe(before + 60n);
    expect(await nonce()).toBe(first + 60);
    expect(Math.max(...pools)).toBeGreaterThan(10);
    expect(scene.node.asked.get('eth_getTransactionCount')).toBe(1);
    // In the order of their nonces, each once: a node may refuse one that comes too early.
    expect(submitted).toEqual([...submitted].sort((a, b) => a - b));
    expect(new Set(submitted).size).toBe(60);
  });

  test('go through a node without the synchronous method as well', async () => {
    const rpc = between(scene.rpc, (method, params, ask) =>
      ask(method === 'eth_sendRawTransactionSync' ? 'islet_noSuchMethod' : method, params),
    );
    const sender = Sender.open({ ...options(), rpc });
    const before = await total();
    await Promise.all(Array.from({ length: 20 }, () => sender.send(count())));
    expect(await total()).toBe(before + 20n);
    expect(scene.node.asked.get('eth_sendRawTransaction')).toBe(20);
  });

  test('survive another sender with the same key: none is lost, none is sent twice', async () => {
    const [a, b] = [Sender.open(options()), Sender.open(options())];
    const before = await total();
    const sends = Array.from({ length: 12 }, (_, i) => (i % 2 ? a : b).send(count()));
    await Promise.all(sends);
    expect(await total()).toBe(before + 12n);
  });

  test('survive answers that are lost on the way: none is sent twice', async () => {
    const before = await total();
    let lost = 0;
    const rpc = between(scene.rpc, async (method, params, ask) => {
      const said = await ask(method, params);
      if (method.startsWith('eth_sendRaw') && lost++ % 3 === 0) throw await unreachable();
      return said;
    });
    const sender = Sender.open({ ...options(), rpc });
    await Promise.all(Array.from({ length: 9 }, () => sender.send(count())));
    expect(await total()).toBe(before + 9n);
    expect(lost).toBeGreaterThan(3);
  });

  test('survive a node that answers “nonce too low” to what already waits there: none is sent twice', async () => {
    const before = await total();
    const seen = new Set<unknown>();
    const rpc = between(scene.rpc, async (method, params, ask) => {
      if (!method.startsWith('eth_sendRaw')) return ask(method, params);
      if (seen.has(params[0])) {
        const rpcMessage = 'nonce too low: the next is 99';
        throw new ChainRpcError('CHAIN_RPC_ERROR', 'refused', { rpcCode: -32_000, rpcMessage });
      }
      seen.add(params[0]);
      await scene.anvil.ask('eth_sendRawTransaction', params[0]);
      throw await unreachable();
    });
    resting = true;
    setTimeout(() => {
      resting = false;
    }, 400);
    const sender = Sender.open({ ...options(), rpc });
    await Promise.all([sender.send(count()), sender.send(count())]);
    expect(await total()).toBe(before + 2n);
    expect(seen.size).toBe(2);
  });

  test('are not held up by one that the node refuses for good: its nonce is filled', async () => {
    const before = await total();
    let refused = false;
    // The executor holds what comes after a gap, and with it the whole exchange, until we give that up.
    const brief = connect(scene.node.url, { timeoutMs: 500 });
    const refusing = between(brief, async (method, params, ask) => {
      if (method !== 'eth_sendRawTransactionSync' || refused) return ask(method, params);
      refused = true;
      await new Promise((done) => setTimeout(done, 30));
      return ask(method, ['0x00']);
    });
    const sender = Sender.open({ ...options(), rpc: refusing });
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => sender.send(count())));
    expect(all.filter((r) => r.status === 'rejected').length).toBe(1);
    expect(await total()).toBe(before + 5n);
  });
});

test('a sender opened anew counts what is still in flight', async () => {
  const before = await total();
  const early = Array.from({ length: 5 }, () => Sender.open(options()).send(count()));
  await Promise.all(early.slice(0, 1));
  await Promise.all([...early, Sender.open(options()).send(count())]);
  expect(await total()).toBe(before + 6n);
});

test('a contract’s address is computed, not asked for', async () => {
  const next = await nonce();
  const receipt = await Sender.open(options()).send({ data: '0x6001600c60003960016000f300' });
  expect(receipt.contractAddress).toBe(Transaction.contractAddress(devAddress, next));
  expect(await scene.anvil.ask('eth_getCode', receipt.contractAddress, 'latest')).toBe('0x00');
});

type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** A connection on which every single call passes through `tamper`. */
function between(
  rpc: Rpc,
  tamper: (method: string, params: readonly unknown[], ask: Ask) => Promise<unknown>,
): Rpc {
  const call: Rpc['call'] = (method, params, answer) =>
    tamper(method, params, (m, p) => rpc.call(m, p, answer)) as never;
  const settle: Rpc['settle'] = (calls) =>
    Promise.allSettled(calls.map((c) => call(c.method, c.params, c.answer)));
  return { ...rpc, call, settle };
}

/** The second field of a transaction of type 2. */
const nonceOf = (raw: Hex) => {
  const nonce = (RLP.decode(fromHex(raw).slice(1)) as Uint8Array[])[1]!;
  return nonce.length === 0 ? 0 : Number(to0x(nonce));
};

const unreachable = () =>
  connect('http://127.0.0.1:1')
    .call('eth_chainId', [], z.unknown())
    .catch((error: unknown) => error);
