// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyDay, anyStream, bytesOf, drawn } from './core.testkit.js';
import { concat, toHex, utf8 } from './crypto/bytes.js';
import { hmac } from './crypto/hash.js';
import * as Days from './Day.js';
import * as KeyTree from './KeyTree.js';

const seed = drawn('key tree')(32);
const root = KeyTree.root(seed, 0, 'glucose/raw');

const anyRange = fc
  .tuple(anyDay, anyDay, fc.boolean())
  .map(([a, b, short]): [number, number] =>
    short ? [a, Math.min(a + (b % 400), Days.last)] : [Math.min(a, b), Math.max(a, b)],
  );

/** A day's leaf by the definition: one keyed hash per bit of the day number, highest first. */
function leafByDefinition(key: Uint8Array, day: number): Uint8Array {
  for (let bit = KeyTree.depth - 1; bit >= 0; bit--) key = hmac(key, new Uint8Array([(day >> bit) & 1]));
  return key;
}

/** The fewest whole subtrees that tile a range, counted from below: the ends that do not pair, level by level. */
function fewest(first: number, last: number): number {
  let count = 0;
  let [from, to] = [first, last + 1];
  while (from < to) {
    if (from % 2 === 1) {
      count++;
      from++;
    }
    if (to % 2 === 1) {
      count++;
      to--;
    }
    from /= 2;
    to /= 2;
  }
  return count;
}

describe('a key tree', () => {
  test('has as its root and leaves the keyed hashes that its definition says', () => {
    fc.assert(
      fc.property(bytesOf(32), fc.nat(255), anyStream, anyDay, (from, generation, stream, day) => {
        const { key, ...place } = KeyTree.root(from, generation, stream);
        expect(place).toEqual({ depth: 0, index: 0 });
        const message = concat(utf8('islet/stream/v1'), new Uint8Array([generation]), utf8(stream));
        expect(toHex(key)).toBe(toHex(hmac(from, message)));
        const leaf = KeyTree.leaf([{ ...place, key }], day)!;
        expect(toHex(leaf)).toBe(toHex(leafByDefinition(key, day)));
      }),
    );
  });

  test('without some days gives every other leaf as before and none of those', () => {
    fc.assert(
      fc.property(
        fc.array(anyRange, { minLength: 1, maxLength: 6 }),
        fc.array(anyDay, { maxLength: 20 }),
        (ranges, days) => {
          let nodes = [root];
          for (const [first, last] of ranges) nodes = KeyTree.puncture(nodes, first, last);
          const edges = ranges.flatMap(([first, last]) => [first - 1, first, last, last + 1]);
          for (const day of [...days, ...edges].filter(Days.isDay)) {
            const removed = ranges.some(([first, last]) => day >= first && day <= last);
            const leaf = KeyTree.leaf(nodes, day);
            expect(leaf && toHex(leaf)).toBe(removed ? undefined : toHex(KeyTree.leaf([root], day)!));
          }
          // No node left is above a removed day, so nothing in them leads to its leaf.
          for (const node of nodes)
            expect(
              ranges.some(
                ([first, last]) => KeyTree.firstDay(node) <= last && KeyTree.lastDay(node) >= first,
              ),
            ).toBe(false);
        },
      ),
    );
  });

  test('says which days are left in runs, and all of them', () => {
    fc.assert(
      fc.property(fc.array(anyRange, { maxLength: 4 }), anyDay, (ranges, from) => {
        const nodes = ranges.reduce((left, [a, b]) => KeyTree.puncture(left, a, b), [root]);
        const to = Math.min(from + 300, Days.last);
        const runs = KeyTree.held(nodes, from, to);
        for (let day = from; day <= to; day++)
          expect(runs.some((run) => day >= run.first && day <= run.last)).toBe(
            !ranges.some(([a, b]) => day >= a && day <= b),
          );
        for (const [i, run] of runs.entries())
          expect(run.first).toBeGreaterThan(i > 0 ? runs[i - 1]!.last + 1 : from - 1);
      }),
      { numRuns: 50 },
    );
  });

  test('without one range has no more nodes than two covers', () => {
    fc.assert(
      fc.property(anyRange, ([first, last]) => {
        expect(KeyTree.puncture([root], first, last).length).toBeLessThanOrEqual(2 * KeyTree.depth);
      }),
    );
    expect(KeyTree.puncture([root], Days.first, Days.last)).toEqual([]);
  });

  test('gives the same leaf from a cover as from the root, for every day in range', () => {
    fc.assert(
      fc.property(anyRange, fc.nat(), ([first, last], n) => {
        const nodes = KeyTree.cover(root, first, last);
        for (const day of [first, last, first + (n % (last - first + 1))])
          expect(toHex(KeyTree.leaf(nodes, day)!)).toBe(toHex(KeyTree.leaf([root], day)!));
      }),
    );
  });

  test('covers exactly the days of a range: in order, without overlap, none beside', () => {
    fc.assert(
      fc.property(anyRange, anyDay, ([first, last], other) => {
        const nodes = KeyTree.cover(root, first, last);
        expect(KeyTree.firstDay(nodes[0]!)).toBe(first);
        expect(KeyTree.lastDay(nodes.at(-1)!)).toBe(last);
        for (let i = 1; i < nodes.length; i++)
          expect(KeyTree.firstDay(nodes[i]!)).toBe(KeyTree.lastDay(nodes[i - 1]!) + 1);
        for (const day of [first - 1, last + 1, other])
          expect(KeyTree.leaf(nodes, day) !== undefined).toBe(first <= day && day <= last);
      }),
    );
  });

  test('covers a short range day by day: those in it open, all others within a year stay closed', () => {
    for (const [first, last] of [
      [0, 0],
      [7, 8],
      [45_000, 45_013],
      [45_055, 45_057],
      [Days.last - 2, Days.last],
    ] as const) {
      const nodes = KeyTree.cover(root, first, last);
      for (let day = first - 183; day <= last + 183; day++)
        expect(KeyTree.leaf(nodes, day) !== undefined).toBe(first <= day && day <= last);
    }
  });

  test('covers with the fewest nodes there can be, never more than maxNodes', () => {
    fc.assert(
      fc.property(anyRange, ([first, last]) => {
        expect(KeyTree.cover(root, first, last).length).toBe(fewest(first, last));
      }),
    );
    expect(KeyTree.cover(root, Days.first + 1, Days.last - 1).length).toBe(KeyTree.maxNodes);
    expect(KeyTree.cover(root, Days.first, Days.last)).toEqual([root]);
  });

  test('covers from a node what it covers from the root, as far as the node reaches', () => {
    fc.assert(
      fc.property(anyRange, anyRange, ([first, last], [a, b]) => {
        for (const node of KeyTree.cover(root, first, last).slice(0, 3)) {
          const low = Math.max(a, KeyTree.firstDay(node));
          const high = Math.min(b, KeyTree.lastDay(node));
          const inside = low <= high ? KeyTree.cover(root, low, high) : [];
          expect(KeyTree.cover(node, a, b)).toEqual(inside);
        }
      }),
    );
  });

  test('shares nothing with the tree of another seed, generation or stream', () => {
    fc.assert(
      fc.property(anyDay, anyStream, fc.nat(255), fc.nat(255), (day, stream, one, two) => {
        fc.pre(one !== two);
        const other = drawn('another')(32);
        const keys = [
          KeyTree.root(seed, one, stream),
          KeyTree.root(seed, two, stream),
          KeyTree.root(other, one, stream),
          KeyTree.root(seed, one, 'another/stream'),
        ].flatMap((r) => [r.key, KeyTree.leaf([r], day)!]);
        expect(new Set(keys.map(toHex)).size).toBe(keys.length);
      }),
    );
  });

  test('gives each purpose a seed of its own, and a late seed that no day has', () => {
    const leaf = KeyTree.leaf([root], 45_000)!;
    const keys = [
      leaf,
      root.key,
      KeyTree.keySeed(leaf, 'xwing'),
      KeyTree.keySeed(leaf, 'hpke'),
      KeyTree.lateSeed(root, 'xwing'),
      KeyTree.lateSeed(root, 'hpke'),
    ];
    expect(new Set(keys.map(toHex)).size).toBe(keys.length);
    for (const node of KeyTree.cover(root, 1, Days.last))
      expect(() => KeyTree.lateSeed(node, 'xwing')).toThrow(RangeError);
  });

  test('refuses what is no day, no range and no generation', () => {
    for (const [first, last] of [
      [-1, 5],
      [5, 4],
      [0, Days.last + 1],
      [0.5, 3],
      [Number.NaN, 3],
    ] as const)
      expect(() => KeyTree.cover(root, first, last)).toThrow(RangeError);
    for (const day of [-1, 0.5, Days.last + 1, Number.NaN]) expect(KeyTree.leaf([root], day)).toBeUndefined();
    for (const generation of [-1, 256, 0.5, Number.NaN])
      expect(() => KeyTree.root(seed, generation, 'glucose/raw')).toThrow(RangeError);
  });
});
