// Copyright the Islet authors. AGPL-3.0-or-later.
import { childrenOf, hashOf } from '@islet/core/Calendar';
import { decode, encode } from '@islet/core/codec';
import { toHex } from '@islet/core/crypto/bytes';
import { CALENDAR_NODES } from './limits.js';
import { Refusal } from './Refusal.js';

/**
 * The hashes of all nodes of a calendar, in hex. `bytesOf` gives a node's bytes where the walk must look inside; pages
 * need only be known (`isKnown`). Throws `HUB_NODES_MISSING`: a head must never be anchored that nobody can read.
 */
export async function reachable(
  root: Uint8Array,
  isKnown: (hash: string) => boolean,
  bytesOf: (hash: string) => Promise<Uint8Array | undefined>,
): Promise<Set<string>> {
  const found = new Set<string>();
  if (root.every((b) => b === 0)) return found;
  const inner = async (hash: string): Promise<string[]> => {
    found.add(hash);
    const bytes = isKnown(hash) ? await bytesOf(hash) : undefined;
    if (!bytes) throw nodesMissing();
    return childrenOf(bytes).map(toHex);
  };
  for (const middle of await inner(toHex(root)))
    for (const page of await inner(middle)) {
      if (!isKnown(page)) throw nodesMissing();
      found.add(page);
      if (found.size > CALENDAR_NODES) throw new Refusal(400, 'HUB_CALENDAR_TOO_LARGE', tooLarge);
    }
  return found;
}

/**
 * How a node lies in the store: with the head's place around it. So no two streams ever share an object, and nobody
 * can have another person's node dropped by listing it as their own and letting it go.
 */
export const wrap = (mapKey: Uint8Array, node: Uint8Array): Uint8Array =>
  encode('islet/hub-node', 1, [mapKey, node]);

export function unwrap(bytes: Uint8Array): Uint8Array {
  const f = decode('islet/hub-node', 1, bytes);
  f.bytes(32);
  const node = f.bytes();
  f.end();
  return node;
}

/** Node bytes by their hash, in hex. */
export const byHash = (nodes: Uint8Array[]): Map<string, Uint8Array> =>
  new Map(nodes.map((bytes) => [toHex(hashOf(bytes)), bytes]));

const tooLarge = 'The calendar lists more than there are days. Rebuild it and send its head again.';

const nodesMissing = (): Refusal =>
  new Refusal(
    409,
    'HUB_NODES_MISSING',
    'The head’s calendar rests on nodes that this hub does not have. Send the head again with all nodes of its calendar.',
  );
