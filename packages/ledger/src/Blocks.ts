// Copyright the Islet authors. AGPL-3.0-or-later.
// Blocks, transactions, receipts and logs as JSON-RPC tells them, from the journal's records.
import { fromHex } from '@islet/core/crypto/bytes';
import { Transaction } from 'micro-eth-signer';
import * as Bloom from './Bloom.js';
import type { Done, Hex, Mined, Open } from './Records.js';

export type RpcLog = {
  address: Hex;
  topics: Hex[];
  data: Hex;
  blockHash: Hex;
  blockNumber: Hex;
  blockTimestamp: Hex;
  transactionHash: Hex;
  transactionIndex: Hex;
  logIndex: Hex;
  removed: false;
};

export const quantity = (n: number | bigint): Hex => `0x${n.toString(16)}`;

/** A block with its transactions' hashes. */
export const withHashes = (done: Done): object => ({
  ...done.header,
  transactions: done.txs.map(({ hash }) => hash),
});

/** A block with its transactions. */
export const withTransactions = (done: Done, open: Open): object => ({
  ...done.header,
  transactions: done.txs.map((_, index) => transaction(done, open, index)),
});

export function transaction({ header, txs }: Done, open: Open, index: number): object {
  const mined = txs[index]!;
  const { raw, v } = Transaction.fromHex(open.txs[mined.place]!);
  const fields = raw as unknown as Record<string, unknown>;
  const { gasLimit, data, to, yParity, r, s, accessList, ...rest } = fields;
  const numbers = Object.entries({ ...rest, gas: gasLimit, r, s }).filter(([, n]) => typeof n === 'bigint');
  return {
    type: mined.type,
    ...Object.fromEntries(numbers.map(([name, n]) => [name, quantity(n as bigint)])),
    ...(mined.type === '0x0' ? {} : { accessList, yParity: quantity(yParity as number) }),
    v: quantity(mined.type === '0x0' ? (v ?? 0n) : (yParity as number)),
    to: mined.to,
    input: data === '' ? '0x' : data,
    hash: mined.hash,
    from: mined.from,
    gasPrice: mined.effectiveGasPrice,
    blockHash: header.hash,
    blockNumber: header.number,
    transactionIndex: quantity(index),
  };
}

export const receipts = (done: Done): object[] => {
  const logs = logsByTransaction(done);
  return done.txs.map((tx, index) => receiptOf(done, tx, index, logs[index]!));
};

export const receipt = (done: Done, index: number): object =>
  receiptOf(done, done.txs[index]!, index, logsByTransaction(done)[index]!);

const receiptOf = ({ header }: Done, tx: Mined, index: number, logs: RpcLog[]): object => ({
  type: tx.type,
  status: tx.status,
  cumulativeGasUsed: tx.cumulativeGasUsed,
  gasUsed: tx.gasUsed,
  effectiveGasPrice: tx.effectiveGasPrice,
  transactionHash: tx.hash,
  transactionIndex: quantity(index),
  blockHash: header.hash,
  blockNumber: header.number,
  from: tx.from,
  to: tx.to,
  contractAddress: tx.contractAddress,
  logs,
  logsBloom: Bloom.of(logs.flatMap((log) => [log.address, ...log.topics]).map(fromHex)),
});

/** Every log of a block, in order. */
export const logs = (done: Done): RpcLog[] => logsByTransaction(done).flat();

function logsByTransaction({ header, txs }: Done): RpcLog[][] {
  let logIndex = 0;
  return txs.map((tx, index) =>
    tx.logs.map(({ address, topics, data }) => ({
      address,
      topics,
      data,
      blockHash: header.hash,
      blockNumber: header.number,
      blockTimestamp: header.timestamp,
      transactionHash: tx.hash,
      transactionIndex: quantity(index),
      logIndex: quantity(logIndex++),
      removed: false,
    })),
  );
}
