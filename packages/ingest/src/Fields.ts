// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import { maxNameLength, maxValue } from './Limits.js';

/** A JSON object, whose fields may hold anything. */
export type Fields = { readonly [name: string]: unknown };

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object under a name, or one without fields. */
export const under = (of: Fields, name: string): Fields => {
  const value = of[name];
  return isFields(value) ? value : {};
};

/** The list under a name, or an empty one. */
export const list = (of: Fields, name: string): unknown[] => {
  const value = of[name];
  return Array.isArray(value) ? value : [];
};

/** The first of the fields that holds a text or a number, as a text of at most `most` characters. */
export function text(of: Fields, names: string[], most: number = maxNameLength): string {
  for (const name of names) {
    const value = of[name];
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
    if (typeof value === 'string' && value.trim() !== '') return clip(value.trim(), most);
  }
  return '';
}

/** The first of the fields that holds a finite number, also one written as a text. */
export function number(of: Fields, names: string[]): number | undefined {
  for (const name of names) {
    const value = of[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
    if (typeof value === 'string' && value.length <= maxNameLength) {
      const read = Amount.parse(value) ?? Amount.whole(value);
      if (read !== undefined) return read + 0;
    }
  }
  return undefined;
}

/** The first of the fields that holds a number that a reading can carry. */
export function value(of: Fields, names: string[]): number | undefined {
  const found = number(of, names);
  return found !== undefined && Math.abs(found) <= maxValue ? found : undefined;
}

/** The field where it is a number from 0 to `most`; `undefined` where there is none, `null` for anything else. */
export function upTo(of: Fields, names: string[], most: number): number | null | undefined {
  const held = names.some((name) => of[name] !== undefined && of[name] !== null && of[name] !== '');
  if (!held) return undefined;
  const value = number(of, names);
  return value !== undefined && value >= 0 && value <= most ? value : null;
}

/** The source's own name of a record, where it is short enough to be one. */
export function id(of: Fields, names: string[]): string | null {
  for (const name of names) {
    const given = of[name];
    // Databases write their own as `{"$oid": …}`.
    const value = isFields(given) ? given.$oid : given;
    const written = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
    if (typeof written === 'string' && written !== '' && written.length <= maxNameLength)
      return clip(written, maxNameLength);
  }
  return null;
}
