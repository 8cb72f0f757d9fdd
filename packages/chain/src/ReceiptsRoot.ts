// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { RLP } from 'micro-eth-signer/core/rlp.js';
import * as z from 'zod';
import * as Trie from './Trie.js';
import type { Hex } from './Wire.js';
import * as Wire from './Wire.js';

const log = z.object({ address: Wire.address, topics: z.array(Wire.hash).max(4), data: Wire.bytes });

/** A receipt as JSON-RPC tells it, as far as the block commits to it (not its transaction's hash, for one). */
export const schema = z.object({
  type: Wire.count.refine((n) => n < 0x80).default(0),
  status: Wire.count.refine((n) => n <= 1),
  cumulativeGasUsed: Wire.quantity,
  logsBloom: Wire.bloom,
  logs: z.array(log),
});

export type ReceiptJson = z.infer<typeof schema>;

/**
 * The root that a header commits to for these receipts, in the block's order: a trie from RLP-encoded index to
 * receipt (yellow paper 4.3.1; typed receipts EIP-2718, status EIP-658).
 */
export const of = (receipts: readonly ReceiptJson[]): Hex =>
  to0x(Trie.root(receipts.map((receipt, i) => [RLP.encode(i), encode(receipt)])));

function encode(r: ReceiptJson): Uint8Array {
  const logs = r.logs.map((l) => [fromHex(l.address), l.topics.map(fromHex), fromHex(l.data)]);
  const body = RLP.encode([r.status, r.cumulativeGasUsed, fromHex(r.logsBloom), logs]);
  if (r.type === 0) return body;
  const typed = new Uint8Array(1 + body.length);
  typed[0] = r.type;
  typed.set(body, 1);
  return typed;
}
