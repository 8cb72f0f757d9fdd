// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Fields, type Item } from '@islet/core/codec';
import type { Day } from '@islet/core/Day';
import { covers, isEverything } from '@islet/core/Erasure';
import type { Tip } from '@islet/core/Segment';
import type { Stream } from '@islet/core/Stream';
import { type Order, parseOrder } from '@islet/core/wire/Erasing';
import { takeStream } from '@islet/core/wire/Fetch';
import type { AccountState } from './State.js';

/**
 * What the journal says of an erasure when it begins: the order, and where each chain of the account stood, since the
 * segments that say so are about to go. With the receipt it is done.
 */
export type Begun = { account: Uint8Array; handover: Uint8Array; segments: number; chains: Chains[] };
type Chains = { stream: Stream; tip: Tip | null; ends: Tip[] };
export type Done = { account: Uint8Array; erasureId: Uint8Array; receipt: Uint8Array };

/** An erasure of one account, as far as it has come here. */
export type Known = { order: Order; receipt: Uint8Array | null };

const begunName = 'islet/gateway-erasing';
const doneName = 'islet/gateway-erased';

const tipItem = (tip: Tip): Item => [tip.chain, tip.number, tip.hash];
const takeTip = (f: Fields): Tip =>
  f.tuple((t) => ({ chain: t.bytes(16), number: t.int(1), hash: t.bytes(32) }));

export const encodeBegun = (b: Begun): Uint8Array =>
  encode(begunName, 1, [
    b.account,
    b.handover,
    b.segments,
    b.chains.map((c): Item => [c.stream, c.tip && tipItem(c.tip), c.ends.map(tipItem)]),
  ]);

export function parseBegun(bytes: Uint8Array): Begun {
  const f = decode(begunName, 1, bytes);
  const begun: Begun = {
    account: f.bytes(32),
    handover: f.bytes(),
    segments: f.int(),
    chains: f.list((g) =>
      g.tuple((t) => ({
        stream: takeStream(t.text(64)),
        tip: t.nullable(takeTip),
        ends: t.list(takeTip),
      })),
    ),
  };
  f.end();
  return begun;
}

export const encodeDone = (d: Done): Uint8Array => encode(doneName, 1, [d.account, d.erasureId, d.receipt]);

export function parseDone(bytes: Uint8Array): Done {
  const f = decode(doneName, 1, bytes);
  const done = { account: f.bytes(32), erasureId: f.bytes(32), receipt: f.bytes() };
  f.end();
  return done;
}

/** What is to be said before the segments go. Of everything nothing is left to go on from. */
export const begunOf = (state: AccountState, order: Order): Begun => ({
  account: state.account,
  handover: order.handover,
  segments: isEverything(order.extent) ? 0 : state.segments,
  chains: isEverything(order.extent)
    ? []
    : [...state.streams].map(([stream, at]) => ({ stream, tip: at.tip, ends: [...at.ends.values()] })),
});

/** The order of a record that we wrote ourselves. */
export function orderOf({ handover }: Begun): Order {
  const order = parseOrder(handover);
  if (!order) throw new RangeError('the journal holds an erasure without its scope');
  return order;
}

/** Whether the person had this day (null: late data of any day) erased here. */
export const isErased = (state: AccountState, stream: Stream, day: Day | null): boolean =>
  state.erasures.some(({ order }) => covers(order.extent, stream, day));

/** Whether everything was erased: nothing more is taken for the account. */
export const hasEnded = (state: AccountState): boolean =>
  state.erasures.some(({ order }) => isEverything(order.extent));
