// Copyright the Islet authors. AGPL-3.0-or-later.

/**
 * The quantile at `p` (0 to 1) of values sorted upwards: linear between order statistics, R's type 7
 * (Hyndman and Fan 1996, doi 10.1080/00031305.1996.10473566). Null without values.
 */
export function of(sorted: readonly number[], p: number): number | null {
  if (sorted.length === 0) return null;
  const place = (sorted.length - 1) * p;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}
