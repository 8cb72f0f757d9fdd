// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Content from '@islet/core/Content';
import type * as Days from '@islet/core/Day';
import * as Day from '@islet/core/Day';
import * as Counts from '@islet/core/metrics/Counts';
import * as Histogram from '@islet/core/metrics/Histogram';
import * as Points from '@islet/core/metrics/Points';
import * as Wear from '@islet/core/metrics/Wear';
import type { Reading } from '@islet/core/Reading';
import * as Span from '@islet/core/Span';
import { type Account, runOf } from './Accounts.js';
import type { Options, Outcome, RawDay } from './CloseDay.js';
import { REVISION_READINGS } from './limits.js';
import * as Sealer from './Sealer.js';
import { type AccountState, entryOf, isWhole, keyOf } from './State.js';
import * as Window from './Window.js';
import type { Changes } from './Writer.js';

const hourMs = 3_600_000;
const minuteMs = 60_000;

/**
 * Seals the summary of a week or the report of 14 days that has ended, from its readings in the window. As with a day's
 * summary: once, and anew only where 12 or more readings changed. A span of which the window lacks readings stays as it is.
 */
export const closeSpan = (
  options: Options,
  account: Account,
  state: AccountState,
  place: RawDay,
): Promise<Outcome> => account.lane(() => close(options, account, state, place));

async function close(
  { writer, epochs, sealer }: Options,
  account: Account,
  state: AccountState,
  place: RawDay,
): Promise<Outcome> {
  const { stream, day } = place;
  const key = keyOf(place);
  state.due.delete(key);
  const offset = account.offsets.get('glucose/raw');
  if (offset === undefined || account.offsets.get(stream) !== offset || !runOf(account, stream, day))
    return 'nothing';
  const revision = state.revisions.get(key);
  const changed = state.spans.get(key) ?? 0;
  const days = placesOf(place);
  if (!days.every((one) => isWhole(state, one))) return 'nothing';
  const readings = days.flatMap((one) => Window.list(state.window, one).map((held) => held.reading));
  // Where nothing is left, no difference could show anything.
  const isEmptied = readings.length === 0 && entryOf(state, place)?.closed != null;
  if (!isEmptied && changed < (revision === undefined ? 1 : REVISION_READINGS)) return 'nothing';
  const plaintext = await plaintextOf(place, readings, offset);
  if (!plaintext && !entryOf(state, place)?.closed) return 'nothing';
  try {
    await writer.commit(account, state, async (into): Promise<Changes> => {
      if (!plaintext) return { units: [], entries: [{ ...place, closed: null, open: [] }], removed: [] };
      const open = await epochs.alone(account, stream, day, revision === undefined ? 0 : revision + 1);
      const { hash } = await Sealer.seal(sealer, state, into, open, plaintext);
      return { units: [], entries: [{ ...place, closed: hash, open: [] }], removed: [] };
    });
  } catch (error) {
    state.due.set(key, place);
    throw error;
  }
  return 'summarised';
}

/** The days of `glucose/raw` that a span speaks of. */
function placesOf({ stream, day }: RawDay): RawDay[] {
  const { firstDay, lastDay } = Span.of(stream, day);
  return Array.from({ length: lastDay - firstDay + 1 }, (_, i) => ({
    stream: 'glucose/raw',
    day: firstDay + i,
  }));
}

/** `undefined` where too few readings, or days, would show through it. */
function plaintextOf(
  { stream, day }: RawDay,
  readings: Reading[],
  offset: number,
): Promise<Uint8Array> | undefined {
  const points = Points.fromReadings(readings);
  const dayOf = (p: Points.Point): Days.Day => Day.of(p.at, offset);
  const days = new Set(points.map(dayOf)).size;
  const counts = Counts.of(points);
  if (days < Content.minimumDays || counts.n < Content.minimum) return undefined;
  const intervalMinutes = Math.round(Wear.intervalOf(points) / minuteMs);
  if (stream === 'glucose/week')
    return Content.encodeSummary({ intervalMinutes, parts: [{ index: 0, counts }] });
  const startsAt = Day.startOf(Span.of(stream, day).firstDay, offset);
  const hours = Array.from({ length: 24 }, (_, hour) => ({
    hour,
    inside: points.filter((p) => Math.floor((p.at - startsAt) / hourMs) % 24 === hour),
  }))
    .filter(({ inside }) => new Set(inside.map(dayOf)).size >= Content.minimumDays)
    .map(({ hour, inside }) => ({ hour, bins: Histogram.of(inside) }));
  return Content.encodeReport({ intervalMinutes, days, counts, hours });
}
