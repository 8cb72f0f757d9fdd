// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Calendar from '@islet/core/Calendar';
import { decode } from '@islet/core/codec';
import { toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import { covers } from '@islet/core/Erasure';
import * as Segment from '@islet/core/Segment';
import * as Span from '@islet/core/Span';
import { isSummary, type Stream } from '@islet/core/Stream';
import type { Id } from './Dedup.js';
import { type Begun, type Done, type Known, orderOf } from './Erasures.js';
import * as Documents from './nightscout/Documents.js';
import { isEntry } from './nightscout/isEntry.js';
import type { Commit, Part, Place } from './Record.js';
import * as Window from './Window.js';

// What the journal's commits add up to, for one account. The same `apply` serves after every commit and at start, so
// that a restart can come to no other state.

export type DayState = {
  /** Readings of this place that count: added and not withdrawn. With fewer in the window, the day is not whole there. */
  total: number;
  /** Readings that a summary counts, added or withdrawn since the day's summary was last sealed. */
  changed: number;
};

export type StreamState = {
  calendar: Calendar.Calendar;
  late: Uint8Array[];
  /** The last segment. */
  tip: Segment.Tip | null;
  /** Last segments of chains that no later chain cites, by chain. */
  ends: Map<string, Segment.Tip>;
  /** The chain we write now; null before its first segment is sealed. */
  chain: Uint8Array | null;
  days: Map<Day | null, DayState>;
};

export type AccountState = {
  account: Uint8Array;
  hex: string;
  streams: Map<Stream, StreamState>;
  /** Ids of all readings that count. */
  known: Set<Id>;
  window: Window.Window;
  /** The Nightscout records of the window. */
  documents: Documents.Documents;
  /** Raw days whose closing or summary is due, and weeks and reports, by `place`. */
  due: Map<string, Place>;
  /** As a day's `changed`, of each week and report since it was last sealed, by `place`. */
  spans: Map<string, number>;
  /** Revisions of summaries, by stream and day. */
  revisions: Map<string, number>;
  segments: number;
  /** The time of the newest value sealed to `glucose/live` since the start. */
  liveAt: number;
  /** What the person had erased: no reading of those days is taken any more. */
  erasures: Known[];
};

export const empty = (account: Uint8Array): AccountState => ({
  account,
  hex: toHex(account),
  streams: new Map(),
  known: new Set(),
  window: Window.empty(),
  documents: Documents.empty(),
  due: new Map(),
  spans: new Map(),
  revisions: new Map(),
  segments: 0,
  liveAt: 0,
  erasures: [],
});

export function streamOf(state: AccountState, stream: Stream): StreamState {
  let found = state.streams.get(stream);
  if (!found) {
    found = {
      calendar: Calendar.empty(),
      late: [],
      tip: null,
      ends: new Map(),
      chain: null,
      days: new Map(),
    };
    state.streams.set(stream, found);
  }
  return found;
}

export const isRaw = (stream: Stream): boolean => stream.endsWith('/raw');
export const keyOf = (place: Place): string => `${place.stream}/${place.day ?? 'late'}`;

export function dayOf(state: AccountState, { stream, day }: Place): DayState {
  const { days } = streamOf(state, stream);
  let found = days.get(day);
  if (!found) {
    found = { total: 0, changed: 0 };
    days.set(day, found);
  }
  return found;
}

/** Whether the window holds all readings of a place. */
export const isWhole = (state: AccountState, place: Place): boolean =>
  Window.count(state.window, place) === (streamOf(state, place.stream).days.get(place.day)?.total ?? 0);

export const entryOf = (state: AccountState, { stream, day }: Place): Calendar.Entry | undefined =>
  day === null ? undefined : streamOf(state, stream).calendar.entries.get(day);

/** A segment's header without looking at its ciphertext. */
export function headerOf(segment: Uint8Array): Segment.SignedHeader {
  const f = decode('islet/segment', 1, segment);
  return Segment.parseHeader(f.bytes());
}

/** An erasure begins: from here on its days are closed, and the chains go on from where they stood. */
export function beginErasure(state: AccountState, begun: Begun): void {
  const order = orderOf(begun);
  const id = toHex(order.signed.message.erasureId);
  if (!state.erasures.some((one) => toHex(one.order.signed.message.erasureId) === id))
    state.erasures.push({ order, receipt: null });
  const { extent } = order;
  const goes = ({ stream, day }: Place): boolean => covers(extent, stream, day);
  // At once, so that nothing of it is brought together or sealed anew while the journal is rewritten.
  Window.drop(state.window, goes);
  for (const [key, place] of state.due) if (goes(place)) state.due.delete(key);
  for (const [stream, at] of state.streams) {
    if (goes({ stream, day: null })) at.late = [];
    for (const day of [...at.calendar.entries.keys()])
      if (goes({ stream, day })) Calendar.set(at.calendar, day, { closed: null, open: [] });
  }
  state.segments = begun.segments;
  for (const { stream, tip, ends } of begun.chains) {
    const at = streamOf(state, stream);
    at.tip = tip;
    at.ends = new Map(ends.map((end) => [toHex(end.chain), end]));
  }
}

export function endErasure(state: AccountState, { erasureId, receipt }: Done): void {
  const id = toHex(erasureId);
  const known = state.erasures.find((one) => toHex(one.order.signed.message.erasureId) === id);
  if (known) known.receipt = receipt;
}

/** Applies a commit in place. `opened` holds each unit's readings, `undefined` where the window's key is gone. */
export function apply(state: AccountState, commit: Commit, opened: (Part[] | undefined)[]): void {
  const named = new Set(commit.entries.flatMap((e) => [e.closed, ...e.open].map((h) => h && toHex(h))));
  for (const bytes of commit.segments) applySegment(state, headerOf(bytes), named);
  // A reading that moves from one place to another is in both lists: first it leaves.
  const leaving = new Set(commit.removed.flatMap((removed) => removed.ids));
  for (const removed of commit.removed) {
    dayOf(state, removed).total -= removed.ids.length;
    for (const id of removed.ids) state.known.delete(id);
    Window.remove(state.window, removed, new Set(removed.ids));
    noteChange(state, removed, removed.counted);
  }
  // Where documents come along, it is they that say what changed.
  const isEntries = commit.units.every(({ stream }) => stream !== 'document/raw');
  commit.units.forEach((unit, i) => {
    dayOf(state, unit).total += unit.ids.length;
    for (const id of unit.ids) state.known.add(id);
    noteChange(state, unit, unit.counted);
    let from = 0;
    for (const { importId, readings } of opened[i] ?? []) {
      const ids = unit.ids.slice(from, from + readings.length);
      const { at, arrivedOn } = commit;
      Window.add(state.window, unit, { importId, arrivedOn, at }, ids, readings);
      for (const [i, reading] of readings.entries()) {
        if (leaving.has(ids[i]!)) continue;
        if (isEntries && isEntry(reading))
          state.documents.entriesAt = Math.max(state.documents.entriesAt, at);
        const doc = reading.kind === 'document' && Documents.parse(reading, ids[i]!, at, arrivedOn);
        if (doc) Documents.add(state.documents, doc);
      }
      from += readings.length;
    }
  });
  for (const { stream, day, closed, open } of commit.entries) {
    const at = streamOf(state, stream);
    if (day === null) at.late = open;
    else Calendar.set(at.calendar, day, { closed, open });
    if (day === null || !isSummary(stream)) continue;
    if (Span.lengthOf(stream) > 1) state.spans.delete(keyOf({ stream, day }));
    else dayOf(state, { stream: 'glucose/raw', day }).changed = 0;
  }
  for (const bytes of commit.epochs) noteRevision(state, bytes);
}

function noteChange(state: AccountState, { stream, day }: Place, counted: number): void {
  dayOf(state, { stream, day }).changed += counted;
  if (day === null) return;
  state.due.set(keyOf({ stream, day }), { stream, day });
  if (stream !== 'glucose/raw') return;
  for (const span of spansOf(day)) {
    const key = keyOf(span);
    state.spans.set(key, (state.spans.get(key) ?? 0) + counted);
    state.due.set(key, span);
  }
}

/** The weeks and reports that a day of `glucose/raw` is in. */
export const spansOf = (day: Day): Place[] =>
  Span.streams.map((stream) => ({ stream, day: Span.of(stream, day).lastDay }));

function applySegment(
  state: AccountState,
  { header, hash }: Segment.SignedHeader,
  named: Set<string | null>,
): void {
  const at = streamOf(state, header.stream);
  for (const cited of header.cites) at.ends.delete(toHex(cited.chain));
  at.tip = { chain: header.chain, number: header.number, hash };
  at.ends.set(toHex(header.chain), at.tip);
  state.segments++;
  // Nobody reads back in it, so no calendar lists it.
  if (header.stream === 'glucose/live') return;
  if (named.has(toHex(hash))) return;
  if (header.day === null) {
    at.late = [...at.late, hash];
    return;
  }
  const entry = at.calendar.entries.get(header.day);
  Calendar.set(at.calendar, header.day, {
    closed: entry?.closed ?? null,
    open: [...(entry?.open ?? []), hash],
  });
}

function noteRevision(state: AccountState, bytes: Uint8Array): void {
  const { header } = Epoch.parse(bytes);
  if (header.day !== null && isSummary(header.stream)) state.revisions.set(keyOf(header), header.revision);
}
