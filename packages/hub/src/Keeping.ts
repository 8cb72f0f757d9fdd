// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import { hereOf } from '@islet/chain/Verifiers';
import { speaksFor, type View } from '@islet/chain/View';
import { encode } from '@islet/core/codec';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import { keyOf } from '@islet/store/Store';
import type { Archive } from './Archive.js';
import * as CalendarNodes from './CalendarNodes.js';
import type { Kept, KeptHead, Writer } from './Entry.js';
import { type Erasures, erased } from './Erasures.js';
import type { Events } from './events.js';
import * as HeadStand from './HeadStand.js';
import { chainId, standOf } from './Hot.js';
import type { KeyedLock } from './KeyedLock.js';
import { left, type Places } from './Places.js';
import { badSignature, type Parsed, requireOfEpoch, writersOf } from './Putting.js';
import { Refusal } from './Refusal.js';

export type Options = {
  archive: Archive;
  erasures: Erasures;
  places: Pick<Places, 'hasLeft'>;
  locks: KeyedLock;
  events: Events;
  follower: { readonly state: View };
  deployment: Deployment;
};

/**
 * Keeps what is new in a put, all or nothing: bytes in the store first, then one record in the journal. Resolves when
 * that is durable. Nothing is new the second time, so a put may be repeated. Throws `Refusal`.
 */
export function keep(options: Options, parsed: Parsed): Promise<void> {
  // One writer's puts one after the other: what is checked against must not change before it is written.
  const writers = writersOf(parsed).map((w) => toHex(w.gateway));
  const dealers = parsed.shares.map((s) => toHex(s.record.dealer));
  return options.locks.run([...writers, ...dealers], () => keepLocked(options, parsed));
}

async function keepLocked(options: Options, parsed: Parsed): Promise<void> {
  const { archive, erasures, events } = options;
  requireNotErased(erasures, parsed);
  // Stops: a put under way while its account leaves, which would be kept after all was dropped.
  if (writersOf(parsed).some(({ account }) => options.places.hasLeft(account))) throw left();
  const draft = newDraft();
  await addEpochs(archive, parsed, draft);
  await addShares(options, parsed, draft);
  await addSegments(archive, parsed, draft, events);
  await addHeads(archive, parsed, draft);
  const { entry } = draft;
  if (draft.objects.length > 0) await archive.store.putAll(draft.objects);
  if (entry.epochs.length + entry.shares.length + entry.segments.length + entry.heads.length === 0) return;
  await archive.append(entry);
}

// Stops: what a person erased coming back with the same bytes, or with others of the same day.
function requireNotErased(erasures: Erasures, { epochs, segments }: Parsed): void {
  for (const { header } of [...epochs, ...segments])
    if (erasures.isErased(header.account, header.stream, header.day)) throw erased();
}

/** What will be written. */
type Draft = { entry: Kept; objects: Uint8Array[]; writers: Map<string, number> };

const newDraft = (): Draft => ({
  entry: { kind: 'put', writers: [], epochs: [], shares: [], segments: [], heads: [] },
  objects: [],
  writers: new Map(),
});

function writerIn(draft: Draft, { account, stream, gateway }: Writer): number {
  const id = `${toHex(account)}/${stream}/${toHex(gateway)}`;
  const known = draft.writers.get(id);
  if (known !== undefined) return known;
  draft.writers.set(id, draft.entry.writers.push({ account, stream, gateway }) - 1);
  return draft.writers.get(id)!;
}

function object(draft: Draft, bytes: Uint8Array): Uint8Array {
  draft.objects.push(bytes);
  return fromHex(keyOf(bytes));
}

/** What is known and was dropped, since its account had left, is kept again when it comes back. */
async function again(archive: Archive, draft: Draft, key: Uint8Array, bytes: Uint8Array): Promise<void> {
  if (!(await archive.store.has(toHex(key)))) draft.objects.push(bytes);
}

const distinct = <T extends { hash: Uint8Array }>(list: T[]): T[] => [
  ...new Map(list.map((one) => [toHex(one.hash), one])).values(),
];

async function addEpochs(archive: Archive, parsed: Parsed, draft: Draft): Promise<void> {
  const epochs = distinct(parsed.epochs);
  const known = await archive.find.epochs(epochs.map((e) => e.hash));
  for (const epoch of epochs) {
    const before = known.get(toHex(epoch.hash));
    if (before) {
      await again(archive, draft, before.key, epoch.bytes);
      continue;
    }
    const writer = writerIn(draft, epoch.header);
    draft.entry.epochs.push({ writer, hash: epoch.hash, key: object(draft, epoch.bytes) });
  }
}

async function addShares(options: Options, parsed: Parsed, draft: Draft): Promise<void> {
  const { archive, erasures } = options;
  const { find, store } = archive;
  if (parsed.shares.length === 0) return;
  const hashes = parsed.shares.map((s) => s.record.epochHash);
  const known = await find.shares(hashes);
  const inPut = new Map(parsed.epochs.map((e) => [toHex(e.hash), e]));
  const kept = await find.epochs(hashes.filter((h) => !inPut.has(toHex(h))));
  const noted = new Map<string, Uint8Array>();
  for (const shares of parsed.shares) {
    const { epochHash, setVersion } = shares.record;
    const id = toHex(epochHash);
    const key = fromHex(keyOf(shares.bytes));
    const before = known.get(id)?.find((row) => row.set_version === setVersion)?.key;
    const same = before ?? noted.get(`${id}/${setVersion}`);
    if (same) {
      if (equal(same, key)) {
        await again(archive, draft, key, shares.bytes);
        continue;
      }
      throw new Refusal(
        409,
        'HUB_SHARES_CONTRADICT',
        'Other shares of this epoch for the same set of custodians are kept. Nothing was kept.',
      );
    }
    const row = kept.get(id);
    const bytes = row && (await store.get(toHex(row.key)));
    const epoch = inPut.get(id) ?? (bytes && Epoch.parse(bytes));
    if (!epoch) throw unknownEpoch();
    // Stops: shares of an epoch that was erased, which came without it.
    const { account, stream, day } = epoch.header;
    if (erasures.isErased(account, stream, day)) throw erased();
    requireDealer(options, shares, epoch);
    if (!(await Shares.verify(shares, epoch))) throw badSignature();
    noted.set(`${id}/${setVersion}`, key);
    object(draft, shares.bytes);
    draft.entry.shares.push({ epoch: epochHash, setVersion, key });
  }
}

// Stops: shares of anyone's making kept in the place of those that open.
function requireDealer({ follower, deployment }: Options, shares: Shares.Shares, epoch: Epoch.Epoch): void {
  const view = follower.state;
  const here = hereOf(deployment);
  // Who speaks now: a signer that the person removed names nobody any more. What is kept stays.
  const speaks = (signer: Uint8Array): boolean => speaksFor(view, epoch.header.account, signer);
  if (!Shares.mayDeal(shares, epoch, here, speaks))
    throw new Refusal(
      403,
      'HUB_NOT_THE_DEALER',
      'Shares are dealt by another key than their epoch’s writer, or one that its wallet names. Nothing was kept.',
    );
  if (isOfASet(view, shares)) return;
  throw new Refusal(
    409,
    'HUB_NOT_THE_PRESENT_SET',
    'Shares are dealt to other custodians than those that the members set. Deal again. Nothing was kept.',
  );
}

// Stops: shares for a set that never was, which would stand before those of every set to come, so that their owner could
// never deal the epoch anew. A gateway may be late with what it dealt to a former set; the wallet deals to the present one.
function isOfASet(view: View, { naming, record }: Shares.Shares): boolean {
  const { setVersion, threshold, shares } = record;
  const present = view.custodianSetVersion;
  if (setVersion === present) return threshold === view.threshold && shares.length === view.custodians.size;
  return naming === null && setVersion >= 1 && setVersion < present;
}

const unknownEpoch = (): Refusal =>
  new Refusal(
    409,
    'HUB_UNKNOWN_EPOCH',
    'Something belongs to an epoch that this hub does not have. Put the epoch first, or with it.',
  );

async function addSegments(archive: Archive, parsed: Parsed, draft: Draft, events: Events): Promise<void> {
  const segments = distinct(parsed.segments);
  if (segments.length === 0) return;
  const inPut = new Map(parsed.epochs.map((e) => [toHex(e.hash), e.header]));
  const wanted = new Map(segments.map((s) => [toHex(s.header.epochHash), s.header.epochHash]));
  const epochs = await archive.find.epochs([...wanted].filter(([id]) => !inPut.has(id)).map(([, h]) => h));
  const places = new Map<string, Segment.Segment>();
  const known = await knownOf(archive, segments);
  for (const segment of segments) {
    const { header } = segment;
    const id = toHex(header.epochHash);
    const epoch = inPut.get(id) ?? epochs.get(id);
    if (!epoch) throw unknownEpoch();
    requireOfEpoch(segment, epoch);
    const before = known.get(toHex(segment.hash));
    if (before) {
      await again(archive, draft, before, segment.bytes);
      continue;
    }
    const place = `${chainId(header.gateway, header.chain)}/${header.number}`;
    const twin = places.get(place);
    if (twin) await convict(archive, events, twin, segment);
    const other = await archive.find.segmentAt(header.gateway, header.chain, header.number);
    if (other !== undefined) await convict(archive, events, await keptSegment(archive, other), segment);
    places.set(place, segment);
    draft.entry.segments.push({
      writer: writerIn(draft, header),
      hash: segment.hash,
      leaf: Segment.leaf(segment),
      key: object(draft, segment.bytes),
      chain: header.chain,
      number: header.number,
      epoch: header.epochHash,
    });
  }
}

/** Those kept already. A chain's next numbers cannot be, so the usual put asks the index nothing. */
async function knownOf(archive: Archive, segments: Segment.Segment[]): Promise<Map<string, Uint8Array>> {
  const { hot, find } = archive;
  const doubtful = segments.filter(({ header }) => {
    const tip = hot.tips.get(chainId(header.gateway, header.chain));
    return !tip || header.number <= tip.number;
  });
  const found = await find.segments(doubtful.map((s) => s.hash));
  return new Map([...found].map(([hash, row]) => [hash, row.key]));
}

async function keptSegment(archive: Archive, hash: string): Promise<Segment.Segment | undefined> {
  const row = (await archive.find.segments([fromHex(hash)])).get(hash);
  const bytes = row && (await archive.store.get(toHex(row.key)));
  return bytes && Segment.parse(bytes);
}

/** Keeps both headers: signed by the writer itself, they prove it to anyone. */
async function convict(
  archive: Archive,
  events: Events,
  first: Segment.Segment | undefined,
  second: Segment.Segment,
): Promise<never> {
  if (first) {
    const evidence = encode('islet/equivocation', 1, [first.headerBytes, second.headerBytes]);
    if (!(await archive.store.has(keyOf(evidence)))) {
      const key = fromHex(await archive.store.put(evidence));
      await archive.append({ kind: 'equivocation', gateway: second.header.gateway, key });
      events.equivocated();
    }
  }
  throw new Refusal(
    409,
    'HUB_EQUIVOCATION',
    'The writer signed two segments with one number of its chain. Nothing was kept but the proof; the writer’s key must be ended and a new one authorised.',
  );
}

async function addHeads(archive: Archive, parsed: Parsed, draft: Draft): Promise<void> {
  const byStand = new Map<HeadStand.Stand, Parsed['heads']>();
  for (const one of parsed.heads) {
    const stand = standOf(archive.hot, one.head.statement);
    byStand.set(stand, [...(byStand.get(stand) ?? []), one]);
  }
  for (const [stand, heads] of byStand) {
    // Only the last is shown, but each may bring nodes that it rests on.
    let before = stand.versions.at(-1);
    let last: Parsed['heads'][number]['head'] | undefined;
    for (const { head } of heads) {
      if (before && equal(before.hash, head.hash)) continue;
      if (before && head.statement.at <= before.at) throw olderHead();
      before = { ...(before ?? none), hash: head.hash, at: head.statement.at };
      last = head;
    }
    if (!last) continue;
    draft.entry.heads.push(
      await keptHead(
        archive,
        draft,
        stand,
        last,
        heads.flatMap((h) => h.nodes),
      ),
    );
  }
}

const nothing = new Uint8Array();
const none: HeadStand.Version = {
  position: 0,
  hash: nothing,
  key: nothing,
  at: 0,
  calendar: nothing,
  nodes: nothing,
};

async function keptHead(
  archive: Archive,
  draft: Draft,
  stand: HeadStand.Stand,
  head: Parsed['heads'][number]['head'],
  nodes: Uint8Array[],
): Promise<KeptHead> {
  const old = HeadStand.nodeKeys(stand.versions.at(-1));
  const fresh = CalendarNodes.byHash(nodes);
  const needed = await CalendarNodes.reachable(
    head.statement.calendar,
    (hash) => fresh.has(hash) || old.has(hash),
    async (hash) => {
      const bytes = fresh.get(hash);
      if (bytes) return bytes;
      const kept = await archive.store.get(old.get(hash)!);
      return kept && CalendarNodes.unwrap(kept);
    },
  );
  const added: KeptHead['added'] = [];
  for (const hash of needed) {
    const kept = old.get(hash);
    const bytes = fresh.get(hash);
    if (kept !== undefined) {
      if (bytes) await again(archive, draft, fromHex(kept), CalendarNodes.wrap(stand.mapKey, bytes));
      continue;
    }
    added.push({
      hash: fromHex(hash),
      key: object(draft, CalendarNodes.wrap(stand.mapKey, bytes!)),
    });
  }
  return {
    writer: writerIn(draft, head.statement),
    hash: head.hash,
    key: object(draft, head.bytes),
    at: head.statement.at,
    calendar: head.statement.calendar,
    added,
    gone: [...old.keys()].filter((hash) => !needed.has(hash)).map(fromHex),
  };
}

const olderHead = (): Refusal =>
  new Refusal(
    409,
    'HUB_HEAD_OLDER',
    'A head is not newer than the one kept for its stream, but says something else. Look at the clock, and state the head anew.',
  );
