// Copyright the Islet authors. AGPL-3.0-or-later.
import { concat, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Merkle from '@islet/core/Merkle';
import { describe, expect, test } from 'vitest';
import { PIECE_LEAVES } from './limits.js';
import * as Pieces from './Pieces.js';

const leaf = (i: number): Uint8Array => sha256(new Uint8Array([i, i >> 8]));

describe('a batch in pieces', () => {
  test.each([0, 1, 2, 63, 64, 65, 69, 96, 127, 128, 129, 200, 321])(
    'of %i leaves has the root and the paths of the whole tree',
    (count) => {
      const leaves = Array.from({ length: count }, (_, i) => leaf(i));
      const whole = Merkle.build(leaves);
      const tops = Pieces.topsOf(whole);
      expect(toHex(Pieces.rootOf(tops))).toBe(toHex(Merkle.root(whole)));
      const above = Pieces.above(tops);
      for (let index = 0; index < count; index++) {
        const from = index - (index % PIECE_LEAVES);
        const piece = concat(...leaves.slice(from, from + PIECE_LEAVES));
        const path = Pieces.path(index, Merkle.build(Pieces.split(piece)), above);
        expect(path.map(toHex)).toEqual(Merkle.path(whole, index).map(toHex));
      }
    },
  );
});
