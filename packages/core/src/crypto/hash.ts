// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches @noble/hashes' digests.
import { expand, extract } from '@noble/hashes/hkdf.js';
import { hmac as nobleHmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, utf8 } from './bytes.js';

export const sha256 = (bytes: Uint8Array): Uint8Array => nobleSha256(bytes);

export const keccak256 = (bytes: Uint8Array): Uint8Array => keccak_256(bytes);

/** HMAC-SHA-256 (RFC 2104). */
export const hmac = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  nobleHmac(nobleSha256, key, message);

/** HKDF-SHA-256 (RFC 5869). */
export const hkdf = (ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array =>
  expand(nobleSha256, extract(nobleSha256, ikm, salt), info, length);

/**
 * A hash with a domain: SHA-256 over the length-prefixed domain and the parts, each length-prefixed,
 * so that no two different inputs, and no two purposes, share a preimage.
 */
export function domainHash(domain: string, ...parts: Uint8Array[]): Uint8Array {
  const name = utf8(domain);
  const framed: Uint8Array[] = [new Uint8Array([name.length]), name];
  for (const part of parts) {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, part.length);
    framed.push(length, part);
  }
  return nobleSha256(concat(...framed));
}
