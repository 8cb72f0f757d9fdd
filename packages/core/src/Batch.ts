// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex, uint64 } from './crypto/bytes.js';
import { domainHash } from './crypto/hash.js';
import * as Merkle from './Merkle.js';

/**
 * Many segments' leaves and the map of every stream's newest head, under the one root that goes on chain.
 * The root binds the hub, its batch number and both sizes, so that no proof fits another batch.
 */
export type Batch = {
  /** The hub's 20-byte chain address. */
  hub: Uint8Array;
  number: number;
  leaves: Uint8Array[];
  /** Sorted by key. */
  map: MapEntry[];
};

export type MapEntry = { key: Uint8Array; headHash: Uint8Array };

/** The trees behind a batch, built once. */
export type Built = { batch: Batch; leafTree: Merkle.Tree; mapTree: Merkle.Tree; root: Uint8Array };

export function build(hub: Uint8Array, number: number, leaves: Uint8Array[], map: MapEntry[]): Built {
  const ordered = map
    .map((e) => ({ e, hex: toHex(e.key) }))
    .sort((a, b) => (a.hex < b.hex ? -1 : 1))
    .map(({ e }) => e);
  const batch: Batch = { hub, number, leaves, map: ordered };
  const leafTree = Merkle.build(leaves);
  const mapTree = Merkle.build(ordered.map(mapLeaf));
  return {
    batch,
    leafTree,
    mapTree,
    root: rootOf(hub, number, Merkle.root(leafTree), leaves.length, Merkle.root(mapTree), ordered.length),
  };
}

export const mapLeaf = (entry: MapEntry): Uint8Array =>
  domainHash('islet/map-leaf/v1', entry.key, entry.headHash);

/** The anchored root from its two halves. */
export const rootOf = (
  hub: Uint8Array,
  number: number,
  leavesRoot: Uint8Array,
  leafCount: number,
  mapRoot: Uint8Array,
  mapCount: number,
): Uint8Array =>
  domainHash('islet/batch/v1', hub, uint64(number), leavesRoot, uint64(leafCount), mapRoot, uint64(mapCount));
