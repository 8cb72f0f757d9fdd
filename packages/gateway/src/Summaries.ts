// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Content from '@islet/core/Content';
import * as Days from '@islet/core/Day';
import * as Counts from '@islet/core/metrics/Counts';
import * as Points from '@islet/core/metrics/Points';
import * as Wear from '@islet/core/metrics/Wear';
import type { Reading } from '@islet/core/Reading';
import { type Account, runOf } from './Accounts.js';
import type { Epochs } from './Epochs.js';
import { isErased } from './Erasures.js';
import { REVISION_READINGS } from './limits.js';
import type { Entry } from './Record.js';
import * as Sealer from './Sealer.js';
import { type AccountState, dayOf, entryOf, keyOf } from './State.js';

const hourMs = 3_600_000;

/** The summary streams of `glucose/raw`, and what each makes of a day's points. */
const summaries = {
  'glucose/day': (points: Points.Point[]) => [{ index: 0, counts: Counts.of(points) }],
  'glucose/hour': (points: Points.Point[], startsAt: number) => {
    const hours = new Map<number, Points.Point[]>();
    for (const point of points) {
      const hour = Math.floor((point.at - startsAt) / hourMs);
      const list = hours.get(hour);
      if (list) list.push(point);
      else hours.set(hour, [point]);
    }
    return [...hours].map(([index, list]) => ({ index, counts: Counts.of(list) }));
  },
} as const;

export type SummaryStream = keyof typeof summaries;
export const summaryStreams = Object.keys(summaries) as SummaryStream[];

/** A day's summary, `undefined` where too few readings would show through it. */
export function of(
  stream: SummaryStream,
  readings: Reading[],
  day: Days.Day,
  dayOffsetMinutes: number,
): Content.Summary | undefined {
  const points = Points.fromReadings(readings);
  const parts = summaries[stream](points, Days.startOf(day, dayOffsetMinutes))
    .filter(({ counts }) => counts.n >= Content.minimum)
    .sort((a, b) => a.index - b.index);
  if (parts.length === 0) return undefined;
  return { intervalMinutes: Math.round(Wear.intervalOf(points) / 60_000), parts };
}

/** The summary streams of this day that we hold keys for, and whose days start when those of `glucose/raw` do. */
const sealable = (account: Account, day: Days.Day): SummaryStream[] =>
  summaryStreams.filter(
    (stream) =>
      account.offsets.get(stream) === account.offsets.get('glucose/raw') && runOf(account, stream, day),
  );

/**
 * Which summaries of a day are to be sealed now: those never sealed, and all of them where 12 or more readings changed.
 * Fewer could be told from the difference of two revisions.
 */
export function due(account: Account, state: AccountState, day: Days.Day): SummaryStream[] {
  const { changed } = dayOf(state, { stream: 'glucose/raw', day });
  return sealable(account, day).filter((stream) => {
    // What was erased is not made again from readings that were not.
    if (isErased(state, stream, day)) return false;
    const sealedBefore = state.revisions.has(keyOf({ stream, day }));
    return sealedBefore ? changed >= REVISION_READINGS : changed > 0;
  });
}

/** Seals those summaries of a day from all of its readings; answers the calendar entries that change. */
export async function seal(
  deps: { epochs: Epochs; sealer: Sealer.Options },
  account: Account,
  state: AccountState,
  into: Sealer.Draft,
  day: Days.Day,
  readings: Reading[],
  streams: SummaryStream[],
): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const stream of streams) {
    const summary = of(stream, readings, day, account.offsets.get(stream)!);
    const place = { stream, day };
    if (!summary) {
      if (entryOf(state, place)?.closed) entries.push({ ...place, closed: null, open: [] });
      continue;
    }
    const before = state.revisions.get(keyOf(place));
    const open = await deps.epochs.alone(account, stream, day, before === undefined ? 0 : before + 1);
    const plaintext = await Content.encodeSummary(summary);
    const { hash } = await Sealer.seal(deps.sealer, state, into, open, plaintext);
    entries.push({ ...place, closed: hash, open: [] });
  }
  return entries;
}
