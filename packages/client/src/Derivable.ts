// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import type { Stream } from '@islet/core/Stream';

/** What one grant opens of one stream, over its whole life. */
export type Scope = { stream: Stream; firstDay: Day.Day; lastDay: Day.Day };

/** Neighbouring intervals of `days` days each, of which each total can be told apart from the others. */
export type Stretch = { category: string; days: number; firstDay: Day.Day; lastDay: Day.Day };

/**
 * How long the canonical windows of a summary are; they begin on stream days that divide by it, day 0 being a Monday.
 * Streams that do not stand here are finer than a day.
 */
const windowDays = new Map([
  ['day', 1],
  ['week', 7],
  ['report', 14],
]);

/**
 * What becomes computable by subtraction when `asked` joins what the same reader already has, though no grant gives it:
 * a week less six of its days is the seventh day. Sums of what is given are not among it, since they say less than their
 * parts. Nothing is said of several readers, who can subtract together.
 *
 * A total over an interval of days is the difference of two running totals, one at each end. So known totals are edges
 * of a graph whose corners are midnights, and exactly those intervals follow whose two ends are connected.
 */
export function unmeant(before: readonly Scope[], asked: readonly Scope[]): Stretch[] {
  const categories = new Set(asked.map(({ stream }) => categoryOf(stream)));
  return [...categories].flatMap((category) => {
    const mine = ({ stream }: Scope): boolean => categoryOf(stream) === category;
    const all = [...before, ...asked].filter(mine);
    const given = new Set(all.flatMap((scope) => [...windows(scope)].map(nameOf)));
    const known = midnightsOf(before.filter(mine));
    const parts = smallest(midnightsOf(all)).filter(
      (part) => !given.has(nameOf(part)) && !known.areJoined(...part),
    );
    return runs(parts).map((run) => ({ category, ...run }));
  });
}

/** Throws `GRANT_DERIVES_MORE` where `unmeant` finds anything. */
export function requireMeant(before: readonly Scope[], asked: readonly Scope[]): void {
  const found = unmeant(before, asked);
  if (found.length > 0) throw new DerivesMoreError(found);
}

/** The days from one midnight to another. */
type Interval = readonly [from: number, to: number];

const nameOf = ([from, to]: Interval): string => `${from}/${to}`;
const categoryOf = (stream: Stream): string => stream.split('/')[0]!;

/** The windows that a scope opens: cautiously, each of which any day is open. What is finer opens single days. */
function* windows({ stream, firstDay, lastDay }: Scope): Generator<Interval> {
  const days = windowDays.get(stream.split('/')[1]!) ?? 1;
  for (let from = firstDay - (firstDay % days); from <= lastDay; from += days) yield [from, from + days];
}

type Midnights = {
  all: number[];
  rootOf: (at: number) => number;
  areJoined: (a: number, b: number) => boolean;
};

/** Which midnights the totals of these scopes connect: disjoint sets with halved paths. */
function midnightsOf(scopes: readonly Scope[]): Midnights {
  const parents = new Map<number, number>();
  const up = (at: number): number => parents.get(at) ?? at;
  const rootOf = (at: number): number => {
    let here = at;
    while (up(here) !== here) {
      parents.set(here, up(up(here)));
      here = up(here);
    }
    return here;
  };
  const all = new Set<number>();
  for (const scope of scopes)
    for (const [from, to] of windows(scope)) {
      all.add(from).add(to);
      parents.set(rootOf(to), rootOf(from));
    }
  return {
    all: [...all].sort((a, b) => a - b),
    rootOf,
    areJoined: (a, b) => rootOf(a) === rootOf(b),
  };
}

/** The intervals between connected midnights that no third connected midnight parts. */
function smallest({ all, rootOf }: Midnights): Interval[] {
  const latest = new Map<number, number>();
  const found: Interval[] = [];
  for (const at of all) {
    const before = latest.get(rootOf(at));
    if (before !== undefined) found.push([before, at]);
    latest.set(rootOf(at), at);
  }
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** Neighbours of one length become one stretch. */
function runs(parts: Interval[]): Omit<Stretch, 'category'>[] {
  const found: Omit<Stretch, 'category'>[] = [];
  for (const [from, to] of parts) {
    const last = found.findLast((run) => run.days === to - from && run.lastDay + 1 === from);
    if (last) last.lastDay = to - 1;
    else found.push({ days: to - from, firstDay: from, lastDay: to - 1 });
  }
  return found;
}

export class DerivesMoreError extends IsletError {
  override readonly name = 'Derivable.DerivesMoreError';
  readonly found: Stretch[];
  constructor(found: Stretch[]) {
    const [{ category, days, firstDay, lastDay }] = found as [Stretch];
    const what = days === 1 ? 'single days' : `stretches of ${days} days`;
    super(
      'GRANT_DERIVES_MORE',
      `With what this reader already has, they could work out ${category} of ${what} that no grant gives them, between ${dateOf(firstDay)} and ${dateOf(lastDay)}. Choose other days, or say that it is meant.`,
    );
    this.found = found;
  }
}

const dateOf = (day: number): string => (Day.isDay(day) ? Day.format(day) : `day ${day}`);
