// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as z from 'zod';
import { MAX_CLOCK_SKEW_MS, MAX_HEAD_AGE_MS } from './limits.js';
import type { Rpc } from './Rpc.js';
import { verifyHead } from './Seal.js';
import type { Hex } from './Wire.js';
import * as Wire from './Wire.js';

/** A validator's statement: at `at` (UTC ms), this was the newest block. */
export type Head = { number: number; hash: Hex; at: number };

export type Trust = { chainId: number; validators: Uint8Array[] };

export type Fresh = Trust & { now: () => number; maxAgeMs?: number };

const answer = z.object({
  chainId: Wire.whole,
  number: Wire.whole,
  hash: Wire.hash,
  at: Wire.whole,
  signature: Wire.signature,
});

/**
 * The newest head, stated by a pinned validator within the last 30 seconds. Since validators state heads on demand, an idle
 * chain is as fresh as a busy one, and an old head is a frozen or lying node.
 * Throws `CHAIN_WRONG_CHAIN`, `CHAIN_HEAD_FORGED`, `CHAIN_STALE`, `CHAIN_CLOCK_SKEW`.
 */
export async function fetch(rpc: Rpc, { now, maxAgeMs, ...trust }: Fresh): Promise<Head> {
  const head = await fetchAnyAge(rpc, trust);
  requireFresh(head, now(), maxAgeMs);
  return head;
}

/** A head that a pinned validator stated at some time: enough to move forward by, not to decide on. */
export async function fetchAnyAge(rpc: Rpc, trust: Trust): Promise<Head> {
  const told = await rpc.call('islet_getHead', [], answer);
  if (told.chainId !== trust.chainId)
    throw new ChainHeadError(
      'CHAIN_WRONG_CHAIN',
      `The node serves chain ${told.chainId}, not ${trust.chainId}. Check its URL.`,
    );
  const { signature, ...head } = told;
  if (!verifyHead({ ...head, hash: fromHex(head.hash) }, fromHex(signature), trust.validators))
    throw new ChainHeadError(
      'CHAIN_HEAD_FORGED',
      'No validator we trust stated the head that the node tells. Check the validators in the configuration; otherwise do not use this node.',
    );
  return { number: head.number, hash: head.hash, at: head.at };
}

/** Throws `CHAIN_STALE` or `CHAIN_CLOCK_SKEW` unless the head was stated within `maxAgeMs` of `now`. */
export function requireFresh(head: Head, now: number, maxAgeMs = MAX_HEAD_AGE_MS): void {
  if (now - head.at > maxAgeMs)
    throw new ChainHeadError(
      'CHAIN_STALE',
      `The newest head the node tells is ${Math.round((now - head.at) / 1000)} s old. The node is frozen or cut off from the validators, or our clock is fast.`,
    );
  if (head.at - now > MAX_CLOCK_SKEW_MS)
    throw new ChainHeadError(
      'CHAIN_CLOCK_SKEW',
      `The validator's clock is ${Math.round((head.at - now) / 1000)} s ahead of ours. Set the clock of this machine, or the validator's.`,
    );
}

/** A head that cannot be relied on. */
export class ChainHeadError extends IsletError {
  override readonly name = 'ChainHeadError';
  constructor(
    code: 'CHAIN_WRONG_CHAIN' | 'CHAIN_HEAD_FORGED' | 'CHAIN_STALE' | 'CHAIN_CLOCK_SKEW',
    message: string,
  ) {
    super(code, message);
  }
}
