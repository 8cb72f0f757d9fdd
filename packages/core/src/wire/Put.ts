// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item } from '../codec.js';

/** What a gateway hands its hub: everything new, in the order sealed. All or nothing is kept. */
export type Put = {
  epochs: Uint8Array[];
  shares: Uint8Array[];
  segments: Uint8Array[];
  /** Heads with the calendar nodes that are new with them. */
  heads: { head: Uint8Array; nodes: Uint8Array[] }[];
};

const name = 'islet/put';

export const encodePut = (p: Put): Uint8Array =>
  encode(name, 1, [
    p.epochs as Item,
    p.shares as Item,
    p.segments as Item,
    p.heads.map((h): Item => [h.head, h.nodes as Item]),
  ]);

export function parsePut(bytes: Uint8Array): Put {
  const f = decode(name, 1, bytes);
  const put: Put = {
    epochs: f.list((g) => g.bytes()),
    shares: f.list((g) => g.bytes()),
    segments: f.list((g) => g.bytes()),
    heads: f.list((g) => g.tuple((t) => ({ head: t.bytes(), nodes: t.list((n) => n.bytes()) }))),
  };
  f.end();
  return put;
}
