// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import { IsletError } from '@islet/core/IsletError';
import { RLP } from 'micro-eth-signer/core/rlp.js';
import * as z from 'zod';
import type { Hex } from './Wire.js';
import * as Wire from './Wire.js';

/** A block header as JSON-RPC tells it. Later forks appended fields; none may be left out between two others. */
export const schema = z.object({
  hash: Wire.hash,
  parentHash: Wire.hash,
  sha3Uncles: Wire.hash,
  miner: Wire.address,
  stateRoot: Wire.hash,
  transactionsRoot: Wire.hash,
  receiptsRoot: Wire.hash,
  logsBloom: Wire.bloom,
  difficulty: Wire.quantity,
  number: Wire.count,
  gasLimit: Wire.quantity,
  gasUsed: Wire.quantity,
  timestamp: Wire.count,
  extraData: Wire.bytes,
  mixHash: Wire.hash,
  nonce: Wire.bytes8,
  /** London, EIP-1559. */
  baseFeePerGas: Wire.quantity.optional(),
  /** Shanghai, EIP-4895. */
  withdrawalsRoot: Wire.hash.optional(),
  /** Cancun, EIP-4844. */
  blobGasUsed: Wire.quantity.optional(),
  excessBlobGas: Wire.quantity.optional(),
  /** Cancun, EIP-4788. */
  parentBeaconBlockRoot: Wire.hash.optional(),
  /** Prague, EIP-7685. */
  requestsHash: Wire.hash.optional(),
});

export type BlockJson = z.infer<typeof schema>;

/** What a header commits to, as far as it is used here. `timestamp` in seconds UTC. */
export type Header = {
  number: number;
  hash: Hex;
  parentHash: Hex;
  transactionsRoot: Hex;
  receiptsRoot: Hex;
  timestamp: number;
  logsBloom: Hex;
};

/**
 * A header whose hash is the Keccak-256 of its RLP (yellow paper 4.3, with the fields of all forks up to
 * Osaka). Says nothing yet of who sealed it. Throws `CHAIN_HEADER_FORGED`.
 *
 * Besu's QBFT leaves its commit seals out of the hash; a member's node in front of it must do the same here.
 */
export function verify(block: BlockJson): Header {
  if (hashOf(block) !== block.hash) throw new HeaderForgedError(block.number);
  const { number, hash, parentHash, transactionsRoot, receiptsRoot, timestamp, logsBloom } = block;
  return { number, hash, parentHash, transactionsRoot, receiptsRoot, timestamp, logsBloom };
}

function hashOf(b: BlockJson): Hex {
  const fields: (Hex | number | bigint)[] = [
    b.parentHash,
    b.sha3Uncles,
    b.miner,
    b.stateRoot,
    b.transactionsRoot,
    b.receiptsRoot,
    b.logsBloom,
    b.difficulty,
    b.number,
    b.gasLimit,
    b.gasUsed,
    b.timestamp,
    b.extraData,
    b.mixHash,
    b.nonce,
  ];
  const appended = [
    b.baseFeePerGas,
    b.withdrawalsRoot,
    b.blobGasUsed,
    b.excessBlobGas,
    b.parentBeaconBlockRoot,
    b.requestsHash,
  ];
  const known = appended.filter((field) => field !== undefined);
  if (appended.slice(0, known.length).includes(undefined)) throw new HeaderForgedError(b.number);
  return to0x(
    keccak256(RLP.encode([...fields, ...known].map((f) => (typeof f === 'string' ? fromHex(f) : f)))),
  );
}

/** The header told is not the one its hash commits to, or not part of the chain it is said to be in. */
export class HeaderForgedError extends IsletError {
  override readonly name = 'HeaderForgedError';
  constructor(number: number) {
    super(
      'CHAIN_HEADER_FORGED',
      `The node told a header of block ${number} that is not the one sealed. Do not use this node; ask its operator.`,
    );
  }
}
