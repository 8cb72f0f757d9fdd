// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { TxRefusedError } from './Admission.js';
import { ExecutorRefusal } from './Executor.js';
import type { Ledger } from './Ledger.js';
import { BATCH_CALLS } from './limits.js';
import { methods } from './methods.js';

type RpcError = { code: number; message: string; data?: unknown };
type Reply = { jsonrpc: '2.0'; id: unknown } & ({ result: unknown } | { error: RpcError });

/** Answers a JSON-RPC 2.0 body: one call or a batch. Undefined where nobody wants an answer. */
export async function answer(ledger: Ledger, body: string): Promise<Reply | Reply[] | undefined> {
  let asked: unknown;
  try {
    asked = JSON.parse(body);
  } catch {
    return failure(null, { code: -32700, message: 'The body is not JSON.' });
  }
  if (!Array.isArray(asked)) return answerOne(ledger, asked);
  if (asked.length === 0 || asked.length > BATCH_CALLS) {
    return failure(null, { code: -32600, message: `A batch holds 1 to ${BATCH_CALLS} calls.` });
  }
  const replies = await Promise.all(asked.map((one) => answerOne(ledger, one)));
  const wanted = replies.filter((reply) => reply !== undefined);
  return wanted.length > 0 ? wanted : undefined;
}

async function answerOne(ledger: Ledger, asked: unknown): Promise<Reply | undefined> {
  const call = (typeof asked === 'object' && asked !== null ? asked : {}) as Record<string, unknown>;
  const { method, params = [] } = call;
  const id = typeof call.id === 'string' || typeof call.id === 'number' ? call.id : null;
  if (typeof method !== 'string' || !Array.isArray(params)) {
    return failure(id, { code: -32600, message: 'Not a JSON-RPC 2.0 call with a list of parameters.' });
  }
  const reply = await run(ledger, id, method, params);
  return 'id' in call ? reply : undefined;
}

async function run(ledger: Ledger, id: unknown, name: string, params: unknown[]): Promise<Reply> {
  const method = methods.get(name);
  if (!method) return failure(id, { code: -32601, message: 'This method does not exist here.' });
  try {
    return { jsonrpc: '2.0', id, result: await method(ledger, params) };
  } catch (error) {
    if (!(error instanceof IsletError)) ledger.defect(error);
    return failure(id, told(error));
  }
}

const failure = (id: unknown, error: RpcError): Reply => ({ jsonrpc: '2.0', id, error });

/** What a client hears of an error: ours with their code, the executor's own refusals, and nothing of others. */
function told(error: unknown): RpcError {
  if (error instanceof TxRefusedError) {
    return { code: error.rpcCode, message: error.message, data: { code: error.code } };
  }
  if (error instanceof ExecutorRefusal) {
    // 3 is a revert; its text is only another spelling of the data.
    if (error.rpcCode === 3) return { code: 3, message: 'execution reverted', data: error.data ?? '0x' };
    return { code: error.rpcCode, message: error.message };
  }
  if (error instanceof IsletError) {
    return { code: codes[error.code] ?? -32000, message: error.message, data: { code: error.code } };
  }
  return { code: -32603, message: 'The ledger met an unexpected error. See its log.' };
}

const codes: Record<string, number> = {
  LEDGER_PARAMS: -32602,
  LEDGER_OLD_STATE: -32602,
  LEDGER_BUSY: -32005,
  LEDGER_TOO_MANY_LOGS: -32005,
};
