// Copyright the Islet authors. AGPL-3.0-or-later.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import * as Abi from './Abi.js';
import { listen } from './node.testkit.js';
import * as Revert from './Revert.js';
import { ChainRpcError, connect, type Options } from './Rpc.js';
import { type Scene, start } from './scene.testkit.js';
import { probeAbi } from './solidity.testkit.js';
import * as Wire from './Wire.js';

const fails = (code: string) => expect.objectContaining({ code });

/** Asks a server that answers in this way. */
async function against<T>(
  answer: (body: string, response: ServerResponse, request: IncomingMessage) => void,
  use: (rpc: ReturnType<typeof connect>, url: string) => Promise<T>,
  options: Options = {},
): Promise<T> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    answer(body, response, request);
  });
  const url = await listen(server);
  try {
    return await use(connect(url, options), url);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const ok = (body: string, result: unknown) => {
  const asked = JSON.parse(body);
  const one = ({ id }: { id: number }) => ({ jsonrpc: '2.0', id, result });
  return JSON.stringify(Array.isArray(asked) ? asked.map(one) : one(asked));
};
const height = (rpc: ReturnType<typeof connect>) => rpc.call('eth_blockNumber', [], Wire.count);

describe('an answer', () => {
  test('has the shape asked for', async () => {
    expect(await against((b, r) => r.end(ok(b, '0x10')), height)).toBe(16);
  });

  test.each([
    ['another shape', (b: string) => ok(b, 'sixteen')],
    ['a quantity with leading zeros', (b: string) => ok(b, '0x010')],
    ['nothing', () => ''],
    ['no JSON', () => '<html>'],
    ['JSON that is not JSON-RPC', () => '{"result":"0x10"}'],
    ['another call’s id', (b: string) => ok(b, '0x10').replace(/"id":\d+/, '"id":77')],
  ])('with %s is refused', async (_name, text) => {
    await expect(against((b, r) => r.end(text(b)), height)).rejects.toThrow(fails('CHAIN_BAD_ANSWER'));
  });

  test('larger than the limit is not read to its end', async () => {
    const endless = (_b: string, r: ServerResponse) => {
      const timer = setInterval(() => r.write(' '.repeat(65_536)), 1);
      r.on('close', () => clearInterval(timer));
    };
    await expect(against(endless, height, { maxAnswerBytes: 200_000 })).rejects.toThrow(
      fails('CHAIN_ANSWER_TOO_LARGE'),
    );
  });

  test('that does not come in time is given up, also when only its end is missing', async () => {
    const options = { timeoutMs: 60 };
    await expect(against(() => {}, height, options)).rejects.toThrow(fails('CHAIN_TIMEOUT'));
    await expect(against((_b, r) => void r.write('{'), height, options)).rejects.toThrow(
      fails('CHAIN_TIMEOUT'),
    );
  });

  test('with an error says its code, and keeps the node’s own words out of the message', async () => {
    const error = { code: -32_005, message: 'secret words' };
    const text = (b: string) => JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(b).id, error });
    const thrown = await against((b, r) => r.writeHead(429).end(text(b)), height).catch((e) => e);
    expect(thrown).toBeInstanceOf(ChainRpcError);
    expect(thrown).toMatchObject({ code: 'CHAIN_RPC_ERROR', rpcCode: -32_005, rpcMessage: 'secret words' });
    expect(thrown.message).toMatchInlineSnapshot(
      `"The node refused eth_blockNumber with JSON-RPC error -32005."`,
    );
  });
});

describe('a node that is not there', () => {
  test('is told so, without the secrets that a URL may carry', async () => {
    const url = await against(
      () => {},
      async (_rpc, u) => u,
    );
    const thrown = await height(connect(`${url}/?key=secret`)).catch((e) => e);
    expect(thrown.code).toBe('CHAIN_UNREACHABLE');
    expect(thrown.message).not.toContain('secret');
  });

  test('or answers with an HTTP error is unreachable', async () => {
    const answer = (_b: string, r: ServerResponse) => void r.writeHead(502).end('Bad Gateway');
    await expect(against(answer, height)).rejects.toThrow(fails('CHAIN_UNREACHABLE'));
  });

  test('sends us nowhere else', async () => {
    const answer = (_b: string, r: ServerResponse) =>
      void r.writeHead(307, { location: 'http://127.0.0.1:1' }).end();
    await expect(against(answer, height)).rejects.toThrow(fails('CHAIN_UNREACHABLE'));
  });

  test('is tried again as often as wished, but never with a transaction', async () => {
    let tries = 0;
    const flaky = (b: string, r: ServerResponse) => {
      if (++tries % 3 === 0) r.end(ok(b, '0x10'));
      else r.destroy();
    };
    const options = { retries: 2, retryDelayMs: 1 };
    expect(await against(flaky, height, options)).toBe(16);
    expect(tries).toBe(3);
    const send = (rpc: ReturnType<typeof connect>) => rpc.call('eth_sendRawTransaction', ['0x'], Wire.count);
    await expect(against(flaky, send, options)).rejects.toThrow(fails('CHAIN_UNREACHABLE'));
    expect(tries).toBe(4);
  });
});

describe('a batch', () => {
  const calls = [
    { method: 'a', params: [], answer: z.string() },
    { method: 'b', params: [], answer: Wire.count },
  ] as const;
  const reply = (change: (answers: { id: number }[]) => unknown) => (b: string, r: ServerResponse) => {
    const asked = JSON.parse(b) as { id: number; method: string }[];
    const results: Record<string, unknown> = { a: 'text', b: '0x2' };
    r.end(
      JSON.stringify(
        change(asked.map(({ id, method }) => ({ jsonrpc: '2.0', id, result: results[method] }))),
      ),
    );
  };

  test('is answered in the order asked, whatever the order of the answers', async () => {
    const [a, b] = await against(
      reply((answers) => answers.reverse()),
      (rpc) => rpc.batch(calls),
    );
    expect([a, b]).toEqual(['text', 2]);
    expectTypeOf(a).toEqualTypeOf<string>();
    expectTypeOf(b).toEqualTypeOf<number>();
  });

  test('with an answer missing is refused', async () => {
    const short = against(
      reply((answers) => answers.slice(1)),
      (rpc) => rpc.batch(calls),
    );
    await expect(short).rejects.toThrow(fails('CHAIN_BAD_ANSWER'));
  });

  test('can be settled: each call has its own outcome', async () => {
    const answers = reply((all) => [{ ...all[0], result: 7 }, all[1]]);
    const [a, b] = await against(answers, (rpc) => rpc.settle(calls));
    expect(a).toMatchObject({ status: 'rejected', reason: { code: 'CHAIN_BAD_ANSWER' } });
    expect(b).toEqual({ status: 'fulfilled', value: 2 });
  });

  test('refused as a whole says why', async () => {
    const error = { jsonrpc: '2.0', id: null, error: { code: -32_600, message: 'too many' } };
    const refused = against(
      reply(() => error),
      (rpc) => rpc.batch(calls),
    );
    await expect(refused).rejects.toThrow(fails('CHAIN_RPC_ERROR'));
  });

  test('of nothing asks nothing; of too much is our own mistake', async () => {
    const rpc = connect('http://127.0.0.1:1');
    expect(await rpc.batch([])).toEqual([]);
    const many = Array.from({ length: 101 }, () => calls[0]);
    await expect(rpc.batch(many)).rejects.toThrow(RangeError);
  });
});

describe('a contract’s refusal, from a real executor,', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await start();
  });
  afterAll(() => scene[Symbol.asyncDispose]());
  const call = (data: Wire.Hex) =>
    scene.rpc.call('eth_call', [{ to: scene.probe, data }, 'latest'], Wire.bytes);

  test('is its error’s name and code, its arguments apart', async () => {
    const id = new Uint8Array(32).fill(9);
    const thrown = await call(Abi.encodeCall(probeAbi, 'revoke', { id })).catch((e) => e);
    expect(thrown).toBeInstanceOf(Revert.ChainRevertError);
    expect(thrown).toMatchObject({
      code: 'CONSENT_ALREADY_REVOKED',
      errorName: 'ConsentAlreadyRevoked',
      args: { grantId: id, at: 7n },
    });
    expect(thrown.message).toBe('A contract refused the call: ConsentAlreadyRevoked.');
  });

  test('that no ABI knows is CHAIN_REVERTED', async () => {
    await expect(call(Abi.encodeCall(probeAbi, 'words', {}))).rejects.toThrow(fails('CHAIN_REVERTED'));
    await expect(call(Abi.encodeCall(probeAbi, 'panic', {}))).rejects.toThrow(fails('CHAIN_REVERTED'));
    await expect(call('0x12345678')).rejects.toThrow(fails('CHAIN_REVERTED'));
  });
});

test.each([
  ['ConsentAlreadyRevoked', 'CONSENT_ALREADY_REVOKED'],
  ['EIP712Mismatch', 'EIP712_MISMATCH'],
  ['NotAMember', 'NOT_A_MEMBER'],
  ['MembersBadURL', 'MEMBERS_BAD_URL'],
])('the code of %s is %s', (name, code) => {
  expect(Revert.codeOf(name)).toBe(code);
});
