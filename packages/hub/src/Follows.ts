// Copyright the Islet authors. AGPL-3.0-or-later.
import { MAX_HEAD_AGE_MS } from '@islet/chain/limits';
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Head from '@islet/core/Head';
import * as Live from '@islet/core/Live';
import type * as Message from '@islet/core/Message';
import * as Segment from '@islet/core/Segment';
import type { Stream } from '@islet/core/Stream';
import type { Fetch } from '@islet/core/wire/Fetch';
import * as Followed from '@islet/core/wire/Followed';
import type { Archive } from './Archive.js';
import type { Anchored } from './Batcher.js';
import type { Events } from './events.js';
import { patientId } from './Hot.js';
import {
  FOLLOW_BEAT_MS,
  FOLLOW_CHECK_MS,
  FOLLOW_PENDING,
  FOLLOW_QUEUE_BYTES,
  FOLLOWS,
  FOLLOWS_BYTES,
  FOLLOWS_PER_READER,
} from './limits.js';
import * as Permit from './Permit.js';
import { left, type Places } from './Places.js';
import * as Proofs from './Proofs.js';
import type { Parsed } from './Putting.js';
import { Refusal } from './Refusal.js';

/**
 * Tells followers what is new over a connection that each holds. It ends the moment our view of the chain no longer
 * permits it; a follower that does not take what it is told is let go. What a hub sends is proven by signatures alone:
 * it comes before its batch, and its receipt after.
 */
export type Follows = {
  readonly count: number;
  /** The held answer to a permitted question. Throws `HUB_TOO_MANY_FOLLOWERS`. */
  open(fetch: Fetch, leave: Permit.Permit, grant: Message.Grant | null): ReadableStream<Uint8Array>;
  /** A put is kept. */
  kept(parsed: Parsed): void;
  /** A batch is anchored. */
  anchored(): void;
  /** Judges all followers anew, by what is on the chain when it is called. */
  look(): Promise<void>;
  close(): Promise<void>;
};

export type Options = Permit.Options & {
  archive: Archive;
  hub: Uint8Array;
  anchored: () => Anchored | null;
  events: Events;
  places: Pick<Places, 'isElsewhere'>;
};

type Held = {
  reader: string;
  patient: Uint8Array;
  streams: Set<Stream>;
  firstDay: number;
  lastDay: number;
  leave: Permit.Permit;
  /** On which the request rests; null for the patient's own. */
  grant: Message.Grant | null;
  /** Frames that the follower has not taken yet. */
  queue: Uint8Array[];
  bytes: number;
  wake: () => void;
  ended: boolean;
  toldAt: number;
  /** Epochs told, and segments whose receipt is still to come. */
  epochs: Set<string>;
  pending: Map<string, Uint8Array>;
  /** One thing after the other, so that they are told in their order. */
  work: Promise<void>;
};

export function open(options: Options): Follows {
  const { archive, hub, now, events, follower } = options;
  const all = new Set<Held>();
  let allBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> | undefined;

  function tell(held: Held, news: Partial<Followed.Followed>): void {
    if (held.ended) return;
    const frame = Followed.frame(Followed.encodeFollowed({ ...Followed.nothing, ...news }));
    const over = held.bytes + frame.length > FOLLOW_QUEUE_BYTES || allBytes + frame.length > FOLLOWS_BYTES;
    if (over) end(held, 'HUB_FOLLOWER_SLOW');
    else put(held, frame);
  }

  function put(held: Held, frame: Uint8Array): void {
    held.queue.push(frame);
    held.bytes += frame.length;
    allBytes += frame.length;
    held.toldAt = now();
    held.wake();
  }

  function drain(held: Held): void {
    allBytes -= held.bytes;
    held.bytes = 0;
    held.queue = [];
  }

  /** Nothing of what waited is sent any more: it may be what must not be sent. */
  function end(held: Held, code: string): void {
    if (held.ended) return;
    leave(held);
    put(held, Followed.frame(Followed.encodeFollowed({ ...Followed.nothing, ended: code })));
    events.followEnded(code);
  }

  function leave(held: Held): void {
    drain(held);
    held.ended = true;
    all.delete(held);
    if (all.size === 0) clearInterval(timer);
  }

  function after(held: Held, work: () => Promise<void>): void {
    held.work = held.work.then(async () => {
      if (held.ended) return;
      await work().catch((error) => {
        events.tellingFailed(error);
        end(held, 'HUB_BYTES_LOST');
      });
    });
  }

  /** Segments with the epochs and shares that this follower lacks. */
  async function tellSegments(held: Held, segments: Segment.Segment[], heads: Uint8Array[], from?: Parsed) {
    judge(held);
    if (held.ended) return;
    const epochs: Uint8Array[] = [];
    const shares: Uint8Array[] = [];
    for (const { header, hash } of segments) {
      held.pending.set(toHex(hash), hash);
      const id = toHex(header.epochHash);
      if (held.epochs.has(id)) continue;
      held.epochs.add(id);
      const epoch = from?.epochs.find((e) => equal(e.hash, header.epochHash))?.bytes;
      const dealt = from?.shares.find((s) => equal(s.record.epochHash, header.epochHash))?.bytes;
      epochs.push(epoch ?? (await keptEpoch(archive, header.epochHash)));
      shares.push(dealt ?? (await keptShares(archive, header.epochHash)));
    }
    for (const id of held.pending.keys()) {
      if (held.pending.size <= FOLLOW_PENDING) break;
      held.pending.delete(id);
    }
    tell(held, { segments: segments.map((s) => s.bytes), epochs, shares, heads });
  }

  /** The newest of each stream, where it is new, so that a follower need not wait for the next. */
  async function tellNewest(held: Held): Promise<void> {
    for (const stream of held.streams)
      for (const { versions } of archive.hot.byPatient.get(patientId(held.patient, stream)) ?? []) {
        const version = versions.at(-1);
        const bytes = version && (await archive.store.get(toHex(version.key)));
        if (!bytes) continue;
        const { tip } = Head.parse(bytes).statement;
        const row = tip && (await archive.find.segments([tip.hash])).get(toHex(tip.hash));
        const found = row && (await archive.store.get(toHex(row.key)));
        const segment = found && Segment.parse(found);
        const isNew = segment && now() - segment.header.sealedAt <= Live.releaseMs;
        await tellSegments(held, isNew && isFor(options, held, segment.header) ? [segment] : [], [bytes]);
      }
    await tellReceipts(held);
  }

  async function tellReceipts(held: Held): Promise<void> {
    if (held.pending.size === 0) return;
    const rows = [...(await archive.find.segments([...held.pending.values()])).values()];
    const found = await Proofs.receipts(archive, hub, options.anchored(), rows);
    const receipts = rows.flatMap(({ hash, seq }) => {
      const receipt = found.get(seq);
      return receipt ? [{ hash, receipt }] : [];
    });
    for (const { hash } of receipts) held.pending.delete(toHex(hash));
    if (receipts.length > 0) tell(held, { receipts });
  }

  /** By our view as it stands. */
  function judge(held: Held): void {
    try {
      Permit.requireStill(options, held.leave, held.grant);
      // Nothing new comes here any more, which must not be taken for silence.
      if (options.places.isElsewhere(held.patient)) throw left();
    } catch (error) {
      end(held, error instanceof Refusal ? error.code : 'HUB_UNEXPECTED');
    }
  }

  async function check(): Promise<void> {
    await follower.follow().catch(() => undefined);
    const isBehind = !follower.head || now() - follower.head.at > MAX_HEAD_AGE_MS;
    for (const held of [...all]) {
      // Without a view of now nobody can say that it is still allowed.
      if (isBehind) end(held, 'HUB_BEHIND_CHAIN');
      else judge(held);
      if (!held.ended && now() - held.toldAt >= FOLLOW_BEAT_MS) tell(held, {});
    }
  }

  return {
    get count() {
      return all.size;
    },
    open(fetch, permit, grant) {
      const reader = toHex(permit.reader);
      const mine = [...all].filter((held) => held.reader === reader).length;
      if (all.size >= FOLLOWS || mine >= FOLLOWS_PER_READER) throw tooMany();
      const { firstDay, lastDay } = fetch;
      const held: Held = {
        reader,
        patient: permit.patient,
        streams: new Set(fetch.streams),
        firstDay,
        lastDay,
        leave: permit,
        grant,
        queue: [],
        bytes: 0,
        wake: () => {},
        ended: false,
        toldAt: now(),
        epochs: new Set(),
        pending: new Map(),
        work: Promise.resolve(),
      };
      if (all.size === 0)
        timer = setInterval(() => {
          checking ??= check().finally(() => {
            checking = undefined;
          });
        }, FOLLOW_CHECK_MS);
      all.add(held);
      // Told at once, so that the follower sees that it is connected.
      tell(held, {});
      after(held, () => tellNewest(held));
      return streamOf(
        held,
        (bytes) => (allBytes -= bytes),
        () => leave(held),
      );
    },
    kept(parsed) {
      for (const held of all) {
        const segments = parsed.segments.filter((s) => isFor(options, held, s.header));
        const heads = parsed.heads.flatMap(({ head }) => (isOf(held, head.statement) ? [head.bytes] : []));
        if (segments.length + heads.length > 0)
          after(held, () => tellSegments(held, segments, heads, parsed));
      }
    },
    anchored() {
      for (const held of all) after(held, () => tellReceipts(held));
    },
    async look() {
      if (all.size > 0) await check();
    },
    async close() {
      for (const held of [...all]) end(held, 'HUB_CLOSING');
      clearInterval(timer);
      await checking;
    },
  };
}

const isOf = (held: Held, { account, stream }: { account: Uint8Array; stream: Stream }): boolean =>
  held.streams.has(stream) && equal(account, held.patient);

/** Of the days asked for, and of those that a rolling grant still opens. */
const isFor = (options: Options, held: Held, header: Segment.Header): boolean =>
  isOf(held, header) &&
  header.day !== null &&
  header.day >= held.firstDay &&
  header.day <= held.lastDay &&
  (held.grant === null || header.day >= Permit.oldestDay(held.grant, Permit.momentOf(options)));

async function keptEpoch({ find, store }: Archive, hash: Uint8Array): Promise<Uint8Array> {
  const row = (await find.epochs([hash])).get(toHex(hash));
  const bytes = row && (await store.get(toHex(row.key)));
  if (!bytes) throw new RangeError('an epoch is not kept');
  return bytes;
}

async function keptShares({ find, store }: Archive, hash: Uint8Array): Promise<Uint8Array> {
  const rows = (await find.shares([hash])).get(toHex(hash)) ?? [];
  const newest = rows.sort((a, b) => b.set_version - a.set_version)[0];
  const bytes = newest && (await store.get(toHex(newest.key)));
  if (!bytes) throw new RangeError('shares are not kept');
  return bytes;
}

/** Read on only as fast as the follower takes it. */
function streamOf(held: Held, taken: (bytes: number) => void, gone: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        while (held.queue.length === 0 && !held.ended)
          await new Promise<void>((wake) => {
            held.wake = wake;
          });
        const frame = held.queue.shift();
        if (!frame) return controller.close();
        held.bytes -= frame.length;
        taken(frame.length);
        controller.enqueue(frame);
      },
      cancel: gone,
    },
    { highWaterMark: 1 },
  );
}

const tooMany = (): Refusal =>
  new Refusal(
    429,
    'HUB_TOO_MANY_FOLLOWERS',
    'This reader, or this hub, has as many followers as it may. End one, or ask another hub.',
    { retryAfter: 5 },
  );
