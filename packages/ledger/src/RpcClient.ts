// Copyright the Islet authors. AGPL-3.0-or-later.
import { Agent, request } from 'node:http';
import { ExecutorDownError, ExecutorRefusal } from './Executor.js';
import { EXECUTOR_CALL_MS } from './limits.js';

export type Call = [method: string, ...params: unknown[]];
export type Answer = { result?: unknown; error?: { code: number; message: string; data?: unknown } };

export type RpcClient = {
  /** One call. Throws `ExecutorRefusal` on an error answer. */
  call(...call: Call): Promise<unknown>;
  /** Calls in one request, answers in their order. The executor may run them in any order. */
  batch(calls: Call[]): Promise<Answer[]>;
  close(): void;
};

/** A JSON-RPC client of the executor on this machine. Once `gone` resolves, every call fails at once. */
export function connect(port: number, gone: Promise<void>): RpcClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  let down = false;
  void gone.then(() => {
    down = true;
    agent.destroy();
  });

  const post = (body: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (down) return reject(new ExecutorDownError('is gone'));
      const fail = (cause: unknown): void => reject(new ExecutorDownError('does not answer', { cause }));
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const req = request({ host: '127.0.0.1', port, method: 'POST', agent, headers }, (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('error', fail);
        res.on('aborted', () => fail(new Error('cut off')));
        res.on('end', () => {
          try {
            resolve(JSON.parse(Buffer.concat(parts).toString('utf8')));
          } catch (cause) {
            fail(cause);
          }
        });
      });
      req.setTimeout(EXECUTOR_CALL_MS, () => req.destroy(new Error('time-out')));
      req.on('error', fail);
      req.end(body);
    });

  return {
    async call(method, ...params) {
      const answer = (await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))) as Answer;
      if (answer.error) throw new ExecutorRefusal(answer.error.code, answer.error.message, answer.error.data);
      return answer.result;
    },
    async batch(calls) {
      const body = calls.map(([method, ...params], id) => ({ jsonrpc: '2.0', id, method, params }));
      const answers = (await post(JSON.stringify(body))) as (Answer & { id: number })[];
      if (!Array.isArray(answers) || answers.length !== calls.length) {
        throw new ExecutorDownError('answered another question');
      }
      return answers.sort((a, b) => a.id - b.id);
    },
    close: () => agent.destroy(),
  };
}
