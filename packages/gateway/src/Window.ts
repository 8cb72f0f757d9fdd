// Copyright the Islet authors. AGPL-3.0-or-later.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Reading, Source } from '@islet/core/Reading';
import * as Readings from '@islet/core/Readings';
import type { Stream } from '@islet/core/Stream';
import type { Id } from './Dedup.js';
import type { Place } from './Record.js';

/** A reading in the local window. */
export type Held = {
  reading: Reading;
  id: Id;
  importId: string | null;
  arrivedOn: number;
  /** When it was committed, UTC ms. */
  at: number;
};

/** Readings of one place that came on one day in one import. At rest they are kept as packed bytes, a small part of the size. */
type Group = {
  arrivedOn: number;
  importId: string | null;
  ids: Id[];
  /** The commit's time of each. */
  ats: number[];
  body: Reading[] | Uint8Array;
};

/** What one account's gateway still can read: the readings of the last 15 arrival days, by place. In memory only. */
export type Window = { places: Map<string, { place: Place; groups: Group[] }>; sources: Map<string, Source> };

export const empty = (): Window => ({ places: new Map(), sources: new Map() });

const keyOf = ({ stream, day }: Place): string => `${stream}/${day ?? 'late'}`;
const maxSources = 10_000;

export function add(
  window: Window,
  place: Place,
  held: Omit<Held, 'reading' | 'id'>,
  ids: Id[],
  readings: Reading[],
): void {
  const key = keyOf(place);
  const found = window.places.get(key) ?? { place, groups: [] };
  window.places.set(key, found);
  let group = found.groups.find((g) => g.arrivedOn === held.arrivedOn && g.importId === held.importId);
  if (!group) {
    group = { arrivedOn: held.arrivedOn, importId: held.importId, ids: [], ats: [], body: [] };
    found.groups.push(group);
  }
  const body = thawed(group);
  for (const id of ids) {
    group.ids.push(id);
    group.ats.push(held.at);
  }
  for (const reading of readings) body.push({ ...reading, source: shared(window, reading.source) });
  group.body = body;
}

const thawed = ({ body }: Group): Reading[] =>
  body instanceof Uint8Array ? Readings.decodeRun(new Uint8Array(inflateRawSync(body))) : body;

export const count = (window: Window, place: Place): number =>
  window.places.get(keyOf(place))?.groups.reduce((sum, g) => sum + g.ids.length, 0) ?? 0;

export const holds = (window: Window, place: Place, id: Id): boolean =>
  window.places.get(keyOf(place))?.groups.some((group) => group.ids.includes(id)) ?? false;

/** When readings last came to a place, by their commit's time. */
export const changedAt = (window: Window, place: Place): number =>
  Math.max(0, ...(window.places.get(keyOf(place))?.groups ?? []).map((group) => group.ats.at(-1) ?? 0));

/** The readings of a place, in order of time. */
export function list(window: Window, place: Place): Held[] {
  const groups = window.places.get(keyOf(place))?.groups ?? [];
  return groups
    .flatMap((g) => {
      const readings = thawed(g);
      return g.ids.map(
        (id, i): Held => ({
          reading: readings[i]!,
          id,
          importId: g.importId,
          arrivedOn: g.arrivedOn,
          at: g.ats[i]!,
        }),
      );
    })
    .sort((a, b) => a.reading.at - b.reading.at || (a.id < b.id ? -1 : 1));
}

/** The places of a stream, late ones included. */
export const placesOf = (window: Window, stream: Stream): Place[] =>
  [...window.places.values()].map(({ place }) => place).filter((p) => p.stream === stream);

export const placesOfImport = (window: Window, importId: string): Place[] =>
  [...window.places.values()]
    .filter(({ groups }) => groups.some((g) => g.importId === importId))
    .map(({ place }) => place);

/** Puts a place at rest. */
export function freeze(window: Window, place: Place): void {
  for (const group of window.places.get(keyOf(place))?.groups ?? [])
    if (!(group.body instanceof Uint8Array) && group.body.length <= Readings.maxReadings)
      group.body = deflateRawSync(Readings.encodeRun(group.body));
}

export function remove(window: Window, place: Place, ids: Set<Id>): void {
  const found = window.places.get(keyOf(place));
  if (!found) return;
  for (const group of found.groups) {
    if (!group.ids.some((id) => ids.has(id))) continue;
    const readings = thawed(group);
    group.body = readings.filter((_, i) => !ids.has(group.ids[i]!));
    group.ats = group.ats.filter((_, i) => !ids.has(group.ids[i]!));
    group.ids = group.ids.filter((id) => !ids.has(id));
  }
  prune(window, (g) => g.ids.length > 0);
}

/** Forgets whole places. */
export function drop(window: Window, goes: (place: Place) => boolean): void {
  for (const [key, { place }] of window.places) if (goes(place)) window.places.delete(key);
}

/** Forgets what arrived before a day. */
export const expire = (window: Window, firstArrivalDay: number): void =>
  prune(window, (g) => g.arrivedOn >= firstArrivalDay);

function prune(window: Window, keeps: (group: Group) => boolean): void {
  for (const [key, found] of window.places) {
    found.groups = found.groups.filter(keeps);
    if (found.groups.length === 0) window.places.delete(key);
  }
}

/** Thousands of readings have one source: one object is enough. */
function shared(window: Window, source: Source): Source {
  if (source.id !== null) return source;
  const key = JSON.stringify([source.app, source.device]);
  const known = window.sources.get(key);
  if (known) return known;
  if (window.sources.size >= maxSources) window.sources.clear();
  window.sources.set(key, source);
  return source;
}
