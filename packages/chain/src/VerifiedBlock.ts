// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as z from 'zod';
import * as Bloom from './Bloom.js';
import * as Header from './Header.js';
import { BLOCKS_PER_BATCH } from './limits.js';
import * as ReceiptsRoot from './ReceiptsRoot.js';
import { ChainRpcError, type Rpc } from './Rpc.js';
import { verifySeal } from './Seal.js';
import type { Hex } from './Wire.js';
import * as Wire from './Wire.js';

/** What we pin: the chain, who seals it (20-byte addresses), and whose events matter. */
export type Trust = { chainId: number; validators: Uint8Array[]; contracts: readonly Hex[] };

/** An event, every field of it proved by the block's seal. (A transaction's hash would not be.) */
export type Log = {
  address: Hex;
  topics: Hex[];
  data: Hex;
  /** The place among the block's logs, from 0, as counted here. */
  index: number;
  /** The place of its transaction in the block, from 0. */
  txIndex: number;
};

/** A block that a pinned validator sealed, and the logs in it of the trusted contracts. */
export type VerifiedBlock = { header: Header.Header; logs: Log[] };

const seal = z.object({ number: Wire.whole, hash: Wire.hash, signature: Wire.signature });

/**
 * Block `number`, believing nothing the node says: the header must hash to the sealed hash, and the receipts
 * to the header's root. A seal is final at once: the embedded chain and QBFT never roll back, so a sealed block
 * that differs from one seen before is refused (`Follower`), never followed.
 *
 * Throws `CHAIN_BLOCK_MISSING`, `CHAIN_HEADER_FORGED`, `CHAIN_SEAL_FORGED`, `CHAIN_RECEIPTS_FORGED`.
 */
export async function fetch(rpc: Rpc, number: number, trust: Trust): Promise<VerifiedBlock> {
  return (await fetchRange(rpc, number, number, trust))[0]!;
}

/**
 * Blocks `first` to `last`, at most 50. Only the last one's seal is asked for and checked: it covers the others,
 * since each header names its parent's hash. Receipts are asked for only where the header's bloom says that
 * a trusted contract may have logged.
 */
export async function fetchRange(
  rpc: Rpc,
  first: number,
  last: number,
  trust: Trust,
): Promise<VerifiedBlock[]> {
  const count = last - first + 1;
  if (count < 1 || count > BLOCKS_PER_BATCH) throw new RangeError(`ask for 1 to ${BLOCKS_PER_BATCH} blocks`);
  const calls = Array.from({ length: count }, (_, i) => ({
    method: 'eth_getBlockByNumber',
    params: [Wire.toQuantity(first + i), false],
    answer: Header.schema.nullable(),
  }));
  const sealCall = { method: 'islet_getSeal', params: [Wire.toQuantity(last)], answer: seal.nullable() };
  const answers = await rpc.batch([...calls, sealCall]);
  const sealed = answers[count] as z.infer<typeof seal> | null;
  const headers = answers.slice(0, count).map((answer, i) => {
    if (answer === null) throw new BlockMissingError(first + i, 'block');
    const header = Header.verify(answer as Header.BlockJson);
    if (header.number !== first + i) throw new Header.HeaderForgedError(first + i);
    return header;
  });
  if (sealed === null) throw new BlockMissingError(last, 'seal');
  const tip = headers[count - 1]!;
  const block = { chainId: trust.chainId, number: last, hash: fromHex(tip.hash) };
  const same = sealed.number === last && sealed.hash === tip.hash;
  if (!same || !verifySeal(block, fromHex(sealed.signature), trust.validators))
    throw new SealForgedError(last);
  for (let i = 1; i < count; i++) {
    if (headers[i]!.parentHash !== headers[i - 1]!.hash) throw new Header.HeaderForgedError(first + i - 1);
  }
  return withLogs(rpc, headers, trust.contracts);
}

async function withLogs(
  rpc: Rpc,
  headers: readonly Header.Header[],
  contracts: readonly Hex[],
): Promise<VerifiedBlock[]> {
  const wanted = headers.filter((h) => contracts.some((c) => Bloom.mayContain(h.logsBloom, c)));
  const logs = await logsOf(rpc, wanted, new Set(contracts));
  return headers.map((header) => ({ header, logs: logs.get(header.number) ?? [] }));
}

async function logsOf(
  rpc: Rpc,
  headers: readonly Header.Header[],
  contracts: ReadonlySet<Hex>,
): Promise<Map<number, Log[]>> {
  const calls = headers.map((h) => ({
    method: 'eth_getBlockReceipts',
    params: [Wire.toQuantity(h.number)],
    answer: z.array(ReceiptsRoot.schema).nullable(),
  }));
  try {
    const answers = await rpc.batch(calls);
    return new Map(headers.map((h, i) => [h.number, provedLogs(h, answers[i] ?? null, contracts)]));
  } catch (error) {
    const halve = error instanceof ChainRpcError && error.code === 'CHAIN_ANSWER_TOO_LARGE';
    if (!halve || headers.length < 2) throw error;
    const middle = headers.length >> 1;
    const early = await logsOf(rpc, headers.slice(0, middle), contracts);
    const late = await logsOf(rpc, headers.slice(middle), contracts);
    return new Map([...early, ...late]);
  }
}

/** The trusted contracts' logs of a block, from its receipts. Throws `CHAIN_RECEIPTS_FORGED`. */
export function provedLogs(
  header: Header.Header,
  receipts: ReceiptsRoot.ReceiptJson[] | null,
  contracts: ReadonlySet<Hex>,
): Log[] {
  if (receipts === null) throw new BlockMissingError(header.number, 'receipts');
  if (ReceiptsRoot.of(receipts) !== header.receiptsRoot) throw new ReceiptsForgedError(header.number);
  let index = 0;
  const logs: Log[] = [];
  for (const [txIndex, receipt] of receipts.entries()) {
    for (const { address, topics, data } of receipt.logs) {
      if (contracts.has(address)) logs.push({ address, topics, data, index, txIndex });
      index++;
    }
  }
  return logs;
}

/** The node does not have, or does not give, a part of a block that it should have. */
export class BlockMissingError extends IsletError {
  override readonly name = 'BlockMissingError';
  constructor(number: number, part: 'block' | 'seal' | 'receipts') {
    super(
      'CHAIN_BLOCK_MISSING',
      `The node gave no ${part} for block ${number}. It may be behind or incomplete: try another node.`,
    );
  }
}

/** No pinned validator sealed this block. */
export class SealForgedError extends IsletError {
  override readonly name = 'SealForgedError';
  constructor(number: number) {
    super(
      'CHAIN_SEAL_FORGED',
      `No validator we trust sealed block ${number} as told. Check the validators in the configuration; otherwise do not use this node.`,
    );
  }
}

/** The receipts told are not those the block commits to: altered, left out, added or reordered. */
export class ReceiptsForgedError extends IsletError {
  override readonly name = 'ReceiptsForgedError';
  constructor(number: number) {
    super(
      'CHAIN_RECEIPTS_FORGED',
      `The node told receipts of block ${number} that are not the block's. Do not use this node; ask its operator.`,
    );
  }
}
