// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Point, Window } from './Points.js';
import * as Points from './Points.js';

/** Longer than this without a reading is a gap, ms: three readings of the slowest sensors. */
export const gapMs = 45 * 60_000;

export type Gap = { from: number; to: number };

/** Where a window has no reading for longer than `gapMs`, its ends included; UTC ms, in order. */
export function inWindow(points: readonly Point[], window: Window): Gap[] {
  const gaps: Gap[] = [];
  let from = window.from;
  const upTo = (to: number): void => {
    if (to - from > gapMs) gaps.push({ from, to });
    from = to;
  };
  for (const { at } of Points.within(points, window)) upTo(at);
  upTo(window.to);
  return gaps;
}
