// Copyright the Islet authors. AGPL-3.0-or-later.

/** Nightscout's words for how fast glucose moves, by mg/dL a minute: each up to its limit. */
const steps = [
  [-3.5, 'DoubleDown'],
  [-2, 'SingleDown'],
  [-1, 'FortyFiveDown'],
  [1, 'Flat'],
  [2, 'FortyFiveUp'],
  [3.5, 'SingleUp'],
  [Number.POSITIVE_INFINITY, 'DoubleUp'],
] as const;

export type Point = { at: number; mgdl: number };

const minute = 60_000;
/** Between which ages an earlier value tells the direction: nearer it is noise, further it is history. */
const nearest = 4 * minute;
const furthest = 16 * minute;

/** The direction at the last of some points, which stand in order of time; `NONE` where too little is known. */
export function of(points: readonly Point[], index: number): string {
  const here = points[index]!;
  for (let i = index - 1; i >= 0; i--) {
    const age = here.at - points[i]!.at;
    if (age < nearest) continue;
    if (age > furthest) break;
    const speed = (here.mgdl - points[i]!.mgdl) / (age / minute);
    return speed <= -3.5 ? 'DoubleDown' : steps.find(([limit]) => speed <= limit)![1];
  }
  return 'NONE';
}

const numbers = [
  'NONE',
  'DoubleUp',
  'SingleUp',
  'FortyFiveUp',
  'Flat',
  'FortyFiveDown',
  'SingleDown',
  'DoubleDown',
  'NOT COMPUTABLE',
  'RATE OUT OF RANGE',
];

/** The number that watches know a direction by. */
export const numberOf = (direction: string): number => {
  const spaced = { NotComputable: 'NOT COMPUTABLE', RateOutOfRange: 'RATE OUT OF RANGE' }[direction];
  return Math.max(0, numbers.indexOf(spaced ?? direction));
};
