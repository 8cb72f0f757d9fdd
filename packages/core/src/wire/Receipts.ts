// Copyright the Islet authors. AGPL-3.0-or-later.
// POST /v1/receipts: the question is core's `encodeList('islet/ask-receipts', hashes)`, the answer this.
import { decode, encode, type Item } from '../codec.js';

export const askName = 'islet/ask-receipts';
const name = 'islet/receipts';

/** In the order asked; null where the segment is not known, or not anchored yet. */
export type Answer = { hash: Uint8Array; receipt: Uint8Array | null }[];

export const encodeReceipts = (answer: Answer): Uint8Array =>
  encode(name, 1, [answer.map((a): Item => [a.hash, a.receipt])]);

export function parseReceipts(bytes: Uint8Array): Answer {
  const f = decode(name, 1, bytes);
  const answer = f.list((g) =>
    g.tuple((t) => ({ hash: t.bytes(32), receipt: t.nullable((n) => n.bytes()) })),
  );
  f.end();
  return answer;
}
