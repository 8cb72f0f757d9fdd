// Copyright the Islet authors. AGPL-3.0-or-later.
// What a value in somebody else's JSON is taken for. Nothing here throws, and nothing is longer than it may be.
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import * as Keep from './Keep.js';
import { maxNameLength } from './Limits.js';

export type Fields = { readonly [name: string]: unknown };

/** An object with named fields, or undefined. */
export const fields = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

/** The same, empty where there is none. */
export const inside = (value: unknown): Fields => fields(value) ?? {};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A text that is not blank, at most `most` long. */
export function text(value: unknown, most: number = maxNameLength): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  return clip(value.trim(), most);
}

/** A number written as one. */
export const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined;

/** A number, also one written as text. */
export const loose = (value: unknown): number | undefined =>
  typeof value === 'string' ? Amount.parse(value) : number(value);

/** A number of at least zero and at most `most`. */
export function upTo(value: unknown, most: number): number | undefined {
  const found = number(value);
  return found !== undefined && found >= 0 && found <= most ? found : undefined;
}

/** A value less its secrets as JSON, or undefined where that is longer than `most` or deeper than anything real. */
export function json(value: unknown, most: number): string | undefined {
  const text = Keep.json(value);
  return text === undefined || text.length > most ? undefined : text;
}
