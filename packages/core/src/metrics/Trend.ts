// Copyright the Islet authors. AGPL-3.0-or-later.

/** Points in order of time: UTC ms and mg/dL. */
type Point = { at: number; mgdl: number };

const minute = 60_000;
/** Between which ages an earlier value tells the direction: nearer it is noise, further it is history. */
const nearest = 4 * minute;
const furthest = 16 * minute;

/** How fast glucose moves at one of some points, mg/dL a minute; null where too little is known. */
export function speedAt(points: readonly Point[], index: number): number | null {
  const here = points[index]!;
  for (let i = index - 1; i >= 0; i--) {
    const age = here.at - points[i]!.at;
    if (age < nearest) continue;
    if (age > furthest) break;
    return (here.mgdl - points[i]!.mgdl) / (age / minute);
  }
  return null;
}

const arrows = [
  [-3.5, '↓↓'],
  [-2, '↓'],
  [-1, '↘'],
  [1, '→'],
  [2, '↗'],
  [3.5, '↑'],
  [Number.POSITIVE_INFINITY, '↑↑'],
] as const;

/** The arrow that sensors show for a speed: each up to its limit. */
export const arrowOf = (speed: number): string => arrows.find(([limit]) => speed <= limit)![1];
