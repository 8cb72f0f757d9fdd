// Copyright the Islet authors. AGPL-3.0-or-later.
// A gateway can only seal to days whose public keys it was given. These run out, so they are renewed in time.
import * as Day from '@islet/core/Day';
import * as Span from '@islet/core/Span';
import { isStream, type Stream, streams } from '@islet/core/Stream';
import * as Account from './Account.js';
import type { Network } from './Network.js';
import type { Keep, Notes, Person, Progress } from './Person.js';
import {
  DAYS_AHEAD,
  DAYS_BACK,
  LATER_DAYS_AHEAD,
  LATER_RENEW_BELOW_DAYS,
  RENEW_BELOW_DAYS,
  RUN_DAYS,
} from './personLimits.js';

type Keyed = NonNullable<Notes['keyed']>;

/** How far keys reach, days back and ahead of today, and below how many days left they are renewed. */
export type Reach = { back: number; ahead: number; renewBelow: number };

export const usual: Reach = { back: DAYS_BACK, ahead: DAYS_AHEAD, renewBelow: RENEW_BELOW_DAYS };

/** For a wallet that lies beside its gateway, whose program looks every few hours whether keys are to be renewed. */
export const beside: Reach = { back: 30, ahead: 60, renewBelow: 45 };

/** To begin with, and for who has no uploader: an import brings the keys that it needs. */
export const first: Reach = { back: 14, ahead: 30, renewBelow: 15 };

/** The last day from today on without a gap for which a gateway holds keys, or yesterday where it holds none for today. */
export function lastKeyed(ranges: Keyed[string] | undefined, today: number): number {
  let last = today - 1;
  for (const [from, to] of [...(ranges ?? [])].sort((a, b) => a[0] - b[0]))
    if (from <= last + 1) last = Math.max(last, to);
  return last;
}

/** The first day of those without a gap that last until today, or tomorrow where there is no key for today. */
export function firstKeyed(ranges: Keyed[string] | undefined, today: number): number {
  let first = today + 1;
  for (const [from, to] of [...(ranges ?? [])].sort((a, b) => b[1] - a[1]))
    if (to >= first - 1) first = Math.min(first, from);
  return first;
}

/**
 * Weeks, reports and live values need no keys of long ago: an import brings those it needs. Nor as far ahead: where keys
 * for them run out no reading is lost, and each costs a phone some ms.
 */
const reachOf = (stream: Stream, { back, ahead, renewBelow }: Reach): Reach =>
  stream === 'glucose/live' || Span.lengthOf(stream) > 1
    ? {
        back: Math.min(back, Span.lengthOf(stream)),
        ahead: Math.min(ahead, LATER_DAYS_AHEAD),
        renewBelow: Math.min(renewBelow, LATER_RENEW_BELOW_DAYS),
      }
    : { back, ahead, renewBelow };

/** The days to add, so that each stream has keys as far as they should reach, or enough of them. */
export function due(needed: readonly Stream[], keyed: Keyed, today: number, reach: Reach): Account.Run[] {
  return needed.flatMap((stream): Account.Run[] => {
    const { back, ahead, renewBelow } = reachOf(stream, reach);
    const last = lastKeyed(keyed[stream], today);
    if (last < today) return [{ stream, firstDay: today - back, days: back + ahead }];
    const start = today - back;
    const before = firstKeyed(keyed[stream], today) - start;
    return [
      ...(before > 0 ? [{ stream, firstDay: start, days: before }] : []),
      ...(last - today < renewBelow ? [{ stream, firstDay: last + 1, days: today + ahead - 1 - last }] : []),
    ];
  });
}

/**
 * Gives the gateway keys where they would run out soon. Streams without any get those of one day: from then on the
 * gateway states what there is of them, be it nothing, and nobody can take a hidden stream for an empty one.
 */
export async function renew(
  network: Network,
  person: Person,
  needed: readonly Stream[],
  keep: Keep,
  reach: Reach = usual,
  onProgress?: Progress,
): Promise<void> {
  const { keyed = {}, dayOffsetMinutes = 0 } = person.notes;
  const today = Day.of(network.now(), dayOffsetMinutes);
  const bare = streams.filter((stream) => !needed.includes(stream) && !keyed[stream]);
  const runs = due(needed, keyed, today, reach).flatMap(parts);
  runs.push(...bare.map((stream) => ({ stream, firstDay: today, days: 1 })));
  if (runs.length > 0) await keyDays(network, person, runs, keep, onProgress);
}

const parts = ({ stream, firstDay, days }: Account.Run): Account.Run[] =>
  Array.from({ length: Math.ceil(days / RUN_DAYS) }, (_, i) => ({
    stream,
    firstDay: firstDay + i * RUN_DAYS,
    days: Math.min(RUN_DAYS, days - i * RUN_DAYS),
  }));

/** Gives the gateway keys for all days anew: it is another gateway, or the days begin at another hour. */
export async function renewAll(
  network: Network,
  person: Person,
  keep: Keep,
  onProgress?: Progress,
): Promise<void> {
  const { notes } = person;
  const runs = Object.entries(notes.keyed ?? {}).flatMap(([stream, ranges]) =>
    isStream(stream) ? ranges.map(([from, to]) => ({ stream, firstDay: from, days: to - from + 1 })) : [],
  );
  notes.keyed = {};
  await keyDays(network, person, runs, keep, onProgress);
}

/** Gives the gateway keys for those days and remembers which. */
export async function keyDays(
  network: Network,
  person: Person,
  runs: Account.Run[],
  keep: Keep,
  onProgress: Progress = () => {},
): Promise<void> {
  const { wallet, notes } = person;
  await Account.publishKeys(network, wallet, runs, notes.dayOffsetMinutes ?? 0, (done, of) =>
    onProgress('making keys', done, of),
  );
  const keyed = { ...notes.keyed };
  for (const { stream, firstDay, days } of runs)
    keyed[stream] = [...(keyed[stream] ?? []), [firstDay, firstDay + days - 1]];
  notes.keyed = keyed;
  await keep(person);
}
