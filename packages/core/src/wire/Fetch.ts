// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item } from '../codec.js';
import type { Day } from '../Day.js';
import { last as lastDay } from '../Day.js';
import { UnknownStreamError } from '../Epoch.js';
import { isStream, type Stream } from '../Stream.js';

/** A reader asks a hub for the sealed bytes of a granted request. The words behind the codes on chain come along. */
export type Fetch = {
  /** The signed Request, as `encodeSigned` writes it. */
  request: Uint8Array;
  salt: Uint8Array;
  streams: Stream[];
  firstDay: Day;
  lastDay: Day;
  /** The block that holds the decision. */
  blockNumber: number;
};

/** Of one stream and one writer: the anchored head, its place in the newest batch, and what it lists for those days. */
export type Part = {
  head: Uint8Array;
  headProof: Uint8Array;
  nodes: Uint8Array[];
  segments: { segment: Uint8Array; receipt: Uint8Array }[];
  epochs: Uint8Array[];
  shares: Uint8Array[];
};

const fetchName = 'islet/fetch';
const fetchedName = 'islet/fetched';

export const encodeFetch = (q: Fetch): Uint8Array =>
  encode(fetchName, 1, [q.request, q.salt, q.streams, q.firstDay, q.lastDay, q.blockNumber]);

export function parseFetch(bytes: Uint8Array): Fetch {
  const f = decode(fetchName, 1, bytes);
  const fetch: Fetch = {
    request: f.bytes(),
    salt: f.bytes(32),
    streams: f.list((g) => takeStream(g.text(64)), 32),
    firstDay: f.int(0, lastDay),
    lastDay: f.int(0, lastDay),
    blockNumber: f.int(),
  };
  f.end();
  return fetch;
}

export const encodeFetched = (parts: Part[]): Uint8Array =>
  encode(fetchedName, 1, [
    parts.map(
      (p): Item => [
        p.head,
        p.headProof,
        p.nodes as Item,
        p.segments.map((s): Item => [s.segment, s.receipt]),
        p.epochs as Item,
        p.shares as Item,
      ],
    ),
  ]);

export function parseFetched(bytes: Uint8Array): Part[] {
  const f = decode(fetchedName, 1, bytes);
  const parts = f.list(
    (g) =>
      g.tuple(
        (t): Part => ({
          head: t.bytes(),
          headProof: t.bytes(),
          nodes: t.list((n) => n.bytes()),
          segments: t.list((n) => n.tuple((s) => ({ segment: s.bytes(), receipt: s.bytes() }))),
          epochs: t.list((n) => n.bytes()),
          shares: t.list((n) => n.bytes()),
        }),
      ),
    1024,
  );
  f.end();
  return parts;
}

export function takeStream(text: string): Stream {
  if (!isStream(text)) throw new UnknownStreamError();
  return text;
}
