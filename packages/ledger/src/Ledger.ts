// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdir, stat } from 'node:fs/promises';
import { join, resolve as resolvePath } from 'node:path';
import { signHead, signSeal } from '@islet/chain/Seal';
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import { addressOf } from '@islet/core/crypto/secp256k1';
import { IsletError } from '@islet/core/IsletError';
import type { Admitted } from './Admission.js';
import * as Admission from './Admission.js';
import * as BlockJournal from './BlockJournal.js';
import * as Engine from './Engine.js';
import { ExecutorDownError, type Outcome } from './Executor.js';
import * as FolderLock from './FolderLock.js';
import * as limits from './limits.js';
import type { Note } from './Rebuild.js';
import type { Done, Genesis, Hex, Open } from './Records.js';

const HARDFORK = 'osaka';

export type Options = {
  folder: string;
  chainId: number;
  /** 32 bytes. Seals blocks and states heads. */
  validatorKey: Uint8Array;
  /** UTC, ms */
  now: () => number;
  /** Blocks between snapshots, 256 if absent: more make a start slower, fewer make blocks wait more often. */
  snapshotBlocks?: number;
  /** Blocks that one executor runs before a fresh one takes over, 5,000 if absent: more take more memory. */
  executorBlocks?: number;
  /** Hears what may interest an operator; silent without. */
  note?: (note: Note) => void;
};

/** Where a transaction ended: its block, its place in it. */
export type Place = { number: number; index: number };

export type Head = { chainId: number; number: number; hash: Hex; at: number; signature: Hex };

type Waiting = Admitted & {
  resolve: (place: Place) => void;
  reject: (error: Error) => void;
  done: Promise<Place>;
};

export const journalPath = (folder: string): string => join(folder, 'blocks.journal');

/** Whether the folder holds a ledger already. */
export const exists = (folder: string): Promise<boolean> =>
  stat(journalPath(folder)).then(
    () => true,
    () => false,
  );

/**
 * Opens the ledger in a folder, or makes one. Every block's hash is checked against the executor before it resolves
 * (from the newest snapshot on).
 * Throws `LEDGER_LOCKED`, `LEDGER_JOURNAL_CORRUPT`, `LEDGER_HISTORY_MISMATCH`, `LEDGER_OTHER_CHAIN`,
 * `LEDGER_OTHER_VALIDATOR`, `LEDGER_EXECUTOR_MISSING`, `LEDGER_EXECUTOR_DOWN`.
 */
export async function open(options: Options): Promise<Ledger> {
  const folder = resolvePath(options.folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await FolderLock.take(join(folder, 'lock'));
  let journal: BlockJournal.BlockJournal | undefined;
  try {
    const validator = to0x(addressOf(options.validatorKey));
    if (!(await exists(folder))) {
      await BlockJournal.create(journalPath(folder), genesisOf(options, validator));
    }
    journal = await BlockJournal.open(journalPath(folder));
    if (journal.genesis.chainId !== options.chainId) throw new OtherChainError(journal.genesis.chainId);
    if (journal.genesis.validator !== validator) throw new OtherValidatorError();
    const ledger = new Ledger({ ...options, folder }, journal, lock);
    await ledger.start();
    return ledger;
  } catch (error) {
    await journal?.close().catch(() => undefined);
    await lock.release();
    throw error;
  }
}

const genesisOf = (options: Options, validator: Hex): Genesis => ({
  version: 1,
  chainId: options.chainId,
  timestamp: Math.floor(options.now() / 1000),
  hardfork: HARDFORK,
  gasLimit: limits.BLOCK_GAS,
  validator,
});

/** A chain of one validator: a journal of blocks in front of an executor that may be lost at any moment. */
export class Ledger implements AsyncDisposable {
  readonly chainId: number;
  readonly journal: BlockJournal.BlockJournal;
  /** Rejects when the ledger can go on no longer; nothing is acknowledged from then on. */
  readonly failed: Promise<never>;
  readonly #options: Options;
  readonly #lock: FolderLock.Lock;
  readonly #queue: Waiting[] = [];
  readonly #inFlight = new Map<Hex, Waiting>();
  readonly #nonces = new Map<Hex, number>();
  #fail!: (error: Error) => void;
  #failure: Error | undefined;
  #engine!: Engine.Engine;
  #admission: Promise<unknown> = Promise.resolve();
  #producing: Promise<void> | undefined;
  #stated: Head | undefined;
  #closed = false;

  constructor(options: Options, journal: BlockJournal.BlockJournal, lock: FolderLock.Lock) {
    this.#options = options;
    this.chainId = options.chainId;
    this.journal = journal;
    this.#lock = lock;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined);
  }

  /** Brings an executor to the journal's end and finishes the block that a crash interrupted. */
  async start(): Promise<void> {
    const { journal } = this;
    this.#engine = await Engine.start({
      note: () => undefined,
      snapshotBlocks: limits.SNAPSHOT_BLOCKS,
      executorBlocks: limits.EXECUTOR_BLOCKS,
      ...this.#options,
      journal,
      fail: (error) => this.#end(error),
    });
    try {
      if (journal.number < 0) {
        const header = await (await this.#engine.executor()).head();
        await journal.appendDone(0, this.#sealed({ header, txs: [] }));
      }
      const pending = await journal.pending();
      if (pending) await this.#execute(journal.number + 1, pending);
    } catch (error) {
      await this.#engine.close();
      throw error;
    }
  }

  /**
   * Takes a signed transaction and resolves when its block is executed and on stable storage.
   * Throws `TxRefusedError` (it is in no block), `LEDGER_BUSY`, `LEDGER_CLOSED`, or what ended the ledger.
   */
  async submit(raw: string): Promise<{ hash: Hex; place: Place }> {
    this.#requireOpen();
    const tx = Admission.decode(raw, this.chainId);
    // In order of arrival: a sender's second transaction is judged after its first.
    const admitted = this.#admission.then(() => this.#admit(tx));
    this.#admission = admitted.catch(() => undefined);
    const { done } = await admitted;
    return { hash: tx.hash, place: await done };
  }

  /** The nonce that an account must use next, transactions in waiting included. */
  async nextNonce(account: Hex): Promise<number> {
    return (
      this.#nonces.get(account) ?? Number(await this.ask('eth_getTransactionCount', [account, 'latest']))
    );
  }

  /** Asks the executor about the newest state. */
  ask(method: string, params: unknown[]): Promise<unknown> {
    this.#requireOpen();
    return this.#engine.ask(method, params);
  }

  /** The validator's signed word on what the newest block is, now. */
  head(): Head {
    this.#requireOpen();
    const { chainId, journal } = this;
    const at = this.#options.now();
    const { number } = journal;
    const { hash } = journal.head!;
    const said = this.#stated;
    if (said?.number === number && at >= said.at && at - said.at < limits.HEAD_REUSE_MS) return said;
    const signature = signHead({ chainId, number, hash: fromHex(hash), at }, this.#options.validatorKey);
    this.#stated = { chainId, number, hash, at, signature: to0x(signature) };
    return this.#stated;
  }

  /** Tells the operator of an error that nobody foresaw. */
  defect(error: unknown): void {
    const { name, stack } = error instanceof Error ? error : { name: typeof error, stack: '' };
    const where = stack?.match(/\bat .*/)?.[0] ?? 'unknown';
    this.#options.note?.({ event: 'unexpected', name, where });
  }

  /** Finishes what was accepted, then stops. However a ledger ends it is whole; this makes the next start quick. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#admission;
    await this.#producing;
    await this.#engine.close();
    await this.journal.close();
    await this.#lock.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #admit(tx: Admitted): Promise<Waiting> {
    this.#requireOpen();
    // Sent twice: both hear of the one.
    const same = this.#inFlight.get(tx.hash);
    if (same) return same;
    if (this.#inFlight.size >= limits.QUEUE_TXS) throw new BusyError();
    Admission.checkNonce(tx.nonce, await this.nextNonce(tx.from));
    const waiting = waitingFor(tx);
    this.#nonces.set(tx.from, tx.nonce + 1);
    this.#inFlight.set(tx.hash, waiting);
    this.#queue.push(waiting);
    this.#producing ??= this.#produce().finally(() => {
      this.#producing = undefined;
    });
    return waiting;
  }

  /** Makes blocks until nobody waits. While one is made the next one's transactions gather. */
  async #produce(): Promise<void> {
    try {
      await new Promise((resolve) => setTimeout(resolve, limits.COLLECT_MS));
      while (this.#queue.length > 0) {
        const txs = this.#take();
        await this.#block(txs);
        await this.#engine.maintain(txs.length);
      }
    } catch (error) {
      this.#end(error as Error);
    }
  }

  /** As many from the queue as one block holds, in order of arrival. */
  #take(): Waiting[] {
    let gas = 0;
    let bytes = 0;
    const over = this.#queue.findIndex((tx, i) => {
      gas += tx.gas;
      bytes += tx.bytes;
      return i >= limits.BLOCK_TXS || gas > limits.BLOCK_GAS || bytes > limits.BLOCK_BYTES;
    });
    return this.#queue.splice(0, over === -1 ? this.#queue.length : over);
  }

  async #block(txs: Waiting[]): Promise<void> {
    const number = this.journal.number + 1;
    // Never before the parent's time. Blocks of one second share it: a block may not run ahead of the clock.
    const parent = Number(this.journal.head!.timestamp);
    const timestamp = Math.max(Math.floor(this.#options.now() / 1000), parent);
    const block: Open = { timestamp, txs: txs.map(({ raw }) => raw) };
    await this.journal.appendOpen(number, block);
    const { done, refused } = await this.#execute(number, block);
    const indexes = new Map(done.txs.map((tx, index) => [tx.place, index]));
    for (const [place, tx] of txs.entries()) {
      this.#inFlight.delete(tx.hash);
      const index = indexes.get(place);
      if (index !== undefined) {
        tx.resolve({ number, index });
        continue;
      }
      // The next one of this sender is judged by what the executor says, not by what we expected.
      this.#nonces.delete(tx.from);
      const why = refused.get(place) ?? 'the executor left it out of the block';
      tx.reject(new Admission.TxRefusedError('LEDGER_TX_REFUSED', why));
    }
    // Only those in waiting need their nonce here; the executor knows the others'.
    if (this.#queue.length === 0 && this.#nonces.size > limits.QUEUE_TXS) this.#nonces.clear();
  }

  /** Executes a block that is in the journal, on as many executors as it takes, and records what came of it. */
  async #execute(number: number, block: Open): Promise<{ done: Done; refused: Map<number, string> }> {
    for (let attempt = 1; ; attempt++) {
      const executor = await this.#engine.executor();
      // A block that ends every executor must not end the chain: it is closed without its transactions. Nobody was
      // told that they are in it, and the done record makes every later replay leave them out, too.
      const txs = attempt < limits.BLOCK_ATTEMPTS ? block.txs : [];
      try {
        const outcome = await executor.run(block.timestamp, txs);
        requireNext(this.journal, number, outcome);
        const done = this.#sealed({ header: outcome.header, txs: placed(outcome, block) });
        await this.journal.appendDone(number, done);
        return { done, refused: outcome.refused };
      } catch (error) {
        if (!(error instanceof ExecutorDownError) || attempt >= limits.BLOCK_ATTEMPTS) throw error;
        await this.#engine.replace(executor);
      }
    }
  }

  #sealed(block: Omit<Done, 'seal'>): Done {
    const { hash, number } = block.header;
    const statement = { chainId: this.chainId, number: Number(number), hash: fromHex(hash) };
    return { ...block, seal: to0x(signSeal(statement, this.#options.validatorKey)) };
  }

  #requireOpen(): void {
    if (this.#failure) throw this.#failure;
    if (this.#closed) throw new ClosedError();
  }

  /** Everything that waits learns that it was not acknowledged. */
  #end(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    for (const waiting of this.#inFlight.values()) waiting.reject(error);
    this.#inFlight.clear();
    this.#queue.length = 0;
    this.#fail(error);
  }
}

function requireNext({ head }: BlockJournal.BlockJournal, number: number, { header }: Outcome): void {
  if (Number(header.number) === number && header.parentHash === head?.hash) return;
  throw new ExecutorDownError('made another block than it was asked for');
}

function waitingFor(tx: Admitted): Waiting {
  let resolve!: (place: Place) => void;
  let reject!: (error: Error) => void;
  const done = new Promise<Place>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  done.catch(() => undefined);
  return { ...tx, resolve, reject, done };
}

/** Executed transactions with their places in the block as it was written down. */
function placed({ txs }: Outcome, block: Open): Done['txs'] {
  const places = new Map(block.txs.map((raw, place) => [to0x(keccak256(fromHex(raw))), place]));
  return txs.map((tx) => ({ ...tx, place: places.get(tx.hash)! }));
}

/** `LEDGER_BUSY`: too many transactions wait for a block. */
export class BusyError extends IsletError {
  override readonly name = 'LedgerBusyError';
  constructor() {
    super('LEDGER_BUSY', 'Too many transactions wait for a block. Send this one again in a second.');
  }
}

/** `LEDGER_CLOSED`: it is shutting down. */
export class ClosedError extends IsletError {
  override readonly name = 'LedgerClosedError';
  constructor() {
    super('LEDGER_CLOSED', 'The ledger is shutting down. Send this again when it is back.');
  }
}

/** `LEDGER_OTHER_CHAIN`: the folder holds another chain than the configuration names. */
export class OtherChainError extends IsletError {
  override readonly name = 'LedgerOtherChainError';
  constructor(chainId: number) {
    super('LEDGER_OTHER_CHAIN', `The folder holds chain ${chainId}. Configure that id, or another folder.`);
  }
}

/** `LEDGER_OTHER_VALIDATOR`: the chain was begun with another key, and clients trust that one. */
export class OtherValidatorError extends IsletError {
  override readonly name = 'LedgerOtherValidatorError';
  constructor() {
    super(
      'LEDGER_OTHER_VALIDATOR',
      'The folder holds a chain of another validator key. Restore that key file, or configure another folder.',
    );
  }
}
