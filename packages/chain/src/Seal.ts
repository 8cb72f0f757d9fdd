// Copyright the Islet authors. AGPL-3.0-or-later.
import { concat, equal, uint256, utf8 } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import { recover, sign } from '@islet/core/crypto/secp256k1';

/**
 * What a validator signs. A *seal* says "block `number` has this hash" and never goes stale; a *head*
 * says "at time `at` this was the newest block", so that an idle chain can be told from a frozen one.
 */
export type Block = { chainId: number; number: number; hash: Uint8Array };
export type Head = Block & { /** UTC, ms */ at: number };

const sealDigest = (b: Block): Uint8Array =>
  keccak256(concat(utf8('islet/seal/v1'), uint256(b.chainId), uint256(b.number), b.hash));

const headDigest = (h: Head): Uint8Array =>
  keccak256(concat(utf8('islet/head/v1'), uint256(h.chainId), uint256(h.number), h.hash, uint256(h.at)));

export const signSeal = (block: Block, validatorKey: Uint8Array): Uint8Array =>
  sign(sealDigest(block), validatorKey);

export const signHead = (head: Head, validatorKey: Uint8Array): Uint8Array =>
  sign(headDigest(head), validatorKey);

/** Whether one of the given validators (20-byte addresses) sealed the block. */
export const verifySeal = (block: Block, signature: Uint8Array, validators: Uint8Array[]): boolean =>
  signedByOne(sealDigest(block), signature, validators);

/** Whether one of the given validators stated this head. */
export const verifyHead = (head: Head, signature: Uint8Array, validators: Uint8Array[]): boolean =>
  signedByOne(headDigest(head), signature, validators);

function signedByOne(digest: Uint8Array, signature: Uint8Array, validators: Uint8Array[]): boolean {
  const signer = recover(digest, signature);
  return signer !== undefined && validators.some((v) => equal(v, signer));
}
