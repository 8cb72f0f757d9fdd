// Copyright the Islet authors. AGPL-3.0-or-later.

/** A stream of chance that is the same for the same seed, on every machine. For simulation only, never for keys. */
export type Seeded = {
  /** At least 0, below 1. */
  uniform(): number;
  /** At least `low`, below `high`. */
  between(low: number, high: number): number;
  /** A whole number, at least `low`, at most `high`. */
  whole(low: number, high: number): number;
  /** Mean 0, deviation 1. */
  normal(): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
};

/** Chance from a seed: a number or a text. The generator is sfc32 (C. Doty-Humphrey, PractRand), seeded by FNV-1a. */
export function from(seed: number | string): Seeded {
  const text = String(seed);
  let [a, b, c, d] = [1, 2, 3, 4].map((salt) => fnv(`${salt}/${text}`)) as [number, number, number, number];
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 16; i++) next();
  const between = (low: number, high: number) => low + next() * (high - low);
  return {
    uniform: next,
    between,
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    // Box and Muller; one of the pair is enough here.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    chance: (probability) => next() < probability,
  };
}

function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
