// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import * as z from 'zod';
import type { Abi } from './Abi.js';
import { MAX_ANSWER_BYTES, MAX_BATCH_CALLS, RPC_TIMEOUT_MS } from './limits.js';
import * as Revert from './Revert.js';
import { bytes } from './Wire.js';

/** One call: what to ask, and the shape its answer must have. */
export type Call<T> = { method: string; params: readonly unknown[]; answer: z.ZodType<T> };

type Answers<C extends readonly Call<unknown>[]> = {
  -readonly [K in keyof C]: C[K] extends Call<infer T> ? T : never;
};

/** A node's JSON-RPC 2.0 over HTTP. Nothing it says is believed: see `VerifiedBlock` and `Head`. */
export interface Rpc {
  /** Asks one thing. Throws `ChainRpcError` or, where a contract refused, `ChainRevertError`. */
  call<T>(method: string, params: readonly unknown[], answer: z.ZodType<T>): Promise<T>;
  /** Asks several things in one exchange; answers in the order asked. Throws the first error among them. */
  batch<const C extends readonly Call<unknown>[]>(calls: C): Promise<Answers<C>>;
  /** As `batch`, each call with its own outcome. Throws only where the exchange as a whole failed. */
  settle(calls: readonly Call<unknown>[]): Promise<PromiseSettledResult<unknown>[]>;
}

export type Options = {
  fetch?: typeof fetch;
  /** For one exchange, headers to last byte. */
  timeoutMs?: number;
  maxAnswerBytes?: number;
  /** Tries after the first, where the node was not reached or did not answer. Never for `eth_send…`. */
  retries?: number;
  /** Waited before the nth retry, n times. */
  retryDelayMs?: number;
  /** ABIs whose custom errors turn into codes. */
  abis?: readonly Abi[];
};

const envelope = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.int(), z.null()]),
  result: z.unknown().optional(),
  error: z.object({ code: z.int(), message: z.string(), data: z.unknown().optional() }).optional(),
});
type Envelope = z.infer<typeof envelope>;

/** A connection to the node at `url`. Opens nothing until asked. */
export function connect(url: string, options: Options = {}): Rpc {
  const exchange = exchanger(url, options);
  const abis = options.abis ?? [];
  let id = 0;

  async function settle(calls: readonly Call<unknown>[]): Promise<PromiseSettledResult<unknown>[]> {
    if (calls.length === 0) return [];
    if (calls.length > MAX_BATCH_CALLS) throw new RangeError(`at most ${MAX_BATCH_CALLS} calls in one batch`);
    const first = id;
    id += calls.length;
    const asked = calls.map(({ method, params }, i) => ({ jsonrpc: '2.0', id: first + i, method, params }));
    const name = calls.length === 1 ? calls[0]!.method : `a batch of ${calls.length} calls`;
    const repeatable = calls.every((c) => !c.method.startsWith('eth_send'));
    const text = await exchange(JSON.stringify(calls.length === 1 ? asked[0] : asked), name, repeatable);
    const answers = byId(text, name);
    return calls.map((call, i) => {
      try {
        const value = open(call, answers.get(first + i) ?? missing(call.method), abis);
        return { status: 'fulfilled', value };
      } catch (reason) {
        return { status: 'rejected', reason };
      }
    });
  }

  async function ask(calls: readonly Call<unknown>[]): Promise<unknown[]> {
    return (await settle(calls)).map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  return {
    call: async <T>(method: string, params: readonly unknown[], answer: z.ZodType<T>) =>
      (await ask([{ method, params, answer }]))[0] as T,
    batch: async <const C extends readonly Call<unknown>[]>(calls: C) => (await ask(calls)) as Answers<C>,
    settle,
  };
}

const missing = (method: string): never => {
  throw new ChainRpcError(
    'CHAIN_BAD_ANSWER',
    `The node's answer to ${method} lacks a part that was asked for.`,
  );
};

function byId(text: string, name: string): Map<number, Envelope> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ChainRpcError('CHAIN_BAD_ANSWER', `The node's answer to ${name} is not JSON.`, { cause });
  }
  const parsed = z.array(envelope).safeParse(Array.isArray(json) ? json : [json]);
  if (!parsed.success)
    throw new ChainRpcError('CHAIN_BAD_ANSWER', `The node's answer to ${name} is not JSON-RPC 2.0.`);
  // An error without an id is about the exchange as a whole.
  const whole = parsed.data.find((e) => e.id === null && e.error);
  if (whole?.error) throw rpcError(name, whole.error);
  return new Map(parsed.data.filter((e) => e.id !== null).map((e) => [e.id as number, e]));
}

function open(call: Call<unknown>, answer: Envelope, abis: readonly Abi[]): unknown {
  const { error } = answer;
  if (error) {
    const data = bytes.safeParse(error.data);
    // Code 3 is geth's and anvil's for a revert; Besu says -32000 and gives the data.
    const reverted = error.code === 3 || /revert/i.test(error.message);
    if (reverted) throw Revert.from(data.success ? data.data : '0x', abis);
    throw rpcError(call.method, error);
  }
  const parsed = call.answer.safeParse(answer.result);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') || 'the answer';
  throw new ChainRpcError(
    'CHAIN_BAD_ANSWER',
    `The node's answer to ${call.method} is not of the right shape at ${where}. Is this an Islet node?`,
  );
}

const rpcError = (name: string, error: { code: number; message: string }): ChainRpcError =>
  new ChainRpcError('CHAIN_RPC_ERROR', `The node refused ${name} with JSON-RPC error ${error.code}.`, {
    rpcCode: error.code,
    rpcMessage: error.message,
  });

type Exchange = (body: string, name: string, repeatable: boolean) => Promise<string>;

function exchanger(url: string, options: Options): Exchange {
  const { host } = new URL(url);
  const doFetch = options.fetch ?? fetch;
  const timeoutMs = options.timeoutMs ?? RPC_TIMEOUT_MS;
  const limit = options.maxAnswerBytes ?? MAX_ANSWER_BYTES;

  async function once(body: string, name: string): Promise<string> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const headers = { 'content-type': 'application/json' };
      const response = await doFetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
      const text = await read(response, limit, name);
      // Some nodes answer a refused call with 4xx and a proper JSON-RPC body: that body is the answer.
      if (response.ok || text.startsWith('{') || text.startsWith('[')) return text;
      throw new ChainRpcError(
        'CHAIN_UNREACHABLE',
        `The node at ${host} answered HTTP ${response.status} to ${name}.`,
      );
    } catch (cause) {
      if (cause instanceof IsletError) throw cause;
      if (signal.aborted)
        throw new ChainRpcError(
          'CHAIN_TIMEOUT',
          `The node at ${host} did not answer ${name} within ${timeoutMs} ms.`,
          { cause },
        );
      throw new ChainRpcError(
        'CHAIN_UNREACHABLE',
        `The node at ${host} was not reached for ${name}. Is it running?`,
        {
          cause,
        },
      );
    }
  }

  return async (body, name, repeatable) => {
    const retries = repeatable ? (options.retries ?? 0) : 0;
    for (let tried = 0; ; tried++) {
      try {
        return await once(body, name);
      } catch (error) {
        const passing = error instanceof ChainRpcError && passingCodes.has(error.code);
        if (!passing || tried >= retries) throw error;
        await new Promise((done) => setTimeout(done, (tried + 1) * (options.retryDelayMs ?? 200)));
      }
    }
  };
}

const passingCodes = new Set(['CHAIN_UNREACHABLE', 'CHAIN_TIMEOUT']);

async function read(response: Response, limit: number, name: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the stream, so no more than the limit is ever held.
    if (length > limit)
      throw new ChainRpcError(
        'CHAIN_ANSWER_TOO_LARGE',
        `The node's answer to ${name} is over ${limit} bytes.`,
      );
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The node could not be asked, or its answer could not be used. `rpcMessage` is the node's own text: untrusted. */
export class ChainRpcError extends IsletError {
  override readonly name = 'ChainRpcError';
  readonly rpcCode: number | undefined;
  readonly rpcMessage: string | undefined;

  constructor(
    code:
      | 'CHAIN_UNREACHABLE'
      | 'CHAIN_TIMEOUT'
      | 'CHAIN_ANSWER_TOO_LARGE'
      | 'CHAIN_BAD_ANSWER'
      | 'CHAIN_RPC_ERROR',
    message: string,
    options: ErrorOptions & { rpcCode?: number; rpcMessage?: string } = {},
  ) {
    super(code, message, options);
    this.rpcCode = options.rpcCode;
    this.rpcMessage = options.rpcMessage;
  }
}
