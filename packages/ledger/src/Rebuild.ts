// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type { BlockJournal } from './BlockJournal.js';
import { type Executor, ExecutorDownError } from './Executor.js';
import { REBUILD_ATTEMPTS, SEND_TXS } from './limits.js';
import * as Snapshots from './Snapshots.js';

export type Parts = {
  journal: BlockJournal;
  snapshots: string;
  /** Starts an empty executor, at block 0. */
  start(): Promise<Executor>;
  note(event: Note): void;
};

export type Note =
  | { event: 'snapshot-unusable'; block: number }
  | { event: 'replay'; from: number; to: number }
  | { event: 'replay-again'; block: number }
  | { event: 'executor-lost' }
  | { event: 'snapshot-failed' }
  /** A defect: where it came up, without the error's own text, which might hold data. */
  | { event: 'unexpected'; name: string; where: string };

/** An executor at the journal's newest block, and the block its run began at. */
export type Rebuilt = { executor: Executor; since: number };

/**
 * An executor brought to the journal's newest executed block: from the newest snapshot that leads to the journal's
 * hashes, else from genesis. An executor that ends meanwhile is replaced a few times.
 * Throws `LEDGER_HISTORY_MISMATCH` where no way leads there, `LEDGER_EXECUTOR_DOWN`.
 */
export async function rebuild(parts: Parts): Promise<Rebuilt> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await fromSnapshots(parts)) ?? (await fromGenesis(parts));
    } catch (error) {
      if (!(error instanceof ExecutorDownError) || attempt >= REBUILD_ATTEMPTS) throw error;
      parts.note({ event: 'executor-lost' });
    }
  }
}

async function fromSnapshots(parts: Parts): Promise<Rebuilt | undefined> {
  const { journal, snapshots, note } = parts;
  for (const number of await Snapshots.list(snapshots)) {
    const snapshot = await Snapshots.read(snapshots, number);
    const ours = number <= journal.number && snapshot?.hash === (await journal.readDone(number)).header.hash;
    const executor = ours ? await run(parts, number, SEND_TXS, snapshot.state) : undefined;
    if (executor && 'run' in executor) return { executor, since: number };
    note({ event: 'snapshot-unusable', block: number });
    await Snapshots.drop(snapshots, number);
  }
  return undefined;
}

async function fromGenesis(parts: Parts): Promise<Rebuilt> {
  const executor = await run(parts, 0, SEND_TXS);
  if ('run' in executor) return { executor, since: 0 };
  // Transactions sent together are taken in order, as measured, but anvil does not promise it. One by one leaves no
  // doubt, at a third of the speed.
  parts.note({ event: 'replay-again', block: executor.wrong });
  const again = await run(parts, 0, 1);
  if ('run' in again) return { executor: again, since: 0 };
  throw new HistoryMismatchError(again.wrong);
}

/** A new executor at the journal's end, or the block that came out wrong. */
async function run(
  parts: Parts,
  from: number,
  together: number,
  state?: Uint8Array,
): Promise<Executor | { wrong: number }> {
  const executor = await parts.start();
  try {
    if (state) await executor.load(state);
    const wrong = await replay(parts, executor, from, together);
    if (wrong === undefined) return executor;
    await executor.close();
    return { wrong };
  } catch (error) {
    await executor.close();
    throw error;
  }
}

/** Runs the blocks after `from` again. The number of the first block whose hash is another, if there is one. */
async function replay(
  { journal, note }: Parts,
  executor: Executor,
  from: number,
  together: number,
): Promise<number | undefined> {
  // A new ledger has no block 0 yet: whatever the executor has will be written down as it.
  if (journal.number < 0) return undefined;
  const start = await executor.head();
  const expected = (await journal.readDone(from)).header;
  if (Number(start.number) !== from || start.hash !== expected.hash) return from;
  if (journal.number > from) note({ event: 'replay', from: from + 1, to: journal.number });
  for (let number = from + 1; number <= journal.number; number++) {
    const [open, done] = await Promise.all([journal.readOpen(number), journal.readDone(number)]);
    const txs = done.txs.map(({ place }) => open.txs[place]!);
    const hash = await executor.rerun(open.timestamp, txs, together);
    if (hash !== done.header.hash) return number;
  }
  return undefined;
}

/** `LEDGER_HISTORY_MISMATCH`: the executor does not come to the blocks that were acknowledged and sealed. */
export class HistoryMismatchError extends IsletError {
  override readonly name = 'LedgerHistoryMismatchError';
  readonly block: number;
  constructor(block: number) {
    super(
      'LEDGER_HISTORY_MISMATCH',
      `Executing block ${block} again gives another hash than the journal holds. The journal was changed, or the executor is another version. Restore the journal from a backup, or the version that wrote it; the ledger does not start on a doubtful history.`,
    );
    this.block = block;
  }
}
