// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Batch from '@islet/core/Batch';
import { concat, toHex } from '@islet/core/crypto/bytes';
import * as Merkle from '@islet/core/Merkle';
import type { KeptHead, Writer } from './Entry.js';

/** One stream of one writer: its newest head, and older ones while an anchored or a pending batch still shows them. */
export type Stand = {
  mapKey: Uint8Array;
  id: string;
  writer: Writer /** Oldest first. */;
  versions: Version[];
};

export type Version = {
  /** Where in the journal. */
  position: number;
  hash: Uint8Array;
  key: Uint8Array;
  at: number;
  calendar: Uint8Array;
  /** The calendar's nodes: hash and store key, 64 bytes each. Plain bytes, since there are very many. */
  nodes: Uint8Array;
};

const pair = 64;

/** Store keys of a version's nodes by their hash, all in hex. */
export function nodeKeys(version: Version | undefined): Map<string, string> {
  const found = new Map<string, string>();
  const nodes = version?.nodes ?? new Uint8Array();
  for (let i = 0; i < nodes.length; i += pair)
    found.set(toHex(nodes.subarray(i, i + 32)), toHex(nodes.subarray(i + 32, i + pair)));
  return found;
}

/** The version that a kept head makes after the one before. */
export function following(before: Version | undefined, head: KeptHead, position: number): Version {
  const gone = new Set(head.gone.map(toHex));
  const old = before?.nodes ?? new Uint8Array();
  const parts: Uint8Array[] = [];
  if (gone.size === 0) parts.push(old);
  else
    for (let i = 0; i < old.length; i += pair)
      if (!gone.has(toHex(old.subarray(i, i + 32)))) parts.push(old.subarray(i, i + pair));
  for (const { hash, key } of head.added) parts.push(hash, key);
  const { hash, key, at, calendar } = head;
  return { position, hash, key, at, calendar, nodes: concat(...parts) };
}

/** The newest version in the journal before a position. */
export const versionAt = (stand: Stand, through: number): Version | undefined =>
  stand.versions.findLast((v) => v.position < through);

/** A batch's map: every stream's head at a position, with the tree that proves them. */
export type HeadMap = {
  shown: { stand: Stand; version: Version }[];
  places: Map<string, number>;
  tree: Merkle.Tree;
  root: Uint8Array;
};

/** `stands` in the order of their keys, as Batch.build wants them. */
export function mapAt(stands: Stand[], through: number): HeadMap {
  const shown: HeadMap['shown'] = [];
  for (const stand of stands) {
    const version = versionAt(stand, through);
    if (version) shown.push({ stand, version });
  }
  const tree = Merkle.build(
    shown.map(({ stand, version }) => Batch.mapLeaf({ key: stand.mapKey, headHash: version.hash })),
  );
  return {
    shown,
    places: new Map(shown.map(({ stand }, i) => [stand.id, i])),
    tree,
    root: Merkle.root(tree),
  };
}
