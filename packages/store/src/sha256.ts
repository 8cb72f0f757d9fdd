// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file here that hashes. Node's own digest is several times faster than a portable one, and this room never runs in a browser.
import { createHash, hash } from 'node:crypto';

/** SHA-256 as 64 lower-case hexadecimal digits. */
export const sha256Hex = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** SHA-256 as 32 bytes. */
export const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest());

/** The first eight bytes of SHA-256 over the parts one after the other: a checksum against accidents, not against forgers. */
export function checksum(...parts: Uint8Array[]): bigint {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest().readBigUInt64BE(0);
}
