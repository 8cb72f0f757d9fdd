// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading, Source } from '@islet/core/Reading';
import { maxNameLength } from './Limits.js';
import { type Outcome, refused } from './Outcome.js';

type Bare = Reading extends infer T
  ? T extends unknown
    ? Omit<T, 'at' | 'offsetMinutes' | 'said' | 'source'>
    : never
  : never;

/** What a row says, without when and by whom. A row of several parts names all but its first. */
export type Part = Bare & { part?: string; after?: number };

/** When a row was, as concluded, and as it was written. */
export type When = { at: number; offsetMinutes: number; said: string };

/**
 * The readings of one row. Those after the first get an identity of their own, since one name for two different
 * readings would make one overwrite the other. `after` moves a part by so many ms.
 */
export function outcome(row: number, parts: Part[], when: When, source: Source): Outcome {
  if (parts.length === 0) return refused(row, 'value');
  const { at, offsetMinutes, said } = when;
  const readings = parts.map(({ part, after = 0, ...bare }): Reading => {
    const id = source.id === null || part === undefined ? source.id : `${source.id}/${part}`;
    const own = id !== null && id.length > maxNameLength ? null : id;
    return { ...bare, at: at + after, offsetMinutes, said, source: { ...source, id: own } } as Reading;
  });
  return { row, is: 'readings', readings };
}
