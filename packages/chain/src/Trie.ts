// Copyright the Islet authors. AGPL-3.0-or-later.
import { keccak256 } from '@islet/core/crypto/hash';
import { RLP, type RLPInput } from 'micro-eth-signer/core/rlp.js';

/** One key with its value. Values are not empty. */
export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/**
 * The root hash of the Merkle-Patricia trie of these entries (yellow paper, appendix D). Keys are distinct,
 * and none is the beginning of another, as with RLP-encoded indices. Of no entries: Keccak-256 of empty RLP.
 */
export function root(entries: readonly Entry[]): Uint8Array {
  const leaves = entries.map(([key, value]): Leaf => ({ path: nibblesOf(key), value }));
  leaves.sort((a, b) => compare(a.path, b.path));
  return keccak256(RLP.encode(leaves.length === 0 ? new Uint8Array(0) : node(leaves, 0)));
}

type Leaf = { path: Uint8Array; value: Uint8Array };

/** The node of sorted leaves that share their first `depth` nibbles. */
function node(leaves: readonly Leaf[], depth: number): RLPInput {
  const first = leaves[0]!;
  if (leaves.length === 1) return [hexPrefix(first.path.subarray(depth), 0x20), first.value];
  const last = leaves[leaves.length - 1]!;
  let shared = depth;
  while (shared < first.path.length && first.path[shared] === last.path[shared]) shared++;
  if (shared >= first.path.length) throw new RangeError('a trie key is the beginning of another');
  if (shared > depth) return [hexPrefix(first.path.subarray(depth, shared), 0x00), child(leaves, shared)];
  const slots: RLPInput[] = [];
  let from = 0;
  for (let nibble = 0; nibble < 16; nibble++) {
    let to = from;
    while (to < leaves.length && leaves[to]!.path[depth] === nibble) to++;
    slots.push(to === from ? new Uint8Array(0) : child(leaves.slice(from, to), depth + 1));
    from = to;
  }
  // Every slot value of ours hangs in a leaf below; the branch's own value stays empty.
  return [...slots, new Uint8Array(0)];
}

/** A reference to a node: the node itself where it is shorter than a hash. */
function child(leaves: readonly Leaf[], depth: number): RLPInput {
  const made = node(leaves, depth);
  const encoded = RLP.encode(made);
  return encoded.length < 32 ? made : keccak256(encoded);
}

/** Nibbles as bytes, the first half-byte telling a leaf (0x20) from an extension, and an odd length (0x10). */
function hexPrefix(nibbles: Uint8Array, kind: number): Uint8Array {
  const odd = nibbles.length % 2;
  const out = new Uint8Array(1 + (nibbles.length - odd) / 2);
  out[0] = odd ? kind | 0x10 | nibbles[0]! : kind;
  for (let i = 1; i < out.length; i++) {
    const at = 2 * (i - 1) + odd;
    out[i] = (nibbles[at]! << 4) | nibbles[at + 1]!;
  }
  return out;
}

function nibblesOf(key: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 * key.length);
  for (const [i, byte] of key.entries()) {
    out[2 * i] = byte >> 4;
    out[2 * i + 1] = byte & 15;
  }
  return out;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
