// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { concat, equal, toHex, uint64, utf8 } from './crypto/bytes.js';
import { sha256 } from './crypto/hash.js';
import * as Days from './Day.js';
import { IsletError } from './IsletError.js';
import { streams } from './Stream.js';

/** Bytes that look random and are the same on every run: SHA-256 in counter mode over a seed of words. */
export function drawn(words: string): (length: number) => Uint8Array {
  let block = 0;
  return (length) => {
    const parts: Uint8Array[] = [];
    for (let have = 0; have < length; have += 32)
      parts.push(sha256(concat(utf8(words), new Uint8Array([0]), uint64(block++))));
    return concat(...parts).slice(0, length);
  };
}

export const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

export const anyDay: fc.Arbitrary<number> = fc.integer({ min: Days.first, max: Days.last });

export const anyStream = fc.constantFrom(...streams);

/** A copy with one bit turned. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const out = new Uint8Array(bytes);
  out[bit >> 3]! ^= 1 << (bit & 7);
  return out;
}

/** Every way to cut the end off, one byte too many, and every single bit turned (every `step`th, where bytes are many). */
export function* spoilt(bytes: Uint8Array, step = 1): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length += step) yield bytes.slice(0, length);
  for (const extra of [0, 0x80, 0xf6, 0xff]) yield concat(bytes, new Uint8Array([extra]));
  for (let bit = 0; bit < bytes.length * 8; bit += step) yield flipped(bytes, bit);
}

/** What reads and writes a format. `decode` throws an `IsletError` or returns undefined for what it refuses. */
export type Codec<T> = {
  decode(bytes: Uint8Array): T | undefined | Promise<T | undefined>;
  encode(value: T): Uint8Array | Promise<Uint8Array>;
};

/** What bytes decode to, or undefined where they are refused as they ought to be. Any other error is a fault. */
export async function decoded<T>(codec: Codec<T>, bytes: Uint8Array): Promise<T | undefined> {
  try {
    return await codec.decode(bytes);
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

/** Throws where bytes are taken although they are not the one encoding of what they say. */
export async function refuseOrRepeat<T>(codec: Codec<T>, bytes: Uint8Array): Promise<void> {
  const value = await decoded(codec, bytes);
  if (value === undefined) return;
  const again = await codec.encode(value);
  if (!equal(again, bytes)) throw new Error(`${toHex(bytes)} was taken for ${toHex(again)}`);
}
