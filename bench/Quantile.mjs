// Copyright the Islet authors. AGPL-3.0-or-later.

/**
 * The q-quantile of some numbers by nearest rank: the least of them that is not exceeded by a share of q.
 * NaN where there is none. Never an interpolated number that nobody measured.
 */
export function of(numbers, q) {
  const sorted = Float64Array.from(numbers).sort();
  const rank = Math.max(1, Math.ceil(q * sorted.length));
  return sorted.length === 0 ? Number.NaN : sorted[rank - 1];
}
