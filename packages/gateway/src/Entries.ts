// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Days from '@islet/core/Day';
import { displayMgdl } from '@islet/core/Glucose';
import type { Reading } from '@islet/core/Reading';
import * as Dedup from './Dedup.js';
import type { Query } from './EntriesQuery.js';
import type { AccountState } from './State.js';
import * as Window from './Window.js';

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
      : { ...common, type: 'sgv', sgv: value };
  }
  if (r.kind === 'device' && r.value !== null)
    return r.what === 'sensor slope'
      ? { ...common, type: 'cal', slope: r.value }
      : { ...common, type: 'sgv', sgv: r.value };
  return { ...common, type: r.kind };
}

/** The newest entries of the window that a question asks for, newest first. */
export function find(state: AccountState, dayOffsetMinutes: number, query: Query): Entry[] {
  const places = Window.placesOf(state.window, 'glucose/raw');
  const matching = (place: (typeof places)[number]): Entry[] =>
    Window.list(state.window, place)
      .map((held) => of(held.id, held.reading))
      .filter((entry) => query.tests.every((test) => test(entry)));
  const late = places.filter((p) => p.day === null).flatMap(matching);
  const days = places
    .filter((p) => p.day !== null)
    .filter((p) => Days.endOf(p.day!, dayOffsetMinutes) > query.from)
    .filter((p) => Days.startOf(p.day!, dayOffsetMinutes) <= query.to)
    .sort((a, b) => b.day! - a.day!);
  const found: Entry[] = [];
  for (const place of days) {
    // Days follow each other in time: once there are enough, older ones have none of the newest.
    if (found.length >= query.count) break;
    found.push(...matching(place));
  }
  return [...late, ...found].sort((a, b) => b.date - a.date).slice(0, query.count);
}
