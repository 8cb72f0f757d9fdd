// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type { Header, Hex, Mined } from './Records.js';

/** What became of a block's transactions. `refused` maps a place in the block to the executor's reason. */
export type Outcome = { header: Header; txs: Mined[]; refused: Map<number, string> };

/**
 * Runs blocks and answers questions about the newest state. Disposable: it remembers nothing that the journal does
 * not hold. Every method throws `LEDGER_EXECUTOR_DOWN` when the executor is gone or silent.
 */
export interface Executor {
  /** The newest block's header, without its transactions. */
  head(): Promise<Header>;
  /** Executes one block: time in seconds, signed transactions in order. */
  run(timestamp: number, txs: Hex[]): Promise<Outcome>;
  /** Executes one block for its hash alone, transactions sent `together` at a time. */
  rerun(timestamp: number, txs: Hex[], together: number): Promise<Hex>;
  /** The live state at the newest block, with the last headers, as bytes that `load` takes. */
  dump(): Promise<Uint8Array>;
  load(state: Uint8Array): Promise<void>;
  /** Passes one question through. Throws `ExecutorRefusal` with the executor's own answer. */
  ask(method: string, params: unknown[]): Promise<unknown>;
  /** Resolves when the executor is gone, for whatever reason. */
  readonly gone: Promise<void>;
  close(): Promise<void>;
}

/** The executor understood and said no: a JSON-RPC error, to be passed on. */
export class ExecutorRefusal extends IsletError {
  override readonly name = 'LedgerExecutorRefusal';
  readonly rpcCode: number;
  readonly data: unknown;
  constructor(rpcCode: number, message: string, data: unknown) {
    super('LEDGER_EXECUTOR_REFUSAL', message);
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

/** `LEDGER_EXECUTOR_DOWN`: it ended, or did not answer in time. The ledger starts another. */
export class ExecutorDownError extends IsletError {
  override readonly name = 'LedgerExecutorDownError';
  constructor(what: string, options?: ErrorOptions) {
    super(
      'LEDGER_EXECUTOR_DOWN',
      `The executor ${what}. The ledger starts another from its journal.`,
      options,
    );
  }
}
