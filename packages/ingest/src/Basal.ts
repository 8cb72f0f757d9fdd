// Copyright the Islet authors. AGPL-3.0-or-later.

/** A rate (units per hour) from a moment on; `endsAt` where it was set for a time. A rate of null ends the one before. */
export type Change = { at: number; rate: number | null; endsAt: number | null };

/** Longer than this no rate stands without a word in a log: there the log has a hole. */
export const maxBasalMs = 24 * 3_600_000;

/**
 * How long each rate was given, ms, in the order of `changes`: until its end, the next change, or `untilAt` (the last
 * that the log knows of). Undefined where nothing says, or the rate was changed again at the same moment.
 */
export function durations(changes: Change[], untilAt: number | null): (number | undefined)[] {
  const order = changes.map((_, i) => i).sort((a, b) => changes[a]!.at - changes[b]!.at);
  const out = new Array<number | undefined>(changes.length).fill(undefined);
  // What repeats a change word for word stands beside it, and ends when it does: walked from the end, so that
  // each knows the next that differs.
  let next: Change | undefined;
  let following: Change | undefined;
  for (const index of order.toReversed()) {
    const change = changes[index]!;
    if (next && !same(next, change)) following = next;
    next = change;
    if (change.rate === null) continue;
    const until = following === undefined ? untilAt : following.at;
    const ends = [until, change.endsAt, change.at + maxBasalMs].filter((end) => end !== null);
    const duration = Math.min(...ends) - change.at;
    if ((until !== null || change.endsAt !== null) && duration > 0) out[index] = duration;
  }
  return out;
}

const same = (a: Change, b: Change): boolean => a.at === b.at && a.rate === b.rate && a.endsAt === b.endsAt;

/** Units given at a rate over a time, to a hundred-thousandth. */
export const units = (rate: number, durationMs: number): number =>
  Math.round((rate * durationMs) / 36) / 100_000;
