// Copyright the Islet authors. AGPL-3.0-or-later.
// What a value in somebody else's JSON is taken for. Nothing here throws, and nothing is longer than it may be.
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import * as Keep from './Keep.js';
import { maxNameLength } from './Limits.js';

/** A JSON object, whose fields may hold anything. */
export type Fields = { readonly [name: string]: unknown };

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object with named fields, or undefined. */
export const fields = (value: unknown): Fields | undefined => (isFields(value) ? value : undefined);

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
  typeof value === 'string' && value.length <= maxNameLength ? Amount.parse(value) : number(value);

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
