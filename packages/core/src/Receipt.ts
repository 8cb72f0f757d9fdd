// Copyright the Islet authors. AGPL-3.0-or-later.
import { type Built, type MapEntry, mapLeaf, rootOf } from './Batch.js';
import { decode, encode, type Item } from './codec.js';
import * as Merkle from './Merkle.js';

/** Where a root stands: which hub's which batch. The chain holds the root; a proof must lead to it. */
type Place = { hub: Uint8Array; number: number };

/** A segment's proof of inclusion in an anchored batch. */
export type Receipt = Place & {
  leafCount: number;
  index: number;
  path: Uint8Array[];
  mapRoot: Uint8Array;
  mapCount: number;
};

/** A head's proof of inclusion in the map of an anchored batch. */
export type HeadProof = Place & {
  leavesRoot: Uint8Array;
  leafCount: number;
  mapCount: number;
  index: number;
  path: Uint8Array[];
};

export const ofLeaf = ({ batch, leafTree, mapTree }: Built, index: number): Receipt => ({
  hub: batch.hub,
  number: batch.number,
  leafCount: batch.leaves.length,
  index,
  path: Merkle.path(leafTree, index),
  mapRoot: Merkle.root(mapTree),
  mapCount: batch.map.length,
});

export const ofHead = ({ batch, leafTree, mapTree }: Built, index: number): HeadProof => ({
  hub: batch.hub,
  number: batch.number,
  leavesRoot: Merkle.root(leafTree),
  leafCount: batch.leaves.length,
  mapCount: batch.map.length,
  index,
  path: Merkle.path(mapTree, index),
});

/** The batch root that a leaf and its receipt lead to; compare it with the chain's. `undefined` where they cannot fit. */
export function rootOfLeaf(receipt: Receipt, leaf: Uint8Array): Uint8Array | undefined {
  const leavesRoot = Merkle.rootFrom(leaf, receipt.index, receipt.leafCount, receipt.path);
  return (
    leavesRoot &&
    rootOf(receipt.hub, receipt.number, leavesRoot, receipt.leafCount, receipt.mapRoot, receipt.mapCount)
  );
}

/** The batch root that a map entry and its proof lead to. */
export function rootOfHead(proof: HeadProof, entry: MapEntry): Uint8Array | undefined {
  const mapRoot = Merkle.rootFrom(mapLeaf(entry), proof.index, proof.mapCount, proof.path);
  return (
    mapRoot && rootOf(proof.hub, proof.number, proof.leavesRoot, proof.leafCount, mapRoot, proof.mapCount)
  );
}

const receiptName = 'islet/receipt';
const headProofName = 'islet/head-proof';

export const encodeReceipt = (r: Receipt): Uint8Array =>
  encode(receiptName, 1, [r.hub, r.number, r.leafCount, r.index, r.path as Item, r.mapRoot, r.mapCount]);

export function parseReceipt(bytes: Uint8Array): Receipt {
  const f = decode(receiptName, 1, bytes);
  const receipt: Receipt = {
    hub: f.bytes(20),
    number: f.int(),
    leafCount: f.int(1),
    index: f.int(),
    path: f.list((g) => g.bytes(32), 64),
    mapRoot: f.bytes(32),
    mapCount: f.int(),
  };
  f.end();
  return receipt;
}

export const encodeHeadProof = (p: HeadProof): Uint8Array =>
  encode(headProofName, 1, [p.hub, p.number, p.leavesRoot, p.leafCount, p.mapCount, p.index, p.path as Item]);

export function parseHeadProof(bytes: Uint8Array): HeadProof {
  const f = decode(headProofName, 1, bytes);
  const proof: HeadProof = {
    hub: f.bytes(20),
    number: f.int(),
    leavesRoot: f.bytes(32),
    leafCount: f.int(),
    mapCount: f.int(1),
    index: f.int(),
    path: f.list((g) => g.bytes(32), 64),
  };
  f.end();
  return proof;
}
