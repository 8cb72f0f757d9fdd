// Copyright the Islet authors. AGPL-3.0-or-later.
import type { DateOrder, Written } from './WallTime.js';
import { toWall } from './WallTime.js';

/** How an order was found, from the strongest evidence to none. */
export type Judged = { order: DateOrder; sure: 'certain' | 'likely' | 'guessed'; because: string };

const other = { 'day-first': 'month-first', 'month-first': 'day-first' } as const;

/** A file made before its newest row, by more than the zones of the world explain, is read wrongly. */
const slackMs = 36 * 3_600_000;

/**
 * Whether a file writes its day or its month first, judged over all its rows: `lanes` are the rows in file order,
 * one lane per kind that is sorted for itself. `made` is the file's own "generated on", `now` the present (UTC ms).
 */
export function judge(lanes: Written[][], made: Written | undefined, now: number): Judged {
  const all = lanes.flat().filter((w) => !w.yearFirst);
  if (all.length === 0)
    return { order: 'day-first', sure: 'certain', because: 'every date begins with its year' };
  let day = 0;
  let month = 0;
  for (const w of all) {
    if (w.first > 12) day++;
    if (w.second > 12) month++;
  }
  if (day !== month) {
    const order = day > month ? 'day-first' : 'month-first';
    const sure = Math.min(day, month) === 0 ? 'certain' : 'likely';
    return { order, sure, because: 'some dates have a number above 12 there' };
  }
  const a = measure(lanes, 'day-first', made, now);
  const b = measure(lanes, 'month-first', made, now);
  if (a.future !== b.future) {
    const order = a.future ? 'month-first' : 'day-first';
    return { order, sure: 'likely', because: 'the other order would put rows later than the file itself' };
  }
  if (a.back !== b.back) {
    const order = a.back < b.back ? 'day-first' : 'month-first';
    return { order, sure: 'likely', because: 'only so do the rows follow one another in time' };
  }
  // A month that steps while the day stands leaves holes of four weeks.
  if (Math.max(a.travelled, b.travelled) > 2 * Math.min(a.travelled, b.travelled)) {
    const order = a.travelled < b.travelled ? 'day-first' : 'month-first';
    return { order, sure: 'likely', because: 'the other order would leave holes of weeks between the rows' };
  }
  const order = all.some((w) => w.twelve) ? 'month-first' : 'day-first';
  return {
    order,
    sure: 'guessed',
    because: 'nothing in the file decides it, and this is usual for its clock',
  };
}

function measure(lanes: Written[][], order: DateOrder, made: Written | undefined, now: number) {
  const madeAt = made && (toWall(made, order) ?? toWall(made, other[order]));
  const latest = Math.min(madeAt ?? Number.POSITIVE_INFINITY, now) + slackMs;
  let back = 0;
  let forth = 0;
  let travelled = 0;
  let future = false;
  for (const lane of lanes) {
    let last: number | undefined;
    for (const w of lane) {
      const wall = toWall(w, order);
      if (wall === undefined) continue;
      if (wall > latest) future = true;
      if (last !== undefined) {
        travelled += Math.abs(wall - last);
        if (wall < last) back++;
        if (wall > last) forth++;
      }
      last = wall;
    }
  }
  // A file may run from newest to oldest.
  return { back: Math.min(back, forth), travelled, future };
}
