// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Remark } from './Outcome.js';

/** How often each type of record was met that is not taken. */
export type Counts = Map<string, number>;

export const none = (): Counts => new Map();

/** Different types named one by one; further ones are counted together. */
const mostNames = 40;

/** What a type of record can be called. Anything else may be a person's words, and is not repeated. */
const typeName = /^[A-Za-z][A-Za-z0-9]{1,79}$|^[A-Za-z]{0,40} ?\d{1,6}-\d$/;

const others = 'others';

export function count(counts: Counts, type: unknown): void {
  const name = typeof type === 'string' && typeName.test(type) ? type : others;
  const key = counts.has(name) || counts.size < mostNames ? name : others;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Says which types were not taken, the most frequent first. */
export function remarks(counts: Counts): Remark[] {
  if (counts.size === 0) return [];
  const names = [...counts].sort((a, b) => b[1] - a[1]).map(([name, n]) => `${name} (${n})`);
  return [{ code: 'not-taken', text: `Records of these types were not taken: ${names.join(', ')}.` }];
}
