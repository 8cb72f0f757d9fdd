// Copyright the Islet authors. AGPL-3.0-or-later.
import { sha256 } from '@islet/core/crypto/hash';
import { describe, expect, test } from 'vitest';
import { cutOf } from './Batcher.js';
import * as Hot from './Hot.js';
import { BATCH_LEAVES } from './limits.js';

/** A hub to which puts of so many segments came, each with a head. */
function after(sizes: number[]): Hot.Hot {
  const hot = Hot.empty();
  let n = 0;
  for (const size of sizes) {
    const writers = [
      { account: new Uint8Array(32), stream: 'glucose/raw' as const, gateway: new Uint8Array(32) },
    ];
    const some = (): Uint8Array => sha256(new Uint8Array([++n, n >> 8, n >> 16]));
    const segments = Array.from({ length: size }, () => {
      const hash = some();
      return { writer: 0, hash, leaf: hash, key: hash, chain: hash.slice(16), number: n, epoch: hash };
    });
    const heads = [{ writer: 0, hash: some(), key: some(), at: n, calendar: some(), added: [], gone: [] }];
    Hot.apply(hot, { kind: 'put', writers, epochs: [], shares: [], segments, heads });
  }
  return hot;
}

describe('the next batch', () => {
  test('is none where nothing waits', () => {
    expect(cutOf(Hot.empty())).toBeUndefined();
  });

  test('takes all that waits while it fits', () => {
    expect(cutOf(after([3, 0, 4]))).toEqual({ leafFrom: 0, leafTo: 7, through: 3 });
  });

  test('takes whole puts up to its limit, and no head that lists what it leaves out', () => {
    const hot = after([BATCH_LEAVES - 1, 1, 2]);
    expect(cutOf(hot)).toEqual({ leafFrom: 0, leafTo: BATCH_LEAVES, through: 2 });
    const root = new Uint8Array(32);
    const cut = cutOf(hot)!;
    Hot.apply(hot, { kind: 'batch', number: 1, ...cut, mapRoot: root, mapCount: 1, root });
    expect(cutOf(hot)).toEqual({ leafFrom: BATCH_LEAVES, leafTo: BATCH_LEAVES + 2, through: 4 });
  });
});
