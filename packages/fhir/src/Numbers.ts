// Copyright the Islet authors. AGPL-3.0-or-later.
// Numbers on paper: written by ourselves, so that every program writes the same page. Dates are ISO 8601, the same
// everywhere.
import type { Metric } from '@islet/client/ReportStatement';
import { displayMgdl, displayMmol, mgdlPerMmol } from '@islet/core/Glucose';

export function fixed(value: number, digits: number, language: string): string {
  const text = value.toFixed(digits);
  return language === 'en' ? text : text.replace('.', ',');
}

/** Of hundredths of a percent. */
export const percent = (hundredths: number | null, language: string): string =>
  hundredths === null ? '–' : `${fixed(hundredths / 100, 1, language)} %`;

/** A figure of a statement as people read it, with its unit. */
export function metric(
  name: Metric,
  hundredths: number | null,
  unit: 'mg/dL' | 'mmol/L',
  language: string,
): string {
  if (hundredths === null) return '–';
  const value = hundredths / 100;
  if (name === 'gri') return fixed(value, 0, language);
  if (name !== 'mean' && name !== 'sd') return percent(hundredths, language);
  const [amount, digits] =
    unit === 'mg/dL'
      ? [name === 'mean' ? displayMgdl(value, 'mg/dL') : value, 0]
      : [name === 'mean' ? displayMmol(value, 'mg/dL') : value / mgdlPerMmol, 1];
  return `${fixed(amount, digits, language)} ${unit}`;
}

/** UTC, to the minute. */
export const moment = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
