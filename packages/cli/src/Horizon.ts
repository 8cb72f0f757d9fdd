// Copyright the Islet authors. AGPL-3.0-or-later.
// A gateway can only seal to days whose public keys it was given. These run out, so they are renewed in time.
import * as Account from '@islet/client/Account';
import type { Network } from '@islet/client/Network';
import * as Day from '@islet/core/Day';
import { type Stream, streams } from '@islet/core/Stream';
import type * as Home from './Home.js';
import { DAYS_AHEAD, DAYS_BACK, RENEW_BELOW_DAYS } from './limits.js';
import * as People from './People.js';

type Keyed = NonNullable<People.Notes['keyed']>;

/** The last day from today on without a gap for which a gateway holds keys, or yesterday where it holds none for today. */
export function lastKeyed(ranges: Keyed[string] | undefined, today: number): number {
  let last = today - 1;
  for (const [from, to] of [...(ranges ?? [])].sort((a, b) => a[0] - b[0]))
    if (from <= last + 1) last = Math.max(last, to);
  return last;
}

/** The days to add, so that each stream has keys from `DAYS_BACK` ago to `DAYS_AHEAD` from now, or enough of them. */
export function due(needed: readonly Stream[], keyed: Keyed, today: number): Account.Run[] {
  return needed.flatMap((stream): Account.Run[] => {
    const last = lastKeyed(keyed[stream], today);
    if (last - today >= RENEW_BELOW_DAYS) return [];
    const firstDay = last < today ? today - DAYS_BACK : last + 1;
    return [{ stream, firstDay, days: today + DAYS_AHEAD - firstDay }];
  });
}

/**
 * Gives the gateway keys where they would run out soon. Streams without any get those of one day: from then on the
 * gateway states what there is of them, be it nothing, and nobody can take a hidden stream for an empty one.
 */
export async function renew(
  home: Home.Home,
  network: Network,
  person: People.Person,
  needed: readonly Stream[],
  onProgress?: (done: number, of: number) => void,
): Promise<void> {
  const { keyed = {}, dayOffsetMinutes = 0 } = person.notes;
  const today = Day.of(network.now(), dayOffsetMinutes);
  const bare = streams.filter((stream) => !needed.includes(stream) && !keyed[stream]);
  const runs = due(needed, keyed, today);
  runs.push(...bare.map((stream) => ({ stream, firstDay: today, days: 1 })));
  if (runs.length > 0) await keyDays(home, network, person, runs, onProgress);
}

/** Gives the gateway keys for those days and remembers which. */
export async function keyDays(
  home: Home.Home,
  network: Network,
  person: People.Person,
  runs: Account.Run[],
  onProgress?: (done: number, of: number) => void,
): Promise<void> {
  const { wallet, notes } = person;
  await Account.publishKeys(network, wallet, runs, notes.dayOffsetMinutes ?? 0, onProgress);
  const keyed = { ...notes.keyed };
  for (const { stream, firstDay, days } of runs)
    keyed[stream] = [...(keyed[stream] ?? []), [firstDay, firstDay + days - 1]];
  notes.keyed = keyed;
  await People.remember(home, person);
}
