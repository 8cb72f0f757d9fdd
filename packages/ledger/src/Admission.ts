// Copyright the Islet authors. AGPL-3.0-or-later.
// What is checked before a transaction may enter the journal: all that can be known without executing it.
import { IsletError } from '@islet/core/IsletError';
import { Transaction } from 'micro-eth-signer';
import { INITCODE_BYTES, TX_BYTES, TX_GAS } from './limits.js';
import type { Hex } from './Records.js';

/** A transaction that may be journalled. `from` is its signer's address, in lower case. */
export type Admitted = { raw: Hex; hash: Hex; from: Hex; nonce: number; gas: number; bytes: number };

const hex = /^0x(?:[0-9a-f]{2})+$/;

/**
 * Decodes a signed transaction and checks all that does not depend on the chain's state: form, chain, signature,
 * sizes, gas, and that it neither pays nor moves coin. Throws `TxRefusedError`.
 */
export function decode(text: string, chainId: number): Admitted {
  const raw = text.toLowerCase() as Hex;
  if (raw.length > 2 + 2 * TX_BYTES) throw refused('SIZE', `is larger than ${TX_BYTES} bytes`);
  if (!hex.test(raw)) throw refused('FORM', 'is not hexadecimal bytes');
  const tx = parse(raw);
  const { type } = tx;
  // Blobs have nowhere to go, and delegations would change an account's nonce behind its back.
  if (type === 'eip4844' || type === 'eip7702') throw refused('TYPE', `is of type ${type}`);
  const fields = tx.raw as Fields;
  if (fields.chainId === undefined) throw refused('CHAIN', 'names no chain: sign it for this one (EIP-155)');
  if (fields.chainId !== BigInt(chainId)) {
    throw refused('CHAIN', `is for chain ${fields.chainId}, this is chain ${chainId}`);
  }
  const fees = [fields.gasPrice, fields.maxFeePerGas, fields.maxPriorityFeePerGas, fields.value];
  if (fees.some((fee) => fee !== undefined && fee !== 0n)) {
    throw refused('COIN', 'offers a fee or moves coin, and this chain has none: set value and fees to 0');
  }
  const created = fields.to === '0x' || fields.to === '';
  const data = fields.data.length / 2 - 1;
  if (created && data > INITCODE_BYTES) throw refused('SIZE', `deploys more than ${INITCODE_BYTES} bytes`);
  if (fields.gasLimit > BigInt(TX_GAS)) throw refused('GAS', `asks for more than ${TX_GAS} gas`);
  const least = intrinsicGas(fields, created);
  if (fields.gasLimit < BigInt(least))
    throw refused('GAS', `intrinsic gas too low: it needs ${least} at least`);
  if (fields.nonce >= BigInt(Number.MAX_SAFE_INTEGER)) throw refused('NONCE', 'has an impossible nonce');
  return {
    raw,
    hash: `0x${tx.hash.replace(/^0x/, '')}`,
    from: senderOf(tx),
    nonce: Number(fields.nonce),
    gas: Number(fields.gasLimit),
    bytes: raw.length / 2 - 1,
  };
}

/** Checks a nonce against the one the account must use next. Throws `TxRefusedError`. */
export function checkNonce(nonce: number, expected: number): void {
  // The words and codes are those that clients know from other nodes (EIP-7966 for the gap).
  if (nonce < expected) throw refused('NONCE', `nonce too low: it is ${nonce}, the next is ${expected}`);
  if (nonce > expected)
    throw refused('NONCE_GAP', `nonce too high: it is ${nonce}, the next is ${expected}`, 6);
}

type Fields = {
  chainId?: bigint;
  nonce: bigint;
  gasLimit: bigint;
  to: string;
  value: bigint;
  data: string;
  gasPrice?: bigint;
  maxFeePerGas?: bigint;
  maxPriorityFeePerGas?: bigint;
  accessList?: { address: string; storageKeys: string[] }[];
};

function parse(raw: Hex): ReturnType<typeof Transaction.fromHex> {
  try {
    const tx = Transaction.fromHex(raw);
    if (!tx.isSigned) throw refused('SIGNATURE', 'is not signed');
    // One transaction, one hash: a second spelling of the same content is no transaction.
    if (tx.toHex().toLowerCase() !== raw) throw refused('FORM', 'is not in its canonical form');
    return tx;
  } catch (cause) {
    if (cause instanceof TxRefusedError) throw cause;
    throw refused('FORM', 'cannot be decoded as a transaction');
  }
}

function senderOf(tx: ReturnType<typeof Transaction.fromHex>): Hex {
  try {
    return tx.recoverSender().address.toLowerCase() as Hex;
  } catch {
    throw refused('SIGNATURE', 'has no valid signature');
  }
}

/** Yellow paper g0, with EIP-2028, 2930, 3860 and the floor of 7623. */
function intrinsicGas({ data, accessList }: Fields, created: boolean): number {
  let tokens = 0;
  for (let i = 2; i < data.length; i += 2) tokens += data[i] === '0' && data[i + 1] === '0' ? 1 : 4;
  let gas = 21_000 + 4 * tokens;
  if (created) gas += 32_000 + 2 * Math.ceil((data.length / 2 - 1) / 32);
  for (const { storageKeys } of accessList ?? []) gas += 2_400 + 1_900 * storageKeys.length;
  return Math.max(gas, 21_000 + 10 * tokens);
}

const refused = (kind: string, why: string, rpcCode?: number): TxRefusedError =>
  new TxRefusedError(`LEDGER_TX_${kind}`, why, rpcCode);

/** `LEDGER_TX_…`: the transaction was not accepted and nothing was written. */
export class TxRefusedError extends IsletError {
  override readonly name = 'LedgerTxRefusedError';
  readonly rpcCode: number;
  constructor(code: string, why: string, rpcCode = -32003) {
    super(code, `The transaction was refused: ${why}.`);
    this.rpcCode = rpcCode;
  }
}
