// Copyright the Islet authors. AGPL-3.0-or-later.
import { to0x } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import type { Hex } from './Records.js';

/** The 2048-bit bloom of these addresses and topics (yellow paper, 4.3.1). */
export function of(items: Uint8Array[]): Hex {
  const bloom = new Uint8Array(256);
  for (const item of items) {
    const digest = keccak256(item);
    for (let i = 0; i < 6; i += 2) {
      const bit = ((digest[i]! << 8) | digest[i + 1]!) & 2047;
      bloom[255 - (bit >> 3)]! |= 1 << (bit & 7);
    }
  }
  return to0x(bloom);
}
