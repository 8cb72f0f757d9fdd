// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import * as Glucose from '@islet/core/Glucose';
import { IsletError } from '@islet/core/IsletError';
import * as Trend from '@islet/core/metrics/Trend';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import type { Followed } from '@islet/core/wire/Followed';
import * as Access from './Access.js';
import * as Dealers from './Dealers.js';
import type { Update } from './Follow.js';
import * as FollowCheck from './FollowCheck.js';
import { FOLLOW_REMEMBERED, UNANCHORED_MS } from './limits.js';
import type { Network } from './Network.js';
import { type Ticket, unlock } from './Opening.js';
import { type Place, TamperedError } from './Tampered.js';
import type { Proven } from './Verification.js';

/** What is made of each message of the hub: verified, opened, and only then told. */
export type Attend = (told: Followed) => AsyncGenerator<Update, void, undefined>;

const nothing = new Uint8Array();

export function attendant(
  network: Network,
  asked: FollowCheck.Followed,
  right: Access.Right,
  ticket: Ticket,
): Attend {
  const epochs = new Map<string, Epoch.Epoch>();
  const shares = new Map<string, Shares.Shares>();
  const keys = new Map<string, Uint8Array>();
  /** Told, and not anchored yet. */
  const pending = new Map<string, Segment.Segment>();
  /** Of an epoch that custodians open only once it is anchored. */
  const waiting = new Map<string, Proven>();
  const chains = FollowCheck.chainWatch();
  const points: { at: number; mgdl: number }[] = [];
  let anchoredTo = 0;

  function place({ header, hash }: Segment.Segment): Place {
    return { stream: header.stream, day: header.day, segment: toHex(hash) };
  }

  async function* open(one: Proven): AsyncGenerator<Update, void, undefined> {
    const { segment, epoch } = one;
    const id = toHex(epoch.hash);
    const { stream } = segment.header;
    if (!keys.has(id)) {
      // Custodians open what is anchored, and live values at once.
      if (one.receipt.length === 0 && stream !== 'glucose/live') {
        remember(waiting, toHex(segment.hash), one);
        return;
      }
      const { secrets } = await unlock(network, [one], ticket);
      for (const [hash, key] of Access.contentKeys([one], secrets, right.seedOf)) remember(keys, hash, key);
    }
    const { content } = await Access.open(one, keys.get(id)!);
    if (content.kind !== 'readings') return;
    for (const reading of content.readings) {
      if (reading.kind !== 'glucose') continue;
      const { at } = reading;
      points.push({ at, mgdl: Glucose.toMgdl(reading.value, reading.unit) });
      points.sort((a, b) => a.at - b.at);
      if (points.length > FOLLOW_REMEMBERED) points.shift();
      const speed = Trend.speedAt(
        points,
        points.findLastIndex((p) => p.at === at),
      );
      const anchored = one.receipt.length > 0;
      yield { kind: 'value', stream, reading, speed, sealedAt: segment.header.sealedAt, anchored };
    }
  }

  /** A segment just told, checked; `undefined` where it was told before or is older than one told before. */
  async function received(bytes: Uint8Array, receipts: Followed['receipts']): Promise<Proven | undefined> {
    const segment = Segment.parse(bytes);
    const at = place(segment);
    const epoch = epochs.get(toHex(segment.header.epochHash));
    const dealt = epoch && shares.get(toHex(epoch.hash));
    if (!epoch || !dealt)
      throw new TamperedError('EPOCH_MISSING', 'the epoch or its shares were not told', at);
    const told = receipts.find((r) => equal(r.hash, segment.hash))?.receipt;
    const one: Proven = {
      segment,
      receipt: told && FollowCheck.isAnchored(segment, told, network.chain.state) ? told : nothing,
      epoch,
      shares: dealt,
      listed: 'open',
      place: at,
    };
    const { deployment, chain } = network;
    const dealers = Dealers.of(deployment, chain.state, asked.patient);
    await FollowCheck.checkFollowed(one, asked, chain.state, dealers);
    return chains.isNext(segment, at) ? one : undefined;
  }

  async function* take(
    bytes: Uint8Array,
    receipts: Followed['receipts'],
  ): AsyncGenerator<Update, void, undefined> {
    const one = await received(bytes, receipts);
    if (!one) return;
    try {
      yield* open(one);
      if (one.receipt.length === 0) remember(pending, toHex(one.segment.hash), one.segment);
    } catch (error) {
      // Sealed before we came, and no longer new: what comes next is.
      if (!(error instanceof IsletError) || error.code !== 'RELEASE_LIVE_OVER') throw error;
    }
    // Only now: what could not be opened for a passing reason is told again.
    chains.note(one.segment);
  }

  async function* anchor(receipts: Followed['receipts']): AsyncGenerator<Update, void, undefined> {
    if (receipts.length === 0) return;
    // The hub's word that they are anchored; our own view must have the batch too.
    await network.chain.follow();
    for (const { hash, receipt } of receipts) {
      const id = toHex(hash);
      const segment = pending.get(id);
      if (!segment) continue;
      if (!FollowCheck.isAnchored(segment, receipt, network.chain.state))
        throw new TamperedError(
          'RECEIPT_WRONG',
          'a receipt does not lead to a batch on chain',
          place(segment),
        );
      pending.delete(id);
      anchoredTo = Math.max(anchoredTo, segment.header.sealedAt);
      const late = waiting.get(id);
      waiting.delete(id);
      if (late) yield* open({ ...late, receipt });
    }
    const first = Math.min(...[...pending.values()].map((s) => s.header.sealedAt));
    yield { kind: 'anchored', until: Math.min(anchoredTo, first) };
  }

  async function* hear(bytes: Uint8Array): AsyncGenerator<Update, void, undefined> {
    const { stream, at, tip, gateway } = await FollowCheck.checkFollowedHead(
      bytes,
      asked,
      network.chain.state,
    );
    const known = tip ? chains.numberOf({ gateway, chain: tip.chain }) : undefined;
    // Of a live stream every segment is told, from the first one on.
    if (stream === 'glucose/live' && tip && known !== undefined && tip.number > known)
      yield { kind: 'missing', stream };
    yield { kind: 'heard', until: at };
  }

  return async function* attend(told) {
    for (const bytes of told.epochs) {
      const epoch = Epoch.parse(bytes);
      remember(epochs, toHex(epoch.hash), epoch);
    }
    for (const bytes of told.shares) {
      const dealt = Shares.parse(bytes);
      remember(shares, toHex(dealt.record.epochHash), dealt);
    }
    for (const bytes of told.segments) yield* take(bytes, told.receipts);
    for (const bytes of told.heads) yield* hear(bytes);
    yield* anchor(told.receipts);
    const since = Math.min(...[...pending.values()].map((s) => s.header.sealedAt));
    if (network.now() - since > UNANCHORED_MS) yield { kind: 'unproven', since };
  };
}

/** The oldest is forgotten where there are too many. */
function remember<V>(map: Map<string, V>, id: string, value: V): void {
  map.set(id, value);
  if (map.size > FOLLOW_REMEMBERED) map.delete(map.keys().next().value!);
}
