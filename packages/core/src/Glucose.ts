// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit } from './Reading.js';

/** mg/dL in one mmol/L of glucose: the molar mass 180.1559 g/mol over ten. */
export const mgdlPerMmol = 18.01559;

/** A sensor that says "Low" or "High" gives no number; these limits stand in for it (mg/dL). */
export const sensorLimits = { low: 40, high: 400 } as const;

/** A value in mg/dL, not rounded. */
export const toMgdl = (value: number, unit: GlucoseUnit): number =>
  unit === 'mg/dL' ? value : value * mgdlPerMmol;

/** The value as a screen in mg/dL shows it: a whole number. Ranges are judged on this (DESIGN 3). */
export const displayMgdl = (value: number, unit: GlucoseUnit): number => Math.round(toMgdl(value, unit));

/** The value as a screen in mmol/L shows it: one decimal. */
export const displayMmol = (value: number, unit: GlucoseUnit): number =>
  Math.round((unit === 'mmol/L' ? value : value / mgdlPerMmol) * 10) / 10;
