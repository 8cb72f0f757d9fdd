// Copyright the Islet authors. AGPL-3.0-or-later.
import { concat } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Merkle from '@islet/core/Merkle';
import { PIECE_LEAVES } from './limits.js';

// Old batches are kept as pieces of 64 leaves and the roots of the pieces. A piece is a whole subtree of the batch's
// tree, so a path is one piece's path and then one over the pieces: no need to read, or to hash, ten thousand leaves.

const level = Math.log2(PIECE_LEAVES);

/** The roots of a tree's pieces, one after the other. */
export const topsOf = (tree: Merkle.Tree): Uint8Array =>
  concat(...(tree[0]!.length === 0 ? [] : tree[Math.min(level, tree.length - 1)]!));

/** The tree above the pieces, the pieces' roots first. */
export function above(tops: Uint8Array): Uint8Array[][] {
  let nodes = split(tops);
  const levels = [nodes];
  while (nodes.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < nodes.length; i += 2)
      next.push(nodes[i + 1] ? nodeHash(nodes[i]!, nodes[i + 1]!) : nodes[i]!);
    levels.push(next);
    nodes = next;
  }
  return levels;
}

/** The path of leaf `index` of a batch, from the tree of its piece and the tree above the pieces. */
export const path = (index: number, piece: Merkle.Tree, aboveAll: Uint8Array[][]): Uint8Array[] => [
  ...Merkle.path(piece, index % PIECE_LEAVES),
  ...Merkle.path(aboveAll, Math.floor(index / PIECE_LEAVES)),
];

/** The root of all leaves, from the roots of the pieces. */
export const rootOf = (tops: Uint8Array): Uint8Array =>
  above(tops).at(-1)![0] ?? Merkle.root(Merkle.build([]));

export const split = (joined: Uint8Array): Uint8Array[] =>
  Array.from({ length: joined.length / 32 }, (_, i) => joined.subarray(i * 32, i * 32 + 32));

// RFC 9162, 2.1.1.
const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(concat(new Uint8Array([1]), left, right));
