// Copyright the Islet authors. AGPL-3.0-or-later.
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type Executor, ExecutorDownError, ExecutorRefusal, type Outcome } from './Executor.js';
import { SEND_TXS, SNAPSHOT_HISTORY } from './limits.js';
import type { Header, Hex, Mined } from './Records.js';
import type { RpcClient } from './RpcClient.js';

type Block = Header & { transactions: Hex[] };
type Receipt = Omit<Mined, 'hash' | 'place'> & { transactionHash: Hex };
type Dump = { blocks: { header: { number: Hex }; transactions: unknown[] }[]; transactions: unknown[] };

/** The executor port over anvil's JSON-RPC. */
export function over(rpc: RpcClient, gone: Promise<void>, close: () => Promise<void>): Executor {
  const latest = async (): Promise<Block> => (await answer('eth_getBlockByNumber', 'latest', false)) as Block;

  /** A refusal of a call that must succeed leaves the executor in an unknown state: it is as good as gone. */
  const answer = async (method: string, ...params: unknown[]): Promise<unknown> => {
    try {
      return await rpc.call(method, ...params);
    } catch (cause) {
      if (cause instanceof ExecutorRefusal) throw new ExecutorDownError(`refused ${method}`, { cause });
      throw cause;
    }
  };

  const send = async (txs: Hex[], together: number): Promise<Map<number, string>> => {
    const refused = new Map<number, string>();
    for (let from = 0; from < txs.length; from += together) {
      const part = txs.slice(from, from + together);
      const answers = await rpc.batch(part.map((tx) => ['eth_sendRawTransaction', tx]));
      answers.forEach((one, i) => {
        if (one.error) refused.set(from + i, one.error.message);
      });
    }
    return refused;
  };

  /**
   * Mines what was sent. A transaction that stays behind would slip into a later block, where no journal
   * expects it, so the pool is emptied when any did.
   */
  const mine = async (timestamp: number, sent: number): Promise<Block> => {
    await answer('evm_mine', timestamp);
    const block = await latest();
    if (block.transactions.length !== sent) await answer('anvil_dropAllTransactions');
    return block;
  };

  return {
    gone,
    close,
    head: async () => withoutTransactions(await latest()),
    async run(timestamp, txs): Promise<Outcome> {
      const refused = await send(txs, SEND_TXS);
      const block = await mine(timestamp, txs.length);
      const receipts = (await answer('eth_getBlockReceipts', block.number)) as Receipt[];
      return { header: withoutTransactions(block), txs: receipts.map(minedFrom), refused };
    },
    async rerun(timestamp, txs, together) {
      await send(txs, together);
      return (await mine(timestamp, txs.length)).hash;
    },
    async dump() {
      const text = (await answer('anvil_dumpState')) as Hex;
      return withoutHistory(Buffer.from(text.slice(2), 'hex'));
    },
    async load(state) {
      await answer('anvil_loadState', `0x${Buffer.from(state).toString('hex')}`);
      // anvil 1.7.1 loads headers without telling its BLOCKHASH of them (foundry PR 15167). Stepping back over
      // an empty block makes it look them up anew.
      const { timestamp } = await latest();
      await answer('evm_mine', Number(timestamp));
      await answer('anvil_rollback', 1);
    },
    ask: (method, params) => rpc.call(method, ...params),
  };
}

function withoutTransactions(block: Block): Header {
  const { transactions: _, ...header } = block;
  return header as Header;
}

/** `place` is filled in by the ledger, which knows what it sent. */
const minedFrom = (r: Receipt): Mined => ({
  hash: r.transactionHash,
  from: r.from,
  to: r.to,
  place: -1,
  type: r.type,
  status: r.status,
  cumulativeGasUsed: r.cumulativeGasUsed,
  gasUsed: r.gasUsed,
  effectiveGasPrice: r.effectiveGasPrice,
  contractAddress: r.contractAddress,
  logs: r.logs.map(({ address, topics, data }) => ({ address, topics, data })),
});

/** Only live state and the headers that BLOCKHASH reaches: everything else is in the journal. */
async function withoutHistory(dumped: Buffer): Promise<Buffer> {
  const dump = JSON.parse((await promisify(gunzip)(dumped)).toString('utf8')) as Dump;
  const newest = dump.blocks.reduce((max, { header }) => Math.max(max, Number(header.number)), 0);
  dump.blocks = dump.blocks
    .filter(({ header }) => Number(header.number) > newest - SNAPSHOT_HISTORY)
    .map((block) => ({ ...block, transactions: [] }));
  dump.transactions = [];
  return promisify(gzip)(JSON.stringify(dump), { level: 1 });
}
