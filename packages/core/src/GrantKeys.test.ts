// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encode, type Item, MalformedError } from './codec.js';
import { drawn, flipped } from './core.testkit.js';
import { concat, equal, toHex, utf8 } from './crypto/bytes.js';
import * as Xwing from './crypto/xwing.js';
import * as Day from './Day.js';
import * as Epoch from './Epoch.js';
import * as GrantKeys from './GrantKeys.js';
import * as KeyTree from './KeyTree.js';
import * as Span from './Span.js';

const random = drawn('grant keys');
const [seed, readerSeed, grantId, salt] = [random(32), random(32), random(32), random(32)];
const readerKey = Xwing.publicKeyOf(readerSeed);
const streams = GrantKeys.derive(seed, 0, ['glucose/day', 'insulin/raw'], 46_000, 46_013);
const keys: GrantKeys.GrantKeys = { salt, purpose: 'treatment', streams };

describe('the keys of a grant', () => {
  test('reach their reader whole', () => {
    const sealed = GrantKeys.seal(keys, grantId, readerKey, random);
    expect(GrantKeys.open(sealed, grantId, readerSeed)).toEqual(keys);
  });

  test('open the granted days of the granted streams, as the patient’s own keys do, and no other', () => {
    for (const { stream, nodes } of streams) {
      const root = KeyTree.root(seed, 0, stream);
      for (let day = 45_900; day < 46_100; day++) {
        const granted = KeyTree.leaf(nodes, day);
        expect(granted && toHex(granted)).toBe(
          day >= 46_000 && day <= 46_013 ? toHex(KeyTree.leaf([root], day)!) : undefined,
        );
      }
    }
    const all = streams.flatMap(({ nodes }) => nodes.map((n) => toHex(n.key)));
    expect(new Set(all).size).toBe(all.length);
  });

  test('stay closed to another reader, under another grant, and with a bit turned', () => {
    const sealed = GrantKeys.seal(keys, grantId, readerKey, random);
    expect(GrantKeys.open(sealed, grantId, random(32))).toBeUndefined();
    expect(GrantKeys.open(sealed, flipped(grantId, 0), readerSeed)).toBeUndefined();
    expect(GrantKeys.open(sealed.slice(0, -1), grantId, readerSeed)).toBeUndefined();
    for (let bit = 3; bit < sealed.length * 8; bit += 499)
      expect(GrantKeys.open(flipped(sealed, bit), grantId, readerSeed)).toBeUndefined();
    expect(toHex(GrantKeys.hashOf(sealed))).not.toBe(toHex(GrantKeys.hashOf(flipped(sealed, 0))));
  });

  test('of a shape that no patient writes are refused, though they were sealed as they should', () => {
    const opening = (list: Item, name = 'islet/grant-keys') => {
      const plaintext = encode(name, 1, [salt, 'treatment', list]);
      const context = concat(utf8('islet/grant-keys/v1'), grantId);
      return () => GrantKeys.open(Xwing.seal(readerKey, context, plaintext, random), grantId, readerSeed);
    };
    const node = (depth: number, index: number, key = salt): Item => [depth, index, key];
    expect(opening([['glucose/raw', [node(17, 2 ** 17 - 1), node(0, 0)]]])).not.toThrow();
    for (const nodes of [
      [node(18, 0)],
      [node(17, 2 ** 17)],
      [node(0, 1)],
      [node(3, 8)],
      [node(-1, 0)],
      [node(3, 1, salt.slice(1))],
      Array.from({ length: KeyTree.maxNodes + 1 }, (_, i) => node(17, i)),
    ])
      expect(opening([['glucose/raw', nodes]])).toThrow(MalformedError);
    expect(opening([['glucose/year', []]])).toThrow(Epoch.UnknownStreamError);
    expect(opening([], 'islet/grant')).toThrow(MalformedError);
  });
});

test('of weeks and reports there are keys for those wholly granted, for no other day and of no other stream', () => {
  const monday = Day.parse('2026-11-16')!;
  fc.assert(
    fc.property(fc.nat(40), fc.nat(40), (before, length) => {
      const [firstDay, lastDay] = [monday - before, monday - before + length];
      for (const stream of ['glucose/week', 'glucose/report'] as const) {
        const whole = Span.within(stream, { firstDay, lastDay });
        const make = () => GrantKeys.derive(seed, 0, [stream], firstDay, lastDay);
        if (!whole) {
          expect(make).toThrow(GrantKeys.NoWholeSpanError);
          continue;
        }
        const [granted] = make();
        for (let day = firstDay - 15; day <= lastDay + 15; day++) {
          const leaf = KeyTree.leaf(granted!.nodes, day);
          expect(leaf !== undefined).toBe(day >= whole.firstDay && day <= whole.lastDay);
          if (!leaf) continue;
          const own = KeyTree.leaf([KeyTree.root(seed, 0, stream)], day)!;
          const finer = KeyTree.leaf([KeyTree.root(seed, 0, 'glucose/day')], day)!;
          expect([equal(leaf, own), equal(leaf, finer)]).toEqual([true, false]);
        }
      }
    }),
    { numRuns: 30 },
  );
});
