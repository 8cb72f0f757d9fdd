// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Days from '@islet/core/Day';
import { displayMgdl } from '@islet/core/Glucose';
import type { Glucose, Reading } from '@islet/core/Reading';
import type { Stream } from '@islet/core/Stream';
import type { Account } from '../Accounts.js';
import * as Dedup from '../Dedup.js';
import type { AccountState } from '../State.js';
import * as Window from '../Window.js';
import * as Derived from './Derived.js';
import * as Documents from './Documents.js';
import { isEntry } from './isEntry.js';
import { canonical, type Fields } from './Json.js';
import type { Range } from './Query.js';
import * as Trend from './Trend.js';

/** A reading as Nightscout's clients know it. */
export type Entry = {
  _id: string;
  type: string;
  date: number;
  dateString: string;
  sysTime: string;
  utcOffset: number;
  device: string;
  sgv?: number;
  mbg?: number;
  slope?: number;
  direction?: string;
  identifier?: string;
};

export function of(id: Dedup.Id, r: Reading): Entry {
  const sysTime = new Date(r.at).toISOString();
  const common = {
    _id: Dedup.toObjectId(id),
    date: r.at,
    dateString: sysTime,
    sysTime,
    utcOffset: r.offsetMinutes,
    device: r.source.device || r.source.app,
  };
  if (r.kind === 'glucose') {
    const value = displayMgdl(r.value, r.unit);
    return r.method === 'meter'
      ? { ...common, type: 'mbg', mbg: value }
      : { ...common, type: 'sgv', sgv: value, ...(r.trend && { direction: r.trend }) };
  }
  if (r.kind === 'device' && r.value !== null)
    return r.what === 'sensor slope'
      ? { ...common, type: 'cal', slope: r.value }
      : { ...common, type: 'sgv', sgv: r.value };
  return { ...common, type: r.kind };
}

/** An entry of the window: made from a reading, or kept as a record of its own. */
export type Found = {
  fields: Fields;
  srvModified: number;
  stream: Stream;
  /** The record behind it, made up where there is only a reading. */
  doc: () => Documents.Doc;
};

const streams = ['glucose/raw', 'device/raw'] as const;
/** The entries of a span of time, the newest day first. */
export function* list(
  localKey: Uint8Array,
  account: Account,
  state: AccountState,
  range: Range,
  /** Only days to which something came after this moment. */
  after?: number,
): Iterable<Found[]> {
  const covered = coveredBy(localKey, account, state);
  const kept = [...Documents.list(state.documents, 'entries')].filter((doc) => doc.isValid);
  const places = streams.flatMap((stream) => Window.placesOf(state.window, stream));
  const days = new Map<number | null, typeof places>();
  for (const place of places) {
    if (after !== undefined && Window.changedAt(state.window, place) <= after) continue;
    const offset = account.offsets.get(place.stream) ?? 0;
    const isNear =
      place.day === null ||
      (Days.endOf(place.day, offset) > range.from && Days.startOf(place.day, offset) <= range.to);
    if (isNear) days.set(place.day, [...(days.get(place.day) ?? []), place]);
  }
  // Records and late readings belong to any day, so they come with the first.
  const first: Found[] = kept
    .filter((doc) => doc.at >= range.from && doc.at <= range.to)
    .map((doc) => ({
      fields: Documents.shown(doc),
      srvModified: doc.srvModified,
      stream: 'glucose/raw',
      doc: () => doc,
    }));
  for (const place of days.get(null) ?? []) first.push(...ofPlace(state, place, covered));
  days.delete(null);
  yield first;
  for (const [, some] of [...days].sort(([a], [b]) => b! - a!))
    yield some.flatMap((place) => ofPlace(state, place, covered));
}

function ofPlace(
  state: AccountState,
  place: Parameters<typeof Window.list>[1],
  covered: Set<Dedup.Id>,
): Found[] {
  const held = Window.list(state.window, place).filter((one) => isEntry(one.reading) && !covered.has(one.id));
  const points = held
    .filter(({ reading }) => reading.kind === 'glucose' && reading.method !== 'meter')
    .map(({ id, reading }) => ({ id, at: reading.at, mgdl: levelOf(reading as Glucose) }));
  const indices = new Map(points.map(({ id }, i) => [id, i]));
  return held.map(({ id, reading, at, arrivedOn }) => {
    const index = indices.get(id);
    const entry = named(of(id, reading), reading);
    const fields = (index === undefined ? entry : { direction: Trend.of(points, index), ...entry }) as Fields;
    return { fields, srvModified: at, stream: place.stream, doc: () => made(entry, reading, at, arrivedOn) };
  });
}

/** With the name that its source gave it. */
const named = (entry: Entry, { source }: Reading): Entry =>
  source.id === null ? entry : { ...entry, identifier: source.id };

const levelOf = (r: Glucose): number => displayMgdl(r.value, r.unit);

/** A record for a reading that has none, so that it can be deleted or changed. */
function made(entry: Entry, reading: Reading, at: number, arrivedOn: number): Documents.Doc {
  const id = entry._id;
  return {
    collection: 'entries',
    id,
    at: reading.at,
    offsetMinutes: reading.offsetMinutes,
    srvModified: at,
    srvCreated: at,
    isValid: true,
    beyond: false,
    version: '',
    identities: {},
    fallback: null,
    digest: '',
    app: reading.source.app,
    device: reading.source.device,
    arrivedOn,
    body: canonical(entry as Fields),
    covers: [reading],
  };
}

/** The readings that stand in the window for records that are shown themselves: entries, and treatments with a value. */
function coveredBy(localKey: Uint8Array, account: Account, state: AccountState): Set<Dedup.Id> {
  const covered = new Set<Dedup.Id>();
  for (const collection of ['entries', 'treatments'] as const)
    for (const doc of Documents.list(state.documents, collection)) {
      doc.ids ??= Derived.ofDoc(doc)
        .filter(({ kind }) => kind === 'glucose' || kind === 'device')
        .map((reading) => Dedup.idOf(localKey, account.id, reading));
      for (const id of doc.ids) covered.add(id);
    }
  return covered;
}
