// Copyright the Islet authors. AGPL-3.0-or-later.
// What of an executed block follows from the rest of it, and so need not be written down.
import * as ReceiptsRoot from '@islet/chain/ReceiptsRoot';
import * as Trie from '@islet/chain/Trie';
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { RLP } from 'micro-eth-signer/core/rlp.js';
import * as Bloom from './Bloom.js';
import type { Hex, Mined, Open } from './Records.js';

/** In this order: the place of each is its bit in a record. */
export const names = ['parentHash', 'logsBloom', 'transactionsRoot', 'receiptsRoot'] as const;

export type Derived = Record<(typeof names)[number], Hex>;

/** `parentHash` from the block before; bloom and roots (yellow paper 4.3) from the transactions and their logs. */
export function of(parentHash: Hex, open: Open, txs: Mined[]): Derived {
  const raw = txs.map(({ place }) => fromHex(open.txs[place]!));
  const logsBloom = bloomOf(txs);
  const receipts = txs.map((tx) => ({
    type: Number(tx.type),
    status: Number(tx.status),
    cumulativeGasUsed: BigInt(tx.cumulativeGasUsed),
    logsBloom: txs.length === 1 ? logsBloom : bloomOf([tx]),
    logs: tx.logs,
  }));
  return {
    parentHash,
    logsBloom,
    transactionsRoot: to0x(Trie.root(raw.map((bytes, i) => [RLP.encode(i), bytes]))),
    receiptsRoot: ReceiptsRoot.of(receipts),
  };
}

const bloomOf = (txs: Mined[]): Hex =>
  Bloom.of(
    txs
      .flatMap(({ logs }) => logs)
      .flatMap(({ address, topics }) => [address, ...topics])
      .map(fromHex),
  );
