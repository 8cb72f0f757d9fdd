// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Amount from './Amount.js';
import type { Row } from './CareLinkRow.js';
import { maxCarbGrams } from './Limits.js';
import type { Outcome } from './Outcome.js';

/** What the wizard was told of a meal, grams. Undefined for what cannot be. */
export const carbsOf = (row: Row): number | undefined =>
  row.cell('carbs') === '' || !row.columns.grams ? 0 : Amount.upTo(row.cell('carbs'), maxCarbGrams);

/** Asking the wizard is not eating: it counts where a bolus follows, or where it advised none, and only the last time. */
export function of(rows: (Row | Outcome)[], walls: (number | undefined)[]): Set<number> {
  const asks: { i: number; wall: number; grams: number; none: boolean }[] = [];
  const boluses: number[] = [];
  rows.forEach((row, i) => {
    const wall = walls[i];
    if ('is' in row || wall === undefined) return;
    if (row.cell('selected') !== '' || row.cell('delivered') !== '') boluses.push(wall);
    const grams = carbsOf(row);
    if (grams) asks.push({ i, wall, grams, none: Amount.parse(row.cell('estimate')) === 0 });
  });
  asks.sort((a, b) => a.wall - b.wall || b.i - a.i);
  boluses.sort((a, b) => a - b);
  const out = new Set<number>();
  asks.forEach((ask, n) => {
    const next = asks[n + 1];
    if (next && next.wall - ask.wall <= followMs) return;
    if (ask.none || within(boluses, ask.wall - beforeMs, ask.wall + followMs)) out.add(ask.i);
  });
  return out;
}

const beforeMs = 10_000;
const followMs = 2 * 60_000;

/** Whether a sorted list has a number in a range. */
function within(sorted: number[], from: number, to: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low]! <= to;
}
