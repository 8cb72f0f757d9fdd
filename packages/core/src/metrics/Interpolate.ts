// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Point } from './Points.js';
import * as Points from './Points.js';

const minute = 60_000;

/** No line is drawn between neighbours further apart than this, ms. */
export const longestGapMs = 45 * minute;

/** The glucose at one line of the grid. */
export type Cell = { at: number; offsetMinutes: number; mgdl: number };

/**
 * The points on an even grid, so that every stretch of time weighs the same: straight lines between neighbours at
 * most 45 min apart, nothing across longer gaps, before the first point or after the last. The grid's lines are whole
 * steps from *local* midnight. Time runs in UTC, so a change of offset neither stretches nor folds it; a cell has the
 * offset of the last point at or before it.
 */
export function grid(points: readonly Point[], stepMs: number): Cell[] {
  const all = Points.within(points);
  const cells: Cell[] = [];
  for (const [i, a] of all.entries()) {
    const b = all[i + 1];
    const { offsetMinutes } = a;
    const joined = b !== undefined && b.at - a.at <= longestGapMs;
    const end = joined ? b.at : a.at + 1;
    const local = offsetMinutes * minute;
    for (let at = Math.ceil((a.at + local) / stepMs) * stepMs - local; at < end; at += stepMs) {
      const mgdl = joined ? a.mgdl + ((b.mgdl - a.mgdl) * (at - a.at)) / (b.at - a.at) : a.mgdl;
      cells.push({ at, offsetMinutes, mgdl });
    }
  }
  return cells;
}
