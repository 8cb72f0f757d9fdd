// Copyright the Islet authors. AGPL-3.0-or-later.
import { malformed } from '../Refusal.js';

// Records as clients send them: plain JSON objects with text keys, never trusted.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Fields = { [key: string]: Json };

/** Nesting that a record may have: far beyond any real one, far below what a stack takes. */
const maxDepth = 32;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A body as JSON. Throws 400, also for an empty one: whoever sent it may think that it held something. */
export function parse(body: Uint8Array): Json {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw malformed('The body is not UTF-8.');
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw malformed('The body is not JSON.');
  }
}

/** Whether a value nests no deeper than a record may. */
export function isShallow(value: Json, depth = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  return Object.values(value).every((inner) => isShallow(inner, depth - 1));
}

/** One text for one content: keys in order, no blanks. For shallow values only. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`);
  return `{${pairs.join(',')}}`;
}

/** A member of its own, by name or by a path with points. Never one that an object inherits. */
export function at(fields: Fields, path: string): Json | undefined {
  let value: Json | undefined = fields;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Fields)[name];
  }
  return value;
}

/** A number, also where it was written as a text. */
export function numberOf(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.length > 32 || value.trim() === '') return undefined;
  const number = Number(value.replace(',', '.'));
  return Number.isFinite(number) ? number : undefined;
}

export const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Members that let their holder act as a phone or as the person. Nobody who follows is to see them, so nobody keeps them. */
const secret =
  /^(device_?token|apns?_?(key|token|secret|device_?token).*|.*password.*|.*passphrase.*|(api_?|client_?|shared_?)?secret|api_?key|access_?token|refresh_?token|token)$/i;

/** Without secrets, wherever they stand, and without names that could shadow an object's own. */
export function withoutSecrets(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const kept: Fields = {};
  for (const [key, inner] of Object.entries(value))
    if (!secret.test(key) && key !== '__proto__') kept[key] = withoutSecrets(inner);
  return kept;
}
