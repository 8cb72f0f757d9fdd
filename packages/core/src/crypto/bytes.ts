// Copyright the Islet authors. AGPL-3.0-or-later.
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** Bytes as lower-case hex without a prefix. */
export const toHex = (bytes: Uint8Array): string => bytesToHex(bytes);

/** Bytes as `0x…`, the form JSON-RPC and contracts use. */
export const to0x = (bytes: Uint8Array): `0x${string}` => `0x${bytesToHex(bytes)}`;

/** Hex, with or without `0x`, to bytes. Throws a `RangeError` on anything else. */
export function fromHex(hex: string): Uint8Array {
  const digits = hex.startsWith('0x') ? hex.slice(2) : hex;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw new RangeError('not hexadecimal');
  return hexToBytes(digits);
}

export const utf8 = (text: string): Uint8Array => utf8ToBytes(text);

export const concat = (...parts: Uint8Array[]): Uint8Array => concatBytes(...parts);

/** Equal length and content. Public values only: it stops at the first difference. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Equal content, in a time that depends on the length only: for secrets and their tags. */
export function equalSecret(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= a[i]! ^ b[i]!;
  return different === 0;
}

/** An unsigned integer below 2^53 as eight big-endian bytes. */
export function uint64(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('not an unsigned safe integer');
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}

/** An unsigned integer as 32 big-endian bytes, the EVM's word. */
export function uint256(value: bigint | number): Uint8Array {
  const n = BigInt(value);
  if (n < 0n || n >> 256n !== 0n) throw new RangeError('not a 256-bit unsigned integer');
  return hexToBytes(n.toString(16).padStart(64, '0'));
}

/** Web Crypto wants bytes over a plain `ArrayBuffer`; noble promises only bytes. */
export const plain = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
