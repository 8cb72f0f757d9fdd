// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal } from '@islet/core/crypto/bytes';
import * as Merkle from '@islet/core/Merkle';
import * as Receipt from '@islet/core/Receipt';
import { type Archive, IndexWrongError } from './Archive.js';
import type { Anchored } from './Batcher.js';
import type { BatchRow, Segment } from './Hot.js';
import { pieceOf } from './Lookup.js';
import { PIECE_LEAVES } from './limits.js';
import * as Pieces from './Pieces.js';

/**
 * Receipts of segments by their leaf number, encoded; none for what is not anchored yet. Computed from the batches'
 * leaves, and those from the index checked against the root before they leave. Throws `HUB_INDEX_WRONG`.
 */
export async function receipts(
  archive: Archive,
  hub: Uint8Array,
  anchored: Anchored | null,
  segments: Segment[],
): Promise<Map<number, Uint8Array>> {
  const found = new Map<number, Uint8Array>();
  if (!anchored) return found;
  const { hot, find } = archive;
  const seqs = segments.map((s) => s.seq).filter((seq) => seq < anchored.batch.leafTo);
  const batches = await find.batchesOf(seqs);
  const far = new Map<string, { batch: number; piece: number }>();
  for (const [seq, batch] of batches) {
    const tree = hot.trees.get(batch.number);
    const index = seq - batch.leafFrom;
    if (tree) found.set(seq, encode(hub, batch, index, Merkle.path(tree, index)));
    else {
      const piece = pieceOf(seq, batch);
      far.set(`${batch.number}/${piece}`, { batch: batch.number, piece });
    }
  }
  if (far.size === 0) return found;
  const pieces = await find.pieces([...far.values()]);
  const pieceTree = memo((id: string) => Merkle.build(Pieces.split(pieces.get(id)!)));
  const above = memo((batch: BatchRow) => Pieces.above(batch.tops));
  for (const [seq, batch] of batches) {
    if (found.has(seq)) continue;
    const id = `${batch.number}/${pieceOf(seq, batch)}`;
    const leaves = pieces.get(id);
    if (!leaves) throw new IndexWrongError();
    const index = seq - batch.leafFrom;
    const receipt = receiptOf(hub, batch, index, Pieces.path(index, pieceTree(id), above(batch)));
    const at = (index % PIECE_LEAVES) * 32;
    const root = Receipt.rootOfLeaf(receipt, leaves.subarray(at, at + 32));
    if (!root || !equal(root, batch.root)) throw new IndexWrongError();
    found.set(seq, Receipt.encodeReceipt(receipt));
  }
  return found;
}

function memo<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key)!;
  };
}

const encode = (hub: Uint8Array, batch: BatchRow, index: number, path: Uint8Array[]): Uint8Array =>
  Receipt.encodeReceipt(receiptOf(hub, batch, index, path));

const receiptOf = (hub: Uint8Array, b: BatchRow, index: number, path: Uint8Array[]): Receipt.Receipt => ({
  hub,
  number: b.number,
  leafCount: b.leafTo - b.leafFrom,
  index,
  path,
  mapRoot: b.mapRoot,
  mapCount: b.mapCount,
});

/** The proof that a head stands in the newest anchored map. */
export function headProof(hub: Uint8Array, { batch, map }: Anchored, index: number): Uint8Array {
  return Receipt.encodeHeadProof({
    hub,
    number: batch.number,
    leavesRoot: Pieces.rootOf(batch.tops),
    leafCount: batch.leafTo - batch.leafFrom,
    mapCount: batch.mapCount,
    index,
    path: Merkle.path(map.tree, index),
  });
}
