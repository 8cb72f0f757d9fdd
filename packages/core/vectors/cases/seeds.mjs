// Copyright the Islet authors. AGPL-3.0-or-later.
import { concat, uint64, utf8 } from '../../dist/crypto/bytes.js';
import { sha256 } from '../../dist/crypto/hash.js';

/** Bytes that look random and are the same for ever: SHA-256 in counter mode over a seed of words. */
export function drawn(words) {
  let block = 0;
  return (length) => {
    const parts = [];
    for (let have = 0; have < length; have += 32)
      parts.push(sha256(concat(utf8(words), new Uint8Array([0]), uint64(block++))));
    return concat(...parts).slice(0, length);
  };
}

/** One draw of 32 bytes. */
export const seed = (words) => drawn(words)(32);

/** A source of draws that remembers them: what another implementation has to draw, in this order. */
export function recorded(words) {
  const random = drawn(words);
  const draws = [];
  return {
    draws,
    random: (length) => {
      const bytes = random(length);
      draws.push(bytes);
      return bytes;
    },
  };
}

export const account = seed('account');
export const grantId = seed('grant');
export const rootSeed = seed('root seed of the patient');
/** 2026-01-01 and the days after it. */
export const day = 46_021;
export const stream = 'glucose/raw';
