// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import { sign as signDigest } from '@islet/core/crypto/secp256k1';
import { RLP } from 'micro-eth-signer/core/rlp.js';
import type { Hex } from './Wire.js';

export type Transaction = {
  chainId: number;
  nonce: number;
  gas: number;
  /** Absent: a deployment. */
  to?: Hex;
  data: Hex;
};

/** A signed transaction: its bytes as `eth_sendRawTransaction` takes them, and its hash. */
export type Signed = { raw: Hex; hash: Hex };

/** Signs a transaction without value or fee (type 2, EIP-1559), for a chain that is free of fees. */
export function sign(tx: Transaction, key: Uint8Array): Signed {
  const to = tx.to ? fromHex(tx.to) : new Uint8Array(0);
  // chainId, nonce, priority fee, fee cap, gas, to, value, data, access list
  const fields = [tx.chainId, tx.nonce, 0, 0, tx.gas, to, 0, fromHex(tx.data), []];
  const signature = signDigest(keccak256(typed(RLP.encode(fields))), key);
  const number = (at: number) => BigInt(to0x(signature.slice(at, at + 32)));
  const raw = typed(RLP.encode([...fields, signature[64]! - 27, number(0), number(32)]));
  return { raw: to0x(raw), hash: to0x(keccak256(raw)) };
}

/** The address of a contract that this sender deploys with this nonce (yellow paper, 7). */
export const contractAddress = (sender: Hex, nonce: number): Hex =>
  to0x(keccak256(RLP.encode([fromHex(sender), nonce])).slice(12));

function typed(body: Uint8Array): Uint8Array {
  const out = new Uint8Array(1 + body.length);
  out[0] = 2;
  out.set(body, 1);
  return out;
}
