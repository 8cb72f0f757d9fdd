// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Calendar from './Calendar.js';
import { encode, type Item, MalformedError } from './codec.js';
import { anyDay, decoded, drawn, spoilt } from './core.testkit.js';
import { equal, toHex, uint64 } from './crypto/bytes.js';
import { sha256 } from './crypto/hash.js';
import * as Days from './Day.js';

const hash = fc.nat(1000).map((n) => sha256(uint64(n)));
const anyEntry = fc.record({ closed: fc.option(hash), open: fc.array(hash, { maxLength: 3 }) });
const anyDayNearby = fc.oneof(anyDay, fc.integer({ min: 46_000, max: 46_100 }));
const anyChanges = fc.array(fc.tuple(anyDayNearby, anyEntry), { minLength: 1, maxLength: 30 });
const anyRange = fc
  .tuple(anyDayNearby, anyDayNearby)
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

const made = (changes: [number, Calendar.Entry][]) => {
  const calendar = Calendar.empty();
  for (const [day, entry] of changes) Calendar.set(calendar, day, entry);
  return { calendar, ...Calendar.nodes(calendar) };
};
const whole = [Days.first, Days.last] as const;

describe('a calendar', () => {
  test('answers any range as a map of days would', () => {
    fc.assert(
      fc.property(anyChanges, anyRange, (changes, [first, last]) => {
        const { root, fresh } = made(changes);
        const model = new Map(changes);
        const inside = [...model].filter(([day]) => first <= day && day <= last);
        expect([...Calendar.entries(root, fresh, first, last)]).toEqual(inside.sort(([a], [b]) => a - b));
      }),
    );
  });

  test('has a root that says what it holds, not how it came to be', () => {
    fc.assert(
      fc.property(anyChanges, fc.array(fc.boolean()), (changes, asked) => {
        const calendar = Calendar.empty();
        changes.forEach(([day, entry], i) => {
          Calendar.set(calendar, day, entry);
          if (asked[i]) Calendar.nodes(calendar);
        });
        const settled = [...new Map(changes)].reverse();
        expect(toHex(Calendar.nodes(calendar).root)).toBe(toHex(made(settled).root));
      }),
    );
  });

  test('has another root after any change of any day', () => {
    fc.assert(
      fc.property(anyChanges, anyDayNearby, anyEntry, (changes, day, entry) => {
        const { calendar, root } = made(changes);
        const before = calendar.entries.get(day);
        fc.pre(
          JSON.stringify(before && [before.closed, before.open]) !==
            JSON.stringify([entry.closed, entry.open]),
        );
        Calendar.set(calendar, day, entry);
        expect(equal(Calendar.nodes(calendar).root, root)).toBe(false);
      }),
    );
  });

  test('gives only new nodes: three for a day, and together with the old ones all that a reader needs', () => {
    fc.assert(
      fc.property(anyChanges, anyChanges, (before, after) => {
        const { calendar, fresh } = made(before);
        const kept = new Map(fresh);
        for (const [day, entry] of after) {
          Calendar.set(calendar, day, entry);
          const { fresh: changed } = Calendar.nodes(calendar);
          expect(changed.size).toBeLessThanOrEqual(3);
          for (const [name, node] of changed) kept.set(name, node);
        }
        const { root } = Calendar.nodes(calendar);
        const model = [...new Map([...before, ...after])].sort(([a], [b]) => a - b);
        expect([...Calendar.entries(root, kept, ...whole)]).toEqual(model);
      }),
      { numRuns: 50 },
    );
  });

  test('tells what is missing, level by level, until it can answer, and asks for no page outside the range', () => {
    fc.assert(
      fc.property(anyChanges, anyRange, (changes, [first, last]) => {
        const { root, fresh } = made(changes);
        const have = new Map<string, Uint8Array>();
        let rounds = 0;
        for (let wanted = [root]; wanted.length > 0; rounds++) {
          for (const name of wanted) have.set(toHex(name), fresh.get(toHex(name))!);
          wanted = Calendar.missing(root, have, first, last);
        }
        expect(rounds).toBeLessThanOrEqual(3);
        expect(Calendar.entries(root, have, first, last)).toEqual(Calendar.entries(root, fresh, first, last));
        const inRange = (shift: number) =>
          new Set(
            changes.map(([day]) => day >> shift).filter((n) => n >= first >> shift && n <= last >> shift),
          ).size;
        expect(have.size).toBeLessThanOrEqual(1 + inRange(11) + inRange(5));
      }),
    );
  });

  test('without days has the empty root, and needs nothing', () => {
    const { root, fresh } = Calendar.nodes(Calendar.empty());
    expect([toHex(root), fresh.size]).toEqual(['00'.repeat(32), 0]);
    expect(Calendar.missing(root, new Map(), ...whole)).toEqual([]);
    expect(Calendar.entries(root, new Map(), ...whole).size).toBe(0);
  });

  test('takes no node under another’s hash, and says so as missing', () => {
    const { root, fresh } = made([
      [46_000, { closed: drawn('c')(32), open: [] }],
      [1, { closed: null, open: [] }],
    ]);
    for (const name of fresh.keys())
      for (const other of fresh.values()) {
        if (other === fresh.get(name)) continue;
        const swapped = new Map(fresh).set(name, other);
        expect(Calendar.missing(root, swapped, ...whole).map(toHex)).toContain(name);
        expect(() => Calendar.entries(root, swapped, ...whole)).toThrow(RangeError);
      }
  });

  test('refuses nodes that are empty, out of order, name a place twice, or one there is not', () => {
    const node = (fields: Item[]) => encode('islet/calendar', 1, fields);
    const h = drawn('h')(32);
    const inner = (list: Item) => () => Calendar.childrenOf(node([list]));
    expect(
      inner([
        [0, h],
        [63, h],
      ]),
    ).not.toThrow();
    for (const list of [
      [],
      [
        [0, h],
        [0, h],
      ],
      [
        [1, h],
        [0, h],
      ],
      [[64, h]],
      [[-1, h]],
      [[0, h.slice(1)]],
      [[0, h, null]],
    ])
      expect(inner(list)).toThrow(MalformedError);
    const middle = (page: Uint8Array) => node([[[0, Calendar.hashOf(page)]]]);
    const reading = (list: Item) => () => {
      const page = node([list]);
      const top = node([[[0, Calendar.hashOf(middle(page))]]]);
      const have = new Map([page, middle(page), top].map((b) => [toHex(Calendar.hashOf(b)), b]));
      return Calendar.entries(Calendar.hashOf(top), have, 0, 40);
    };
    expect(
      reading([
        [0, null, []],
        [31, h, [h]],
      ])().size,
    ).toBe(2);
    for (const list of [
      [],
      [
        [3, null, []],
        [3, h, []],
      ],
      [
        [3, h, []],
        [2, h, []],
      ],
      [[32, h, []]],
      [[0, h]],
      [[0, 0, []]],
    ])
      expect(reading(list)).toThrow(MalformedError);
  });

  test('has nodes that cannot be spoilt unnoticed', async () => {
    const { fresh } = made([
      [46_000, { closed: drawn('c')(32), open: [drawn('o')(32)] }],
      [46_001, { closed: null, open: [] }],
    ]);
    for (const [name, bytes] of fresh)
      for (const other of spoilt(bytes)) expect(Calendar.isNode(Buffer.from(name, 'hex'), other)).toBe(false);
    for (const other of spoilt([...fresh.values()].at(-1)!))
      expect(await decoded({ decode: Calendar.childrenOf, encode: () => other }, other)).toSatisfy(
        (children) => children === undefined || Array.isArray(children),
      );
  });
});
