// Copyright the Islet authors. AGPL-3.0-or-later.
import { rootOf, type View } from '@islet/chain/View';
import * as Calendar from '@islet/core/Calendar';
import { equal, toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import * as Days from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import * as Head from '@islet/core/Head';
import { IsletError } from '@islet/core/IsletError';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import type { Stream } from '@islet/core/Stream';
import type { Part } from '@islet/core/wire/Fetch';

/** What a reader asked for, and what it knows of the chain by itself. */
export type Asked = {
  patient: Uint8Array;
  streams: Stream[];
  firstDay: Day;
  lastDay: Day;
  view: View;
  /** The newest batch of the hub that we knew before we asked: an older proof is a stale head. */
  batchBefore: number;
  /** Whether segments sealed to the late key are wanted: only by the patient. */
  late: boolean;
};

/** A segment that passed every check but opening. */
export type Proven = {
  segment: Segment.Segment;
  receipt: Uint8Array;
  epoch: Epoch.Epoch;
  shares: Shares.Shares;
};

export type Checked = {
  proven: Proven[];
  receipts: number;
  heads: number;
  /** Nothing sealed before this moment is missing; UTC ms. Later data may exist. */
  completeUntil: number;
};

/** Checks everything a hub sent, and names the place of what does not hold. In the order of the design, 5.9. */
export async function check(parts: Part[], asked: Asked): Promise<Checked> {
  const proven: Proven[] = [];
  const seen = new Set<string>();
  let completeUntil = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    const head = await checkHead(part, asked);
    const { stream, gateway } = head.statement;
    seen.add(`${stream}/${toHex(gateway)}`);
    completeUntil = Math.min(completeUntil, head.statement.at);
    proven.push(...(await checkPart(part, head, asked)));
  }
  requireWriters(asked, seen);
  const receipts = new Set(proven.map((p) => toHex(p.segment.hash))).size;
  return { proven, receipts, heads: parts.length, completeUntil };
}

async function checkHead(part: Part, asked: Asked): Promise<Head.Head> {
  const head = Head.parse(part.head);
  const { account, stream, gateway } = head.statement;
  if (!equal(account, asked.patient) || !asked.streams.includes(stream))
    throw new TamperedError('HEAD_MISPLACED', 'the statement of what exists is about something else', {
      stream,
    });
  // Stops: a hub writing on its own.
  if (!asked.view.accounts.get(toHex(asked.patient))?.gateways.has(toHex(gateway)))
    throw new TamperedError(
      'GATEWAY_UNKNOWN',
      'it was sealed by a gateway that the patient never authorised',
      { stream },
    );
  if (!(await Head.verify(head)))
    throw new TamperedError('HEAD_FORGED', 'the statement of what exists is not signed by its gateway', {
      stream,
    });
  const proof = Receipt.parseHeadProof(part.headProof);
  const root = Receipt.rootOfHead(proof, { key: Head.mapKey(account, stream, gateway), headHash: head.hash });
  if (!root || rootOf(asked.view, proof.hub, proof.number) !== toHex(root))
    throw new TamperedError(
      'HEAD_NOT_ANCHORED',
      'the statement of what exists is not in the batch on chain',
      { stream },
    );
  // Stops: an old head, with everything since left out.
  if (proof.number < asked.batchBefore)
    throw new TamperedError(
      'HEAD_STALE',
      `the hub served an old statement (batch ${proof.number}, the chain has ${asked.batchBefore})`,
      { stream },
    );
  return head;
}

async function checkPart(part: Part, head: Head.Head, asked: Asked): Promise<Proven[]> {
  const { stream } = head.statement;
  const nodes = new Map(part.nodes.map((n) => [toHex(Calendar.hashOf(n)), n]));
  if (Calendar.missing(head.statement.calendar, nodes, asked.firstDay, asked.lastDay).length > 0)
    throw new TamperedError('CALENDAR_MISSING', 'a page of the calendar is missing or altered', { stream });
  const entries = Calendar.entries(head.statement.calendar, nodes, asked.firstDay, asked.lastDay);
  const served = byHash(part);
  const epochs = new Map(part.epochs.map((bytes) => Epoch.parse(bytes)).map((e) => [toHex(e.hash), e]));
  const shares = new Map(
    part.shares.map((bytes) => Shares.parse(bytes)).map((s) => [toHex(s.record.epochHash), s]),
  );
  const proven: Proven[] = [];
  const listed: { day: Day | null; hash: Uint8Array }[] = [];
  for (const [day, { closed, open }] of entries)
    for (const hash of [...(closed ? [closed] : []), ...open]) listed.push({ day, hash });
  if (asked.late) for (const hash of head.statement.late) listed.push({ day: null, hash });
  for (const { day, hash } of listed) {
    const where = { stream, day, segment: toHex(hash) };
    const found = served.get(toHex(hash));
    // Stops: a dropped, swapped or altered segment: the calendar names it by its hash.
    if (!found)
      throw new TamperedError(
        'SEGMENT_MISSING',
        'a segment that the calendar lists is missing or altered',
        where,
      );
    const epoch = epochs.get(toHex(found.segment.header.epochHash));
    const share = epoch && shares.get(toHex(epoch.hash));
    if (!epoch || !share)
      throw new TamperedError(
        'EPOCH_MISSING',
        'the epoch or the shares of a segment are missing or altered',
        where,
      );
    await checkSegment(found, epoch, share, head, day, asked.view, where);
    proven.push({ ...found, epoch, shares: share });
  }
  return proven;
}

function byHash(part: Part): Map<string, { segment: Segment.Segment; receipt: Uint8Array }> {
  const served = new Map<string, { segment: Segment.Segment; receipt: Uint8Array }>();
  for (const { segment: bytes, receipt } of part.segments) {
    try {
      const segment = Segment.parse(bytes);
      served.set(toHex(segment.hash), { segment, receipt });
    } catch (cause) {
      // Bytes that are no segment: the calendar will miss the one that should be there, and names its place.
      if (!(cause instanceof IsletError)) throw cause;
    }
  }
  return served;
}

async function checkSegment(
  { segment, receipt }: { segment: Segment.Segment; receipt: Uint8Array },
  epoch: Epoch.Epoch,
  shares: Shares.Shares,
  head: Head.Head,
  day: Day | null,
  view: View,
  where: Place,
): Promise<void> {
  const { header } = segment;
  const { account, stream, gateway } = head.statement;
  const belongs =
    equal(header.account, account) &&
    header.stream === stream &&
    header.day === day &&
    equal(header.gateway, gateway);
  if (!belongs) throw new TamperedError('SEGMENT_MISPLACED', 'a segment belongs elsewhere', where);
  if (!(await Segment.verify(segment)))
    throw new TamperedError('SEGMENT_ALTERED', 'a segment’s bytes are not what its gateway sealed', where);
  if (!(await Epoch.verify(epoch)))
    throw new TamperedError('EPOCH_FORGED', 'an epoch is not signed by its gateway', where);
  if (!equal(shares.record.dealer, gateway) || !(await Shares.verify(shares, epoch)))
    throw new TamperedError('SHARES_FORGED', 'the shares are not signed by the epoch’s gateway', where);
  const parsed = Receipt.parseReceipt(receipt);
  const root = Receipt.rootOfLeaf(parsed, Segment.leaf(segment));
  if (!root || rootOf(view, parsed.hub, parsed.number) !== toHex(root))
    throw new TamperedError('RECEIPT_WRONG', 'a segment’s receipt does not lead to a batch on chain', where);
}

// Stops: a hub that hides a whole stream. Every gateway states a head for every stream it holds keys for.
function requireWriters(asked: Asked, seen: Set<string>): void {
  const gateways = [...(asked.view.accounts.get(toHex(asked.patient))?.gateways ?? [])];
  for (const stream of asked.streams) {
    const some = gateways.some(([key]) => seen.has(`${stream}/${key}`));
    if (gateways.length > 0 && !some) throw new NothingServedError(stream);
  }
}

type Place = { stream: Stream; day?: Day | null; segment?: string };

/** Something served does not hold: a broken proof, with its place. */
export class TamperedError extends IsletError {
  override readonly name = 'TamperedError';
  readonly place: Place;
  constructor(code: string, what: string, place: Place) {
    const day =
      place.day === undefined ? '' : place.day === null ? ', late data' : `, ${Days.format(place.day)}`;
    const segment = place.segment ? `, segment ${place.segment.slice(0, 16)}` : '';
    super(
      code,
      `Verification failed at ${place.stream}${day}${segment}: ${what}. Nothing of it is shown. Ask another hub, or an export.`,
    );
    this.place = place;
  }
}

export class NothingServedError extends IsletError {
  override readonly name = 'NothingServedError';
  constructor(stream: Stream) {
    super(
      'STREAM_NOT_SERVED',
      `The hub has no statement about ${stream}: no data were sent yet, or the hub withholds them.`,
    );
  }
}
