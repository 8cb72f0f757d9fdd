// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Days from '@islet/core/Day';
import type { Stream } from '@islet/core/Stream';
import { type Backlog, countsOf } from './Backlog.js';
import { type AccountState, isRaw } from './State.js';

/** What became of the readings of one day of one stream. A segment that is anchored is stored, too. */
export type KeptDay = {
  day: string;
  stream: Stream;
  /** Readings taken and not withdrawn: sealed and on this gateway's disk. */
  received: number;
  /** Sealed segments of the day, those of them that the hub has, and those with a receipt that we checked. */
  segments: number;
  stored: number;
  anchored: number;
  /** The day is over, and is one segment. */
  closed: boolean;
};

export type Kept = {
  days: KeptDay[];
  /** Segments of all days: on their way to the hub, refused by it at present, and there but without a receipt yet. */
  backlog: { waiting: number; refused: number; unanchored: number };
};

/** The days of a person's raw streams that hold something, in order. */
export function of(state: AccountState, backlog: Backlog, first: Days.Day, last: Days.Day): Kept {
  const away = new Set(
    [...backlog.waiting, ...(backlog.parked.get(state.hex) ?? [])].flatMap(({ account, segments }) =>
      account === state.hex ? segments.map(({ hash }) => hash) : [],
    ),
  );
  const days: KeptDay[] = [];
  for (const [stream, { calendar, days: counts }] of state.streams) {
    if (!isRaw(stream)) continue;
    for (const [day, { closed, open }] of calendar.entries) {
      if (day < first || day > last) continue;
      const hashes = [...(closed ? [closed] : []), ...open].map(toHex);
      const stored = hashes.filter((hash) => !away.has(hash));
      days.push({
        day: Days.format(day),
        stream,
        received: counts.get(day)?.total ?? 0,
        segments: hashes.length,
        stored: stored.length,
        anchored: stored.filter((hash) => !backlog.unanchored.has(hash)).length,
        closed: closed !== null && open.length === 0,
      });
    }
  }
  const { waiting, parked, unanchored } = countsOf(backlog, state.hex);
  return {
    days: days.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0)),
    backlog: { waiting, refused: parked, unanchored },
  };
}
