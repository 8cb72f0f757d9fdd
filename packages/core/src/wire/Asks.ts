// Copyright the Islet authors. AGPL-3.0-or-later.
// What a hub tells a person of the asks to them and from them.
import { decode, encode, type Item } from '../codec.js';

/** A stated `Ask.Sealed`, and the stated answer to it, where there is one. */
export type Listed = { ask: Uint8Array; answer: Uint8Array | null };

const name = 'islet/asks';
const maxListed = 1_000;

export const encodeAsks = (list: readonly Listed[]): Uint8Array =>
  encode(name, 1, [list.map(({ ask, answer }): Item => [ask, answer])]);

/** Throws `FORMAT_MALFORMED`. */
export function parseAsks(bytes: Uint8Array): Listed[] {
  const f = decode(name, 1, bytes);
  const list = f.list(
    (g) => g.tuple((t) => ({ ask: t.bytes(), answer: t.nullable((n) => n.bytes()) })),
    maxListed,
  );
  f.end();
  return list;
}
