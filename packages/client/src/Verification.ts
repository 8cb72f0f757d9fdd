// Copyright the Islet authors. AGPL-3.0-or-later.
import type { View } from '@islet/chain/View';
import * as Calendar from '@islet/core/Calendar';
import { toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import type * as Head from '@islet/core/Head';
import { IsletError } from '@islet/core/IsletError';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import * as Span from '@islet/core/Span';
import type { Stream } from '@islet/core/Stream';
import type { Part } from '@islet/core/wire/Fetch';
import type { Dealers } from './Dealers.js';
import { type Erased, isErased } from './Erased.js';
import { checkHead } from './HeadCheck.js';
import { checkSegment } from './SegmentCheck.js';
import { type Place, TamperedError } from './Tampered.js';
import { checkChains } from './WriterChains.js';

/** What a reader asked for, and what it knows of the chain by itself. */
export type Asked = {
  patient: Uint8Array;
  streams: Stream[];
  firstDay: Day;
  lastDay: Day;
  view: View;
  dealers: Dealers;
  /** The newest batch of each hub (hex) that we knew before we asked: a proof of an older one is a stale head. */
  batchesBefore: ReadonlyMap<string, number>;
  /** Whether segments sealed to the late key are wanted: only by the patient. */
  late: boolean;
  /** The address under which the hub anchors that was asked, where the person named it. */
  from?: Uint8Array;
  /** What the chain says was erased: it is looked for no more, whoever still lists it. */
  erased?: readonly Erased[];
};

/** A segment that passed every check but opening. */
export type Proven = {
  segment: Segment.Segment;
  receipt: Uint8Array;
  epoch: Epoch.Epoch;
  shares: Shares.Shares;
  /** How the calendar lists it; a day whose only segment is `closed` is all there. */
  listed: 'closed' | 'open' | 'late';
  place: Place;
};

export type Checked = {
  proven: Proven[];
  receipts: number;
  heads: number;
  /** Nothing sealed before this moment is missing; UTC ms. Later data may exist. Infinity where nobody may write. */
  completeUntil: number;
};

/** Checks everything a hub sent, and names the place of what does not hold. In the order of the design, 5.9. */
export async function check(parts: Part[], asked: Asked): Promise<Checked> {
  const proven: Proven[] = [];
  const heads = new Map<string, Head.Head>();
  for (const [i, part] of parts.entries()) {
    const head = await checkHead(part, i + 1, asked);
    const { stream, gateway } = head.statement;
    const writer = writerOf(stream, toHex(gateway));
    // Stops: readings that count twice, and an old statement beside the new one.
    if (heads.has(writer))
      throw new TamperedError('PART_REPEATED', 'one writer’s statement was served twice', {
        stream,
        part: i + 1,
      });
    heads.set(writer, head);
    const mine = await checkPart(part, head, asked);
    checkChains(mine, head);
    proven.push(...mine);
  }
  const receipts = new Set(proven.map((p) => toHex(p.segment.hash))).size;
  return { proven, receipts, heads: parts.length, completeUntil: completeUntil(asked, heads) };
}

const writerOf = (stream: Stream, gateway: string): string => `${stream}/${gateway}`;

async function checkPart(part: Part, head: Head.Head, asked: Asked): Promise<Proven[]> {
  const { stream } = head.statement;
  const segments = byHash(part.segments, ({ segment: bytes, receipt }) => {
    const segment = Segment.parse(bytes);
    return [segment.hash, { segment, receipt }];
  });
  const epochs = byHash(part.epochs, (bytes) => {
    const epoch = Epoch.parse(bytes);
    return [epoch.hash, epoch];
  });
  const shares = byHash(part.shares, (bytes) => {
    const record = Shares.parse(bytes);
    return [record.record.epochHash, record];
  });
  const proven: Proven[] = [];
  const taken = new Set<string>();
  for (const { day, hash, listed, nth, of } of listing(part, head, asked)) {
    const id = toHex(hash);
    const place: Place = { stream, day, segment: id, nth, of };
    // Stops: readings that count twice.
    if (taken.has(id)) throw new TamperedError('SEGMENT_REPEATED', 'a segment is listed twice', place);
    taken.add(id);
    const found = segments.get(id);
    if (isGone(asked, stream, day, found?.segment.header.sealedAt)) continue;
    // Stops: a dropped, swapped or altered segment: the calendar names it by its hash.
    if (!found)
      throw new TamperedError(
        'SEGMENT_MISSING',
        'a segment that the calendar lists is missing or altered',
        place,
      );
    const epoch = epochs.get(toHex(found.segment.header.epochHash));
    const share = epoch && shares.get(toHex(epoch.hash));
    // Stops: a dropped or altered epoch or shares: the segment names its epoch by hash, the shares theirs.
    if (!epoch || !share)
      throw new TamperedError(
        'EPOCH_MISSING',
        'the epoch or the shares of a segment are missing or altered',
        place,
      );
    const one: Proven = { ...found, epoch, shares: share, listed, place };
    await checkSegment(one, head, day, asked.view, asked.dealers);
    proven.push(one);
  }
  return proven;
}

/** Whether that is what the chain says was erased. Late data sealed since then are of no erased key. */
function isGone({ erased = [] }: Asked, stream: Stream, day: Day | null, sealedAt?: number): boolean {
  if (day !== null || sealedAt === undefined) return isErased(erased, stream, day);
  return isErased(
    erased.filter(({ at }) => sealedAt <= at),
    stream,
    null,
  );
}

type Listed = { day: Day | null; hash: Uint8Array; listed: Proven['listed']; nth: number; of: number };

/** The segments that the head's calendar lists for the days asked, in their order. */
function listing(part: Part, head: Head.Head, asked: Asked): Listed[] {
  const { stream, calendar, late } = head.statement;
  const nodes = new Map(part.nodes.map((n) => [toHex(Calendar.hashOf(n)), n]));
  const days = entries(calendar, nodes, asked);
  // Stops: a page of the calendar left out or altered, and with it whole days.
  if (!days)
    throw new TamperedError('CALENDAR_MISSING', 'a page of the calendar is missing or altered', { stream });
  const listed: Listed[] = [];
  for (const [day, { closed, open }] of days) {
    // Half a week opens nothing of its week, so what the hub has of it is not for us.
    if (!Span.isInside(stream, day, asked)) continue;
    const of = open.length + (closed ? 1 : 0);
    if (closed) listed.push({ day, hash: closed, listed: 'closed', nth: 1, of });
    open.forEach((hash, i) => {
      listed.push({ day, hash, listed: 'open', nth: of - open.length + i + 1, of });
    });
  }
  if (asked.late)
    late.forEach((hash, i) => {
      listed.push({ day: null, hash, listed: 'late', nth: i + 1, of: late.length });
    });
  return listed;
}

function entries(root: Uint8Array, nodes: Map<string, Uint8Array>, { firstDay, lastDay }: Asked) {
  try {
    if (Calendar.missing(root, nodes, firstDay, lastDay).length > 0) return undefined;
    return Calendar.entries(root, nodes, firstDay, lastDay);
  } catch (cause) {
    // A node that hashes to its name and is no node: its writer signed nonsense.
    if (cause instanceof IsletError) return undefined;
    throw cause;
  }
}

/** What can be read, by hash. Bytes that cannot are missed where the calendar or a segment names them, with their place. */
function byHash<Bytes, Value>(
  list: Bytes[],
  parse: (bytes: Bytes) => [Uint8Array, Value],
): Map<string, Value> {
  const found = new Map<string, Value>();
  for (const bytes of list) {
    try {
      const [hash, value] = parse(bytes);
      found.set(toHex(hash), value);
    } catch (cause) {
      if (!(cause instanceof IsletError)) throw cause;
    }
  }
  return found;
}

/**
 * Until when nothing is missing: of every writer we have a head of, until that head; of any other, until it was
 * authorised, since from then on it may have written what we are not shown.
 */
function completeUntil(asked: Asked, heads: ReadonlyMap<string, Head.Head>): number {
  const gateways = [...(asked.view.accounts.get(toHex(asked.patient))?.gateways ?? [])];
  let until = Number.POSITIVE_INFINITY;
  for (const stream of asked.streams) {
    // Stops: a hub that hides a whole stream.
    if (gateways.length > 0 && !gateways.some(([key]) => heads.has(writerOf(stream, key))))
      throw new NothingServedError(stream);
    for (const [key, { authorisedAt }] of gateways)
      until = Math.min(until, heads.get(writerOf(stream, key))?.statement.at ?? authorisedAt);
  }
  return until;
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
