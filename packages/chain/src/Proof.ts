// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex } from '@islet/core/crypto/bytes';
import * as z from 'zod';
import * as Header from './Header.js';
import * as ReceiptsRoot from './ReceiptsRoot.js';
import type { Rpc } from './Rpc.js';
import { verifySeal } from './Seal.js';
import * as VerifiedBlock from './VerifiedBlock.js';
import * as Wire from './Wire.js';

/**
 * All it takes to know without a node what a block said: its header, a validator's seal on it, and its receipts, as
 * JSON-RPC tells them.
 */
export type Proof = { header: unknown; seal: string; receipts: unknown[] };

export const schema = z.strictObject({
  header: z.unknown(),
  seal: z.string(),
  receipts: z.array(z.unknown()),
});

const seal = z.object({ signature: Wire.signature });
const told = z.record(z.string(), z.unknown());

/** Asks a node for the proof of a block. Nothing of it is believed yet: see `verify`. */
export async function fetch(rpc: Rpc, number: number): Promise<Proof> {
  const at = Wire.toQuantity(number);
  const [header, sealed, receipts] = await rpc.batch([
    { method: 'eth_getBlockByNumber', params: [at, false], answer: told },
    { method: 'islet_getSeal', params: [at], answer: seal },
    { method: 'eth_getBlockReceipts', params: [at], answer: z.array(told) },
  ]);
  return { header: only(header, headerFields), seal: sealed.signature, receipts: receipts.map(receipt) };
}

// What the hashes do not cover is left out, so that nothing in a proof is merely somebody's word.
const headerFields = Object.keys(Header.schema.shape);
const receiptFields = Object.keys(ReceiptsRoot.schema.shape);
const logFields = ['address', 'topics', 'data'];
const only = (from: Record<string, unknown>, names: string[]) =>
  Object.fromEntries(names.flatMap((name) => (name in from ? [[name, from[name]]] : [])));
const receipt = (from: Record<string, unknown>) => {
  const kept = only(from, receiptFields);
  const logs = z.array(told).parse(kept.logs);
  return { ...kept, logs: logs.map((log) => only(log, logFields)) };
};

/** The block and its logs, believing the pinned validators alone. Throws `CHAIN_HEADER_FORGED`, `CHAIN_SEAL_FORGED`, `CHAIN_RECEIPTS_FORGED`. */
export function verify(proof: Proof, trust: VerifiedBlock.Trust): VerifiedBlock.VerifiedBlock {
  const header = Header.verify(Header.schema.parse(proof.header));
  const block = { chainId: trust.chainId, number: header.number, hash: fromHex(header.hash) };
  if (!verifySeal(block, fromHex(proof.seal), trust.validators))
    throw new VerifiedBlock.SealForgedError(header.number);
  const receipts = z.array(ReceiptsRoot.schema).parse(proof.receipts);
  return { header, logs: VerifiedBlock.provedLogs(header, receipts, new Set(trust.contracts)) };
}
