// Copyright the Islet authors. AGPL-3.0-or-later.
// The JSON-RPC methods that clients reach. What is not listed here does not exist: the executor behind would let
// any caller write any account's state.
import { IsletError } from '@islet/core/IsletError';
import * as z from 'zod';
import { keyOf, numberOf } from './BlockJournal.js';
import * as Blocks from './Blocks.js';
import type { Ledger } from './Ledger.js';
import * as Logs from './Logs.js';
import * as params from './params.js';
import type { Hex } from './Records.js';

export const VERSION = 'islet-ledger/0.1.0';

type Method = (ledger: Ledger, given: unknown[]) => unknown;

/** A method with the shape of its parameters. */
function method<P extends z.ZodType<readonly unknown[]>>(
  shape: P,
  answer: (ledger: Ledger, ...given: Extract<z.infer<P>, readonly unknown[]>) => unknown,
): Method {
  return (ledger, given) => {
    const parsed = shape.safeParse(given);
    if (!parsed.success) throw new ParamsError(parsed.error.issues[0]?.path.join('.') || '0');
    return answer(ledger, ...(parsed.data as Extract<z.infer<P>, readonly unknown[]>));
  };
}

/** One question to the executor about the newest state. */
const state = (name: string, ...before: z.ZodType[]): Method =>
  method(z.tuple([...before, params.block.optional()] as unknown as [z.ZodType]), (ledger, ...given) => {
    requireNewest(ledger, given[before.length] as params.BlockName | undefined);
    return ledger.ask(name, [...given.slice(0, before.length), 'latest']);
  });

const nothing = z.array(z.unknown()).max(1);

export const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['eth_chainId', method(nothing, (ledger) => Blocks.quantity(ledger.chainId))],
  ['net_version', method(nothing, (ledger) => String(ledger.chainId))],
  ['web3_clientVersion', method(nothing, () => VERSION)],
  ['eth_gasPrice', method(nothing, () => '0x0')],
  ['eth_blockNumber', method(nothing, (ledger) => Blocks.quantity(ledger.journal.number))],
  [
    'eth_getBlockByNumber',
    method(z.tuple([params.block, z.boolean().optional()]), (ledger, name, full) =>
      blockAt(ledger, numberNamed(ledger, name), full),
    ),
  ],
  [
    'eth_getBlockByHash',
    method(z.tuple([params.hash, z.boolean().optional()]), async (ledger, hash, full) =>
      blockAt(ledger, await numberOf(ledger.journal, hash), full),
    ),
  ],
  ['eth_getBlockReceipts', method(z.tuple([z.union([params.hash, params.block])]), blockReceipts)],
  [
    'eth_getTransactionReceipt',
    method(z.tuple([params.hash]), async (ledger, hash) => {
      const place = await placeOf(ledger, hash);
      return place ? Blocks.receipt(await ledger.journal.readDone(place.number), place.index) : null;
    }),
  ],
  [
    'eth_getTransactionByHash',
    method(z.tuple([params.hash]), async (ledger, hash) => {
      const place = await placeOf(ledger, hash);
      if (!place) return null;
      const { number, index } = place;
      return Blocks.transaction(
        await ledger.journal.readDone(number),
        await ledger.journal.readOpen(number),
        index,
      );
    }),
  ],
  ['eth_getLogs', method(z.tuple([params.filter]), logs)],
  ['eth_call', state('eth_call', params.callOf)],
  ['eth_estimateGas', state('eth_estimateGas', params.estimateOf)],
  ['eth_getCode', state('eth_getCode', params.address)],
  ['eth_getStorageAt', state('eth_getStorageAt', params.address, params.slot)],
  ['eth_getBalance', state('eth_getBalance', params.address)],
  [
    'eth_getTransactionCount',
    method(z.tuple([params.address, params.block.optional()]), async (ledger, account, name) => {
      if (name === 'pending') return Blocks.quantity(await ledger.nextNonce(account));
      requireNewest(ledger, name);
      return ledger.ask('eth_getTransactionCount', [account, 'latest']);
    }),
  ],
  [
    'eth_sendRawTransaction',
    method(z.tuple([params.raw]), async (ledger, raw) => (await ledger.submit(raw)).hash),
  ],
  [
    'eth_sendRawTransactionSync',
    method(z.tuple([params.raw, z.unknown().optional()]), async (ledger, raw) => {
      const { place } = await ledger.submit(raw);
      return Blocks.receipt(await ledger.journal.readDone(place.number), place.index);
    }),
  ],
  [
    'islet_getSeal',
    method(z.tuple([params.seal]), async (ledger, name) => {
      const number = numberNamed(ledger, name);
      if (number === undefined) return null;
      const { header, seal } = await ledger.journal.readDone(number);
      return { number, hash: header.hash, signature: seal };
    }),
  ],
  ['islet_getHead', method(nothing, (ledger) => ledger.head())],
]);

/** The number of a block by name, if there is such a block. */
function numberNamed({ journal }: Ledger, name: params.BlockName): number | undefined {
  if (name === 'earliest') return 0;
  if (typeof name === 'string') return journal.number;
  return name <= journal.number ? name : undefined;
}

/** State is kept of the newest block only. */
function requireNewest(ledger: Ledger, name: params.BlockName | undefined): void {
  if (name !== undefined && numberNamed(ledger, name) !== ledger.journal.number) throw new OldStateError();
}

async function blockAt(
  { journal }: Ledger,
  number: number | undefined,
  full = false,
): Promise<object | null> {
  if (number === undefined) return null;
  const done = await journal.readDone(number);
  return full ? Blocks.withTransactions(done, await journal.readOpen(number)) : Blocks.withHashes(done);
}

async function blockReceipts(ledger: Ledger, name: Hex | params.BlockName): Promise<object[] | null> {
  const byHash = typeof name === 'string' && name.startsWith('0x');
  const number = byHash
    ? await numberOf(ledger.journal, name as Hex)
    : numberNamed(ledger, name as params.BlockName);
  return number === undefined ? null : Blocks.receipts(await ledger.journal.readDone(number));
}

async function placeOf(
  { journal }: Ledger,
  hash: Hex,
): Promise<{ number: number; index: number } | undefined> {
  for (const number of journal.index.find(keyOf.tx(hash), 0, journal.number)) {
    const index = (await journal.readDone(number)).txs.findIndex((tx) => tx.hash === hash);
    if (index !== -1) return { number, index };
  }
  return undefined;
}

async function logs(ledger: Ledger, asked: z.infer<typeof params.filter>): Promise<Blocks.RpcLog[]> {
  const addresses = asked.address ? [asked.address].flat() : [];
  // A null among the alternatives of one position matches everything there.
  const topics = (asked.topics ?? []).map((wanted) => {
    const values = wanted === null ? [null] : [wanted].flat();
    return values.includes(null) ? null : (values as Hex[]);
  });
  if (asked.blockHash) {
    if (asked.fromBlock != null || asked.toBlock != null) throw new ParamsError('0.blockHash');
    const number = await numberOf(ledger.journal, asked.blockHash);
    if (number === undefined) throw new UnknownBlockError();
    return Logs.find(ledger.journal, { from: number, to: number, addresses, topics });
  }
  const newest = ledger.journal.number;
  const bound = (name: params.BlockName | null | undefined): number =>
    typeof name === 'number' ? name : name === 'earliest' ? 0 : newest;
  return Logs.find(ledger.journal, {
    from: bound(asked.fromBlock),
    to: bound(asked.toBlock),
    addresses,
    topics,
  });
}

/** `LEDGER_PARAMS`: a parameter has another shape than the method takes. */
export class ParamsError extends IsletError {
  override readonly name = 'LedgerParamsError';
  constructor(where: string) {
    super(
      'LEDGER_PARAMS',
      `Parameter ${where} is missing or not of the right shape. See the method's documentation.`,
    );
  }
}

/** `LEDGER_OLD_STATE`: only the newest block's state is kept. */
export class OldStateError extends IsletError {
  override readonly name = 'LedgerOldStateError';
  constructor() {
    super('LEDGER_OLD_STATE', 'Only the newest state is kept: ask for "latest". Logs tell what was before.');
  }
}

/** `LEDGER_UNKNOWN_BLOCK`: no block has this hash. */
export class UnknownBlockError extends IsletError {
  override readonly name = 'LedgerUnknownBlockError';
  constructor() {
    super('LEDGER_UNKNOWN_BLOCK', 'No block has this hash. Check that both sides speak of the same chain.');
  }
}
