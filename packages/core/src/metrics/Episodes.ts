// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Interpolate from './Interpolate.js';
import type { Point } from './Points.js';
import * as Ranges from './Ranges.js';
import * as Wear from './Wear.js';

/** `hypo1` below 70, `hypo2` below 54, `hyper1` above 180, `hyper2` above 250 mg/dL; each 1 includes its 2. */
export type Level = 'hypo1' | 'hypo2' | 'hyper1' | 'hyper2';

export type Episode = {
  /** Its first moment, UTC ms. */
  from: number;
  /** Its first moment back, or where the record breaks off; UTC ms. */
  to: number;
  minutes: number;
  meanMgDl: number;
};

export type Episodes = {
  episodes: Episode[];
  /** Episodes per 24 h of recorded time, gaps not counted; null where nothing was recorded. */
  perDay: number | null;
};

const minute = 60_000;
const day = 1440 * minute;

/** How long glucose must stay beyond the threshold to begin an episode, and back to end it, ms. */
export const shortestMs = 15 * minute;

const beyond: Record<Level, (mgdl: number) => boolean> = {
  hypo1: (g) => g < Ranges.limits.low,
  hypo2: (g) => g < Ranges.limits.veryLow,
  hyper1: (g) => g > Ranges.limits.high,
  hyper2: (g) => g > Ranges.limits.veryHigh,
};

/**
 * The episodes of the 2023 consensus (Battelino, doi 10.1016/S2213-8587(22)00319-9): at least 15 consecutive minutes
 * beyond the level's threshold, until at least 15 consecutive minutes back.
 *
 * The paper leaves three things open; here
 * - a level 2 episode ends at its *own* threshold (54 or 250), not at level 1's, so that each level is found by one
 *   rule without looking at another;
 * - glucose is taken from the even grid of `Interpolate`, values as shown, each cell standing for one interval: at
 *   5 min three cells make an episode, at 15 min one does;
 * - a gap of more than 45 min ends an episode at the last cell beyond, and nothing is carried over it.
 */
export function of(points: readonly Point[], level: Level): Episodes {
  const stepMs = Wear.intervalOf(points);
  const asShown = points.map((p) => ({ ...p, mgdl: Ranges.shown(p) }));
  const cells = Interpolate.grid(asShown, stepMs);
  const episodes = unbroken(cells, stepMs).flatMap((run) => find(run, beyond[level], stepMs));
  return { episodes, perDay: cells.length === 0 ? null : (episodes.length * day) / (cells.length * stepMs) };
}

function unbroken(cells: Interpolate.Cell[], stepMs: number): Interpolate.Cell[][] {
  const runs: Interpolate.Cell[][] = [];
  for (const cell of cells) {
    const run = runs.at(-1);
    if (run && cell.at - run.at(-1)!.at === stepMs) run.push(cell);
    else runs.push([cell]);
  }
  return runs;
}

function find(run: Interpolate.Cell[], isBeyond: (mgdl: number) => boolean, stepMs: number): Episode[] {
  const needed = Math.ceil(shortestMs / stepMs);
  const found: Episode[] = [];
  let out: Interpolate.Cell[] = [];
  let begun = false;
  let back = 0;
  // Cells since the first one beyond; the last `back` of them are back. Not begun, one cell back forgets them.
  const close = () => {
    if (begun) found.push(episode(out.slice(0, out.length - back), stepMs));
    out = [];
    begun = false;
    back = 0;
  };
  for (const cell of run) {
    const away = isBeyond(cell.mgdl);
    if (!away && out.length === 0) continue;
    out.push(cell);
    back = away ? 0 : back + 1;
    begun ||= away && out.length >= needed;
    if (back >= (begun ? needed : 1)) close();
  }
  close();
  return found;
}

function episode(cells: Interpolate.Cell[], stepMs: number): Episode {
  const from = cells[0]!.at;
  const to = cells.at(-1)!.at + stepMs;
  const meanMgDl = cells.reduce((sum, c) => sum + c.mgdl, 0) / cells.length;
  return { from, to, minutes: (to - from) / minute, meanMgDl };
}
