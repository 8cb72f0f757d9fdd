// Copyright the Islet authors. AGPL-3.0-or-later.
// Against linear algebra: an interval's total follows from known totals exactly where its row lies in their span.
import type { Stream } from '@islet/core/Stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Derivable from './Derivable.js';

const monday = 45_416 - (45_416 % 14);
const scope = (stream: string, first: number, last = first): Derivable.Scope => ({
  stream: stream as Stream,
  firstDay: monday + first,
  lastDay: monday + last,
});

/** Rows of 0 and 1, a column a day; rational elimination in whole numbers. */
function inSpan(rows: bigint[][], wanted: bigint[]): boolean {
  const pivots: bigint[][] = [];
  const reduce = (row: bigint[]): bigint[] => {
    let r = row;
    for (const p of pivots) {
      const at = p.findIndex((x) => x !== 0n);
      if (r[at] !== 0n) {
        const [a, b] = [p[at]!, r[at]!];
        r = r.map((x, i) => x * a - p[i]! * b);
      }
    }
    return r;
  };
  for (const row of rows) {
    const r = reduce(row);
    if (r.some((x) => x !== 0n)) pivots.push(r);
  }
  return reduce(wanted).every((x) => x === 0n);
}

const columns = 42;
const rowOf = (from: number, to: number): bigint[] =>
  Array.from({ length: columns }, (_, day) => (day >= from && day < to ? 1n : 0n));
const days: Record<string, number> = { raw: 1, hour: 1, day: 1, week: 7, report: 14 };

function rowsOf(scopes: Derivable.Scope[]): [number, number][] {
  return scopes.flatMap(({ stream, firstDay, lastDay }) => {
    const length = days[stream.split('/')[1]!]!;
    const found: [number, number][] = [];
    for (let at = 0; at + length <= columns; at += length)
      if (at + length > firstDay - monday && at <= lastDay - monday) found.push([at, at + length]);
    return found;
  });
}

/** Every interval that follows from both together, from neither alone, and cannot be parted further; not given. */
function slowly(before: Derivable.Scope[], asked: Derivable.Scope[]): string[] {
  const [known, all] = [rowsOf(before), rowsOf([...before, ...asked])];
  const follows = (rows: [number, number][], from: number, to: number): boolean =>
    inSpan(
      rows.map(([a, b]) => rowOf(a, b)),
      rowOf(from, to),
    );
  const found: string[] = [];
  for (let from = 0; from < columns; from++)
    for (let to = from + 1; to <= columns; to++) {
      if (!follows(all, from, to) || follows(known, from, to)) continue;
      if (all.some(([a, b]) => a === from && b === to)) continue;
      let parted = false;
      for (let at = from + 1; at < to && !parted; at++) parted = follows(all, from, at);
      if (!parted) found.push(`${from}-${to}`);
    }
  return found.sort();
}

const unrun = (found: Derivable.Stretch[]): string[] =>
  found
    .flatMap(({ days: length, firstDay, lastDay }) => {
      const parts: string[] = [];
      for (let at = firstDay - monday; at <= lastDay - monday; at += length)
        parts.push(`${at}-${at + length}`);
      return parts;
    })
    .sort();

const anyScope = fc
  .tuple(
    fc.constantFrom('glucose/day', 'glucose/week', 'glucose/report', 'glucose/hour'),
    fc.nat(columns - 1),
    fc.nat(9),
  )
  .map(([stream, first, more]) => scope(stream, first, Math.min(columns - 1, first + more)));
const anyScopes = fc.array(anyScope, { maxLength: 3 });

describe('what grants together let one reader derive', () => {
  test('is what linear algebra says', () => {
    fc.assert(
      fc.property(anyScopes, anyScopes, (before, asked) => {
        expect(unrun(Derivable.unmeant(before, asked))).toEqual(slowly(before, asked));
      }),
      { numRuns: 25 },
    );
  });

  test('a week less six days is the seventh, whichever came first', () => {
    const [week, six] = [[scope('glucose/week', 0, 6)], [scope('glucose/day', 0, 5)]];
    const sunday = [{ category: 'glucose', days: 1, firstDay: monday + 6, lastDay: monday + 6 }];
    expect(Derivable.unmeant(six, week)).toEqual(sunday);
    expect(Derivable.unmeant(week, six)).toEqual(sunday);
    expect(Derivable.unmeant([], [...six, ...week])).toEqual(sunday);
    expect(() => Derivable.requireMeant(six, week)).toThrow(
      expect.objectContaining({ code: 'GRANT_DERIVES_MORE' }),
    );
  });

  test('a fortnight less a week is the other week, and less a day is thirteen days', () => {
    const report = [scope('glucose/report', 0, 13)];
    expect(Derivable.unmeant([scope('glucose/week', 0, 6)], report)).toEqual([
      { category: 'glucose', days: 7, firstDay: monday + 7, lastDay: monday + 13 },
    ]);
    expect(Derivable.unmeant([scope('glucose/raw', 0)], report)).toEqual([
      { category: 'glucose', days: 13, firstDay: monday + 1, lastDay: monday + 13 },
    ]);
  });

  test('sums of what is given are meant, at any resolution', () => {
    const raw = [scope('glucose/raw', 0, 13)];
    for (const stream of ['glucose/hour', 'glucose/day', 'glucose/week', 'glucose/report'])
      expect(Derivable.unmeant(raw, [scope(stream, 0, 13)])).toEqual([]);
    expect(() => Derivable.requireMeant(raw, [scope('glucose/week', 0, 6)])).not.toThrow();
  });

  test('nothing follows from data of another kind', () => {
    expect(Derivable.unmeant([scope('insulin/raw', 0, 5)], [scope('glucose/week', 0, 6)])).toEqual([]);
  });

  test('what could be derived before is not said again', () => {
    const before = [scope('glucose/week', 0, 6), scope('glucose/day', 0, 5)];
    expect(Derivable.unmeant(before, [scope('glucose/day', 20)])).toEqual([]);
  });

  test('a lifetime of days is judged in one go', () => {
    const life = [scope('glucose/day', 0, 36_500)];
    expect(Derivable.unmeant(life, [scope('glucose/week', 36_495, 36_510)])).not.toEqual([]);
  });
});
