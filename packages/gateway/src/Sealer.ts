// Copyright the Islet authors. AGPL-3.0-or-later.
import type { SigningKey } from '@islet/core/crypto/ed25519';
import * as Segment from '@islet/core/Segment';
import type { Stream } from '@islet/core/Stream';
import type { Open } from './Epochs.js';
import { type AccountState, streamOf } from './State.js';

/** What is sealed for one commit. Nothing of it counts before the journal has it. */
export type Draft = {
  segments: Segment.Segment[];
  /** Epochs used for the first time. */
  fresh: Open[];
  places: Map<Stream, { chain: Uint8Array; next: number; previous: Uint8Array; cites: Segment.Tip[] }>;
};

export const draft = (): Draft => ({ segments: [], fresh: [], places: new Map() });

export type Options = { signer: SigningKey; now: () => number; random: (length: number) => Uint8Array };

/** Seals a plaintext as the next segment of its stream's writer chain. One draft per account at a time. */
export async function seal(
  { signer, now, random }: Options,
  state: AccountState,
  into: Draft,
  open: Open,
  plaintext: Uint8Array,
): Promise<Segment.Segment> {
  const { stream } = open.epoch.header;
  const place = into.places.get(stream) ?? placeOf(state, stream, random);
  into.places.set(stream, place);
  const { chain, previous, cites } = place;
  const segment = await Segment.seal(
    open.epoch,
    open.contentKey,
    { chain, number: place.next, previous, cites, sealedAt: now() },
    plaintext,
    signer,
    random,
  );
  into.places.set(stream, { chain, next: place.next + 1, previous: segment.hash, cites: [] });
  into.segments.push(segment);
  if (!open.journalled && !into.fresh.includes(open)) into.fresh.push(open);
  return segment;
}

function placeOf(state: AccountState, stream: Stream, random: (length: number) => Uint8Array) {
  const { chain, tip, ends } = streamOf(state, stream);
  if (chain && tip) return { chain, next: tip.number + 1, previous: tip.hash, cites: [] };
  // A chain of its own for every start, citing where the earlier ones ended.
  return { chain: random(16), next: 1, previous: Segment.genesis, cites: [...ends.values()] };
}

/** The journal has the draft. */
export function settle(state: AccountState, into: Draft): void {
  for (const open of into.fresh) open.journalled = true;
  for (const [stream, { chain }] of into.places) streamOf(state, stream).chain = chain;
}

/**
 * The journal may or may not have the draft. Its numbers must never be used again with other content, so all of the
 * account's chains begin anew.
 */
export function abandon(state: AccountState): void {
  for (const at of state.streams.values()) at.chain = null;
}
