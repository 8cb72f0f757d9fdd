// Copyright the Islet authors. AGPL-3.0-or-later.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { addressOf } from '@islet/core/crypto/secp256k1';
import { ask, CHAIN_ID } from './anvil.testkit.js';
import { signHead, signSeal } from './Seal.js';
import type { Hex } from './Wire.js';

export const validatorKey = new Uint8Array(32).fill(7);
export const validators = [addressOf(validatorKey)];

type Block = { number: Hex; hash: Hex };

/** A node in front of an executor, as Islet's validators run it: with seals, heads, and a liar's every freedom. */
export type Node = AsyncDisposable & {
  url: string;
  /** How often each method was asked for. */
  asked: Map<string, number>;
  /** Changes answers before they are told; the identity at first. `undefined` is an unknown method. */
  forge: (method: string, params: unknown[], result: unknown) => unknown;
  /** The validator's clock. */
  now: () => number;
  /** Whose key seals and states. */
  key: Uint8Array;
  close(): Promise<void>;
};

export async function start(executor: string): Promise<Node> {
  const asked = new Map<string, number>();
  async function answer(method: string, params: unknown[]): Promise<unknown> {
    if (method === 'islet_getHead') {
      const { number, hash } = (await ask(executor, 'eth_getBlockByNumber', ['latest', false])) as Block;
      const head = { chainId: CHAIN_ID, number: Number(number), at: node.now() };
      return { ...head, hash, signature: to0x(signHead({ ...head, hash: fromHex(hash) }, node.key)) };
    }
    if (method === 'islet_getSeal') {
      const block = (await ask(executor, 'eth_getBlockByNumber', [params[0], false])) as Block | null;
      if (block === null) return null;
      const number = Number(block.number);
      const sealed = { chainId: CHAIN_ID, number, hash: fromHex(block.hash) };
      return { number, hash: block.hash, signature: to0x(signSeal(sealed, node.key)) };
    }
    return ask(executor, method, params);
  }
  async function reply(request: { id: number; method: string; params: unknown[] }): Promise<object> {
    const { id, method, params } = request;
    asked.set(method, (asked.get(method) ?? 0) + 1);
    try {
      const result = node.forge(method, params, await answer(method, params));
      if (result !== undefined) return { jsonrpc: '2.0', id, result };
      return { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } };
    } catch (error) {
      const { rpc } = error as { rpc?: object };
      return { jsonrpc: '2.0', id, error: rpc ?? { code: -32000, message: String(error) } };
    }
  }
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const asks = JSON.parse(body);
    response.end(
      JSON.stringify(Array.isArray(asks) ? await Promise.all(asks.map(reply)) : await reply(asks)),
    );
  });
  const url = await listen(server);
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  const node: Node = {
    url,
    asked,
    forge: (_method, _params, result) => result,
    now: Date.now,
    key: validatorKey,
    close,
    [Symbol.asyncDispose]: close,
  };
  return node;
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
