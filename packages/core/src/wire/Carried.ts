// Copyright the Islet authors. AGPL-3.0-or-later.
// POST /v1/carry: what an account takes along from the hub it leaves. The account signs a Statement about this document.
import { decode, encode, type Item } from '../codec.js';
import { encodeFetched, type Part, parseFetched } from './Fetch.js';

/**
 * `parts` are as a hub served them, with its receipts and proofs. One with segments brings those; one without brings its
 * head, with all nodes of its calendar. `papers` are sealed to the account, each under the id that it is about.
 */
export type Carried = { parts: Part[]; papers: { about: Uint8Array; paper: Uint8Array }[] };

const maxPapers = 1024;
const name = 'islet/carried';

export const encodeCarried = ({ parts, papers }: Carried): Uint8Array =>
  encode(name, 1, [encodeFetched(parts), papers.map((p): Item => [p.about, p.paper])]);

/** Throws `FORMAT_MALFORMED`. */
export function parseCarried(bytes: Uint8Array): Carried {
  const f = decode(name, 1, bytes);
  const parts = parseFetched(f.bytes());
  const papers = f.list((g) => g.tuple((t) => ({ about: t.bytes(32), paper: t.bytes() })), maxPapers);
  f.end();
  return { parts, papers };
}
