// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import type { Hex } from './Wire.js';

/**
 * Whether a 2048-bit logs bloom (yellow paper, 4.3.1) can contain the item: an address or a topic.
 * "No" is certain, "yes" is not. Of a verified header the "no" can be relied on.
 */
export function mayContain(bloom: Hex, item: Hex): boolean {
  const digest = keccak256(fromHex(item));
  for (let i = 0; i < 6; i += 2) {
    const bit = ((digest[i]! << 8) | digest[i + 1]!) & 2047;
    // Bit 0 is the lowest bit of the last byte; a byte is two hex digits after `0x`.
    const byte = 255 - (bit >> 3);
    if (((Number.parseInt(bloom.slice(2 + 2 * byte, 4 + 2 * byte), 16) >> (bit & 7)) & 1) === 0) return false;
  }
  return true;
}
