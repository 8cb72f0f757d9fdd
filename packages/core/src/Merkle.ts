// Copyright the Islet authors. AGPL-3.0-or-later.
// Merkle trees as RFC 9162 section 2.1 defines them: leaves and inner nodes hashed under different prefixes,
// so that an inner node never passes for a leaf.
import { concat, equal } from './crypto/bytes.js';
import { sha256 } from './crypto/hash.js';

export const leafHash = (leaf: Uint8Array): Uint8Array => sha256(concat(new Uint8Array([0]), leaf));
const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(concat(new Uint8Array([1]), left, right));

/** All levels of a tree, leaves first: built once per batch, then every path is a look-up. */
export type Tree = Uint8Array[][];

export function build(leaves: Uint8Array[]): Tree {
  let level = leaves.map(leafHash);
  const levels = [level];
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1];
      above.push(right ? nodeHash(level[i]!, right) : level[i]!);
    }
    levels.push(above);
    level = above;
  }
  return levels;
}

/** The root; of no leaves, the hash of nothing. */
export const root = (tree: Tree): Uint8Array => tree.at(-1)?.[0] ?? sha256(new Uint8Array());

/** The siblings from leaf `index` up to the root. Throws a RangeError where there is no such leaf. */
export function path(tree: Tree, index: number): Uint8Array[] {
  if (tree[0]?.[index] === undefined) throw new RangeError('no such leaf');
  const siblings: Uint8Array[] = [];
  for (const level of tree.slice(0, -1)) {
    const sibling = level[index ^ 1];
    if (sibling) siblings.push(sibling);
    index >>= 1;
  }
  return siblings;
}

/** The root that a leaf at `index` of `count` and its path lead to, or `undefined` where they cannot fit. RFC 9162 2.1.3.2. */
export function rootFrom(
  leaf: Uint8Array,
  index: number,
  count: number,
  siblings: Uint8Array[],
): Uint8Array | undefined {
  if (!(Number.isSafeInteger(index) && Number.isSafeInteger(count) && index >= 0 && index < count))
    return undefined;
  let at = index;
  let lastAt = count - 1;
  let hash = leafHash(leaf);
  const left = [...siblings];
  while (lastAt > 0) {
    if (at % 2 === 1 || at !== lastAt) {
      const sibling = left.shift();
      if (sibling?.length !== 32) return undefined;
      hash = at % 2 === 1 ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
    }
    at = Math.floor(at / 2);
    lastAt = Math.floor(lastAt / 2);
  }
  return left.length === 0 ? hash : undefined;
}

export const includes = (
  root: Uint8Array,
  leaf: Uint8Array,
  index: number,
  count: number,
  path: Uint8Array[],
): boolean => {
  const found = rootFrom(leaf, index, count, path);
  return found !== undefined && equal(found, root);
};
