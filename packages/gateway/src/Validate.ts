// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Days from '@islet/core/Day';
import type { Reading } from '@islet/core/Reading';
import * as Readings from '@islet/core/Readings';

/** Why a reading cannot be kept; the same words as `ingest/` uses. */
export type Fault = 'time' | 'value' | 'shape';

/** Offsets lie within a day either side, so this much inside the first and last stream day every time has a day. */
const earliest = Days.startOf(Days.first + 1, 0);
const latest = Days.endOf(Days.last - 1, 0) - 1;

/** What is wrong with a reading, or undefined. Whatever passes can be encoded, sealed, and decoded again. */
export function faultOf(r: Reading): Fault | undefined {
  const timed = Number.isSafeInteger(r.at) && r.at >= earliest && r.at <= latest;
  if (!timed || !Number.isInteger(r.offsetMinutes) || Math.abs(r.offsetMinutes) > 1440) return 'time';
  if (!Readings.fits(r)) return 'shape';
  return numbersOf(r).every((n) => Number.isFinite(n) && n >= 0 && n <= most) ? undefined : 'value';
}

/** Far beyond anything measured; it keeps sums exact. */
const most = 1e9;

function numbersOf(r: Reading): number[] {
  switch (r.kind) {
    case 'glucose':
      return [r.value];
    case 'insulin':
      return [r.units, r.durationMs];
    case 'carbs':
      return [r.grams];
    case 'activity':
      return [r.amount, r.durationMs];
    case 'device':
      return r.value === null ? [] : [Math.abs(r.value)];
    case 'note':
    case 'health':
    case 'profile':
    case 'document':
      return [];
  }
}
