// Copyright the Islet authors. AGPL-3.0-or-later.
// POST /v1/follow: the question is an `islet/fetch`, the answer a held stream of these, each in a frame of its own.
import { decode, encode, type Item, MalformedError } from '../codec.js';
import { concat } from '../crypto/bytes.js';

/** What is new for a follower. All empty: the connection is alive. */
export type Followed = {
  segments: Uint8Array[];
  /** Of the segments, where they were not told before. */
  epochs: Uint8Array[];
  shares: Uint8Array[];
  /** What writers state of the followed streams, as signed; not in an anchored map yet. */
  heads: Uint8Array[];
  /** Of segments told before, once they are anchored. */
  receipts: { hash: Uint8Array; receipt: Uint8Array }[];
  /** Why nothing more comes: a code. Null while it goes on. */
  ended: string | null;
};

const name = 'islet/followed';

export const nothing: Followed = {
  segments: [],
  epochs: [],
  shares: [],
  heads: [],
  receipts: [],
  ended: null,
};

export const encodeFollowed = (f: Followed): Uint8Array =>
  encode(name, 1, [
    f.segments as Item,
    f.epochs as Item,
    f.shares as Item,
    f.heads as Item,
    f.receipts.map((r): Item => [r.hash, r.receipt]),
    f.ended,
  ]);

export function parseFollowed(bytes: Uint8Array): Followed {
  const f = decode(name, 1, bytes);
  const many = (): Uint8Array[] => f.list((g) => g.bytes());
  const followed: Followed = {
    segments: many(),
    epochs: many(),
    shares: many(),
    heads: many(),
    receipts: f.list((g) => g.tuple((t) => ({ hash: t.bytes(32), receipt: t.bytes() }))),
    ended: f.nullable((g) => g.text(64)),
  };
  f.end();
  return followed;
}

/** Of one frame, without its length. A hub drops a follower that would need more. */
export const maxFrame = 4 * 1024 * 1024;

/** A message with its length before it, 4 bytes, big-endian. */
export function frame(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat(length, bytes);
}

/** The messages of a held answer, however it was cut on its way. What is left over when it ends was cut off. */
export async function* frames(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let held = new Uint8Array();
  for await (const part of parts) {
    held = concat(held, part) as Uint8Array<ArrayBuffer>;
    while (held.length >= 4) {
      const length = new DataView(held.buffer, held.byteOffset).getUint32(0);
      // Stops: a hub that fills our memory.
      if (length > maxFrame) throw new MalformedError(name, 'has a frame that is too long');
      if (held.length < 4 + length) break;
      yield held.slice(4, 4 + length);
      held = held.slice(4 + length);
    }
  }
}
