// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { type BlockJournal, keyOf } from './BlockJournal.js';
import * as Blocks from './Blocks.js';
import { LOG_CANDIDATES, LOGS } from './limits.js';
import type { Hex } from './Records.js';

/**
 * Which logs: of the blocks `from` to `to`, both included; of any of the addresses; where a position of `topics` lists
 * values, with any of them there. Empty lists and null match everything. Hex in lower case.
 */
export type Filter = { from: number; to: number; addresses: Hex[]; topics: (Hex[] | null)[] };

/** The logs that match, in order. Throws `LEDGER_TOO_MANY_LOGS`. */
export async function find(journal: BlockJournal, filter: Filter): Promise<Blocks.RpcLog[]> {
  const found: Blocks.RpcLog[] = [];
  for (const number of candidates(journal, filter)) {
    for (const log of Blocks.logs(await journal.readDone(number))) if (matches(filter, log)) found.push(log);
    if (found.length > LOGS) throw new TooManyLogsError();
  }
  return found;
}

export function matches({ addresses, topics }: Filter, log: { address: Hex; topics: Hex[] }): boolean {
  if (addresses.length > 0 && !addresses.includes(log.address)) return false;
  return topics.every((wanted, i) => {
    const topic = log.topics[i];
    return topic !== undefined && (wanted === null || wanted.length === 0 || wanted.includes(topic));
  });
}

/** Blocks that may hold a matching log, in order: those that every condition's index entries name. */
function candidates(journal: BlockJournal, { from, to, addresses, topics }: Filter): number[] {
  const last = Math.min(to, journal.number);
  const conditions = [
    addresses.map((address) => keyOf.address(address)),
    ...topics.map((wanted, i) => (wanted ?? []).map((topic) => keyOf.topic(i, topic))),
  ].filter((keys) => keys.length > 0);
  const { index } = journal;
  const size = (keys: string[]): number => keys.reduce((sum, key) => sum + index.count(key), 0);
  conditions.sort((a, b) => size(a) - size(b));
  const numbers = conditions.reduce<Set<number> | undefined>((kept, keys) => {
    const named = keys.flatMap((key) => index.find(key, from, last));
    return new Set(kept ? named.filter((number) => kept.has(number)) : named);
  }, undefined);
  const all = numbers ? [...numbers].sort((a, b) => a - b) : withLogs(journal, from, last);
  if (all.length > LOG_CANDIDATES) throw new TooManyLogsError();
  return all;
}

function withLogs(journal: BlockJournal, from: number, to: number): number[] {
  const numbers: number[] = [];
  let logs = 0;
  for (let number = from; number <= to; number++) {
    const count = journal.logsIn(number);
    logs += count;
    if (count > 0) numbers.push(number);
    if (logs > LOGS) throw new TooManyLogsError();
  }
  return numbers;
}

/** `LEDGER_TOO_MANY_LOGS`: the question is too wide for one answer. */
export class TooManyLogsError extends IsletError {
  override readonly name = 'LedgerTooManyLogsError';
  constructor() {
    super(
      'LEDGER_TOO_MANY_LOGS',
      `More than ${LOGS} logs may match. Narrow the range of blocks, or ask for fewer addresses or topics.`,
    );
  }
}
