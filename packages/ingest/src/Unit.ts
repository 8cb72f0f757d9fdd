// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type { GlucoseUnit } from '@islet/core/Reading';
import { unitEdge } from './Amount.js';

/** The unit that a column name declares, as in `Glucose Value (mg/dL)`. */
export function declared(columnName: string): GlucoseUnit | undefined {
  const name = columnName.toLowerCase();
  if (name.includes('mmol/l')) return 'mmol/L';
  return name.includes('mg/dl') ? 'mg/dL' : undefined;
}

/** The one unit of several glucose columns. Throws `INGEST_UNIT_MIXED`. */
export function same(units: GlucoseUnit[]): GlucoseUnit | null {
  if (new Set(units).size > 1) {
    throw new UnitError(
      'INGEST_UNIT_MIXED',
      'The column names give glucose in mg/dL and in mmol/L within one file. Export it again in one unit.',
    );
  }
  return units[0] ?? null;
}

/**
 * Throws `INGEST_UNIT_IMPLAUSIBLE` where the numbers cannot be in the declared unit: most of them in hundreds
 * under mmol/L, or all of them below 30 under mg/dL. A wrong unit is an error of 18 times, so it is never guessed.
 */
export function check(unit: GlucoseUnit | null, numbers: number[]): void {
  if (unit === null || numbers.length === 0) return;
  const high = numbers.filter((n) => n > unitEdge.mmolMost).length;
  const low = numbers.filter((n) => n < unitEdge.mgdlLeast).length;
  const wrong = unit === 'mmol/L' ? high > numbers.length / 2 : low === numbers.length;
  if (!wrong) return;
  const meant = unit === 'mmol/L' ? 'mg/dL' : 'mmol/L';
  throw new UnitError(
    'INGEST_UNIT_IMPLAUSIBLE',
    `The file says its glucose is in ${unit}, but its numbers look like ${meant}. Nothing was read. Export it again, or mend the column names.`,
  );
}

/** The unit cannot be told, or cannot be right. */
export class UnitError extends IsletError {
  override readonly name: string = 'UnitError';
}
