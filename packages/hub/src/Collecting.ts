// Copyright the Islet authors. AGPL-3.0-or-later.

import type { View } from '@islet/chain/View';
import * as Calendar from '@islet/core/Calendar';
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Head from '@islet/core/Head';
import { encodeFetched, type Fetch, type Part } from '@islet/core/wire/Fetch';
import { StoreCorruptError } from '@islet/store/Store';
import type { Archive } from './Archive.js';
import type { Anchored } from './Batcher.js';
import * as Before from './Before.js';
import * as CalendarNodes from './CalendarNodes.js';
import * as HeadStand from './HeadStand.js';
import { patientId, type Segment } from './Hot.js';
import { FETCHED_BYTES, FETCHED_SEGMENTS } from './limits.js';
import type { Permit } from './Permit.js';
import * as Proofs from './Proofs.js';
import { Refusal } from './Refusal.js';

/** What one part of the answer will hold, found but not read yet. */
type Plan = {
  head: HeadStand.Version;
  headProof: Uint8Array;
  nodes: Uint8Array[];
  segments: { row: Segment; receipt: Uint8Array }[];
  epochs: Uint8Array[];
  shares: Uint8Array[];
};

export type Options = { archive: Archive; hub: Uint8Array; anchored: Anchored | null; view: View };

/**
 * Finds what a permitted fetch may have: of every stream and writer the head in the newest anchored batch, and all that
 * its calendar lists for those days. What this hub does not have is left out; the reader sees that it is missing.
 */
export async function plan(options: Options, fetch: Fetch, permit: Permit): Promise<Plan[]> {
  const { archive, anchored } = options;
  if (!anchored) return [];
  const plans: Plan[] = [];
  let segments = 0;
  for (const stream of fetch.streams) {
    for (const stand of archive.hot.byPatient.get(patientId(permit.patient, stream)) ?? []) {
      const one = await planPart(options, anchored, stand, fetch, permit);
      if (!one) continue;
      plans.push(one);
      segments += one.segments.length;
      if (segments > FETCHED_SEGMENTS) throw tooMuch();
    }
  }
  return plans;
}

async function planPart(
  { archive, hub, view }: Options,
  anchored: Anchored,
  stand: HeadStand.Stand,
  fetch: Fetch,
  { isOwn }: Permit,
): Promise<Plan | undefined> {
  const place = anchored.map.places.get(stand.id);
  if (place === undefined) return undefined;
  const { version } = anchored.map.shown[place]!;
  const { nodes, hashes } = await listed(archive, version, fetch);
  if (isOwn) {
    const head = await archive.store.get(toHex(version.key));
    if (head) hashes.push(...Head.parse(head).statement.late);
  }
  if (hashes.length > FETCHED_SEGMENTS) throw tooMuch();
  const rows = await ownSegments(archive, stand, hashes);
  const receipts = await Proofs.receipts(archive, hub, anchored, rows);
  const proven = rows.flatMap((row) => {
    const receipt = receipts.get(row.seq);
    return receipt ? [{ row, hash: row.hash, receipt }] : [];
  });
  // Of what another hub had first, since when it was known is said as early as it can be proven.
  const first = await Before.earliest(archive, view, proven);
  const segments = proven.map(({ row }, i) => ({ row, receipt: first[i]! }));
  const epochHashes = [...new Map(segments.map(({ row }) => [toHex(row.epoch), row.epoch])).values()];
  const epochs = await archive.find.epochs(epochHashes);
  const shares = await archive.find.shares(epochHashes);
  return {
    head: version,
    headProof: Proofs.headProof(hub, anchored, place),
    nodes,
    segments,
    epochs: [...epochs.values()].map((row) => row.key),
    shares: [...shares.values()].map(
      (all) => all.reduce((newest, row) => (row.set_version > newest.set_version ? row : newest)).key,
    ),
  };
}

/** The calendar's nodes for those days, and the segments that they list. */
async function listed(archive: Archive, version: HeadStand.Version, { firstDay, lastDay }: Fetch) {
  const keys = HeadStand.nodeKeys(version);
  const have = new Map<string, Uint8Array>();
  for (;;) {
    const wanted = Calendar.missing(version.calendar, have, firstDay, lastDay).map(toHex);
    const found = await Promise.all(
      wanted.map(async (hash) => {
        const key = keys.get(hash);
        const bytes = key === undefined ? undefined : await archive.store.get(key);
        return [hash, bytes && CalendarNodes.unwrap(bytes)] as const;
      }),
    );
    for (const [hash, bytes] of found) {
      if (!bytes) throw lost();
      have.set(hash, bytes);
    }
    if (wanted.length === 0) break;
  }
  const hashes: Uint8Array[] = [];
  for (const { closed, open } of Calendar.entries(version.calendar, have, firstDay, lastDay).values()) {
    if (closed) hashes.push(closed);
    hashes.push(...open);
  }
  return { nodes: [...have.values()], hashes };
}

/** A calendar is its writer's word: of what it lists, only this person's segments of this stream are given out. */
async function ownSegments(
  archive: Archive,
  stand: HeadStand.Stand,
  hashes: Uint8Array[],
): Promise<Segment[]> {
  const found = await archive.find.segments(hashes);
  const { account, stream } = stand.writer;
  const rows: Segment[] = [];
  for (const id of new Set(hashes.map(toHex))) {
    const row = found.get(id);
    if (row && row.stream === stream && equal(row.account, account)) rows.push(row);
  }
  return rows;
}

/** The answer, one part after the other, so that no more than one is in memory. */
export async function* read(archive: Archive, plans: Plan[]): AsyncGenerator<Uint8Array, void, undefined> {
  const empty = encodeFetched([]);
  const start = empty.length - 1;
  yield empty.subarray(0, start);
  yield arrayHead(plans.length);
  let bytes = 0;
  for (const one of plans) {
    const part = encodeFetched([await readPart(archive, one)]).subarray(start + 1);
    bytes += part.length;
    if (bytes > FETCHED_BYTES) throw tooMuch();
    yield part;
  }
}

async function readPart({ store }: Archive, plan: Plan): Promise<Part> {
  // Rotten bytes are missing bytes: the rest must still be had.
  const get = (key: Uint8Array): Promise<Uint8Array | undefined> =>
    store.get(toHex(key)).catch((error) => {
      if (error instanceof StoreCorruptError) return undefined;
      throw error;
    });
  const all = async (keys: Uint8Array[]): Promise<Uint8Array[]> =>
    (await Promise.all(keys.map(get))).filter((bytes) => bytes !== undefined);
  const head = await get(plan.head.key);
  if (!head) throw lost();
  const segments = await Promise.all(
    plan.segments.map(async ({ row, receipt }) => ({ segment: await get(row.key), receipt })),
  );
  return {
    head,
    headProof: plan.headProof,
    nodes: plan.nodes,
    segments: segments.flatMap(({ segment, receipt }) => (segment ? [{ segment, receipt }] : [])),
    epochs: await all(plan.epochs),
    shares: await all(plan.shares),
  };
}

/** RFC 8949, 3.1: the head of an array. */
function arrayHead(length: number): Uint8Array {
  if (length < 24) return new Uint8Array([0x80 | length]);
  if (length < 256) return new Uint8Array([0x98, length]);
  return new Uint8Array([0x99, length >> 8, length & 255]);
}

const tooMuch = (): Refusal =>
  new Refusal(413, 'HUB_FETCH_TOO_LARGE', 'The answer would be too large. Ask for fewer days at once.');

const lost = (): Refusal =>
  new Refusal(
    503,
    'HUB_BYTES_LOST',
    'This hub has lost bytes that it should have. Ask another hub, or have the gateway put them again.',
  );
