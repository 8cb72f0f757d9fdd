// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit, Reading } from '@islet/core/Reading';
import type { Judged } from './DateOrder.js';

/** Why a row was refused. Stable words; the sentences say it to people, and never repeat what stood in the row. */
export const reasons = {
  cut: 'The last line of the file is cut off. Export the file again to have this row too.',
  fields: 'The row does not have as many fields as the column names.',
  quote: 'A quotation mark in this row is opened and never closed.',
  time: 'The time of this row cannot be read, or lies outside the years 1900 to 2200.',
  value: 'The row has no number that can be right where one is needed.',
  kind: 'The row is of a kind that is not known here.',
  shape: 'This is not an object with named fields.',
  deleted: 'The source itself marks this record as deleted.',
  person:
    'The file holds readings of several people, and does not say whose you are. Export one person alone.',
  large: 'This record is too large, or nested too deep, to be kept.',
} as const;

export type Reason = keyof typeof reasons;

/**
 * What became of one data row. `row` is the 1-based line on which it begins (in JSON: its 1-based place).
 * Every data row has exactly one outcome: that is what makes "nothing was lost on the way in" checkable.
 */
export type Outcome =
  | { row: number; is: 'readings'; readings: Reading[] }
  | { row: number; is: 'untimed' }
  | { row: number; is: 'refused'; reason: Reason };

/** Something the person should know about how the file was understood. */
export type Remark = { code: string; text: string };

/** What a format makes of a whole file. */
export type Parsed = {
  outcomes: Outcome[];
  /** The unit the file declares, or null where it has no glucose column. */
  unit: GlucoseUnit | null;
  /** Glucose numbers as written, before any was judged: the unit is checked against them. */
  numbers: number[];
  remarks: Remark[];
  /** How its dates were read, where they do not begin with the year: other files of one archive were written alike. */
  dates?: Judged;
};

export const refused = (row: number, reason: Reason): Outcome => ({ row, is: 'refused', reason });

export const untimed = (row: number): Outcome => ({ row, is: 'untimed' });
