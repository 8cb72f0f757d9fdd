// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flipped } from './core.testkit.js';
import { concat, fromHex, toHex, uint64 } from './crypto/bytes.js';
import { sha256 } from './crypto/hash.js';
import * as Merkle from './Merkle.js';

const most = 33;
const leaves = Array.from({ length: most }, (_, i) => sha256(uint64(i)));

/** MTH of RFC 9162 2.1.1, as it is written there: split at the largest power of two below n. */
function headByDefinition(d: Uint8Array[]): Uint8Array {
  if (d.length === 0) return sha256(new Uint8Array());
  if (d.length === 1) return sha256(concat(new Uint8Array([0]), d[0]!));
  let k = 1;
  while (k * 2 < d.length) k *= 2;
  return sha256(concat(new Uint8Array([1]), headByDefinition(d.slice(0, k)), headByDefinition(d.slice(k))));
}

/** PATH of RFC 9162 2.1.3.1, as it is written there. */
function pathByDefinition(m: number, d: Uint8Array[]): Uint8Array[] {
  if (d.length === 1) return [];
  let k = 1;
  while (k * 2 < d.length) k *= 2;
  return m < k
    ? [...pathByDefinition(m, d.slice(0, k)), headByDefinition(d.slice(k))]
    : [...pathByDefinition(m - k, d.slice(k)), headByDefinition(d.slice(0, k))];
}

/** How long that path is. */
function stepsByDefinition(m: number, n: number): number {
  if (n === 1) return 0;
  let k = 1;
  while (k * 2 < n) k *= 2;
  return 1 + (m < k ? stepsByDefinition(m, k) : stepsByDefinition(m - k, n - k));
}

describe('a Merkle tree', () => {
  test('has the roots that the reference logs of certificate transparency publish', () => {
    const published = [
      ['', '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
      ['00', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
      ['10', 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
      ['2021', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
      ['3031', '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
      ['40414243', '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
      ['5051525354555657', 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
      [
        '606162636465666768696a6b6c6d6e6f',
        '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
      ],
    ] as const;
    const data = published.map(([leaf]) => fromHex(leaf));
    published.forEach(([, root], i) => {
      expect(toHex(Merkle.root(Merkle.build(data.slice(0, i + 1))))).toBe(root);
    });
  });

  test('of nothing has the hash of nothing as its root', () => {
    expect(toHex(Merkle.root(Merkle.build([])))).toBe(toHex(sha256(new Uint8Array())));
    expect(() => Merkle.path(Merkle.build([]), 0)).toThrow(RangeError);
  });

  test(`has root and paths as RFC 9162 defines them, and proves every leaf, for all sizes 1 to ${most}`, () => {
    for (let n = 1; n <= most; n++) {
      const some = leaves.slice(0, n);
      const tree = Merkle.build(some);
      const root = Merkle.root(tree);
      expect(toHex(root)).toBe(toHex(headByDefinition(some)));
      for (let i = 0; i < n; i++) {
        const path = Merkle.path(tree, i);
        expect(path.map(toHex)).toEqual(pathByDefinition(i, some).map(toHex));
        expect(Merkle.includes(root, some[i]!, i, n, path)).toBe(true);
      }
      for (const i of [-1, n, 0.5]) expect(() => Merkle.path(tree, i)).toThrow(RangeError);
    }
  });

  test('proves a leaf at its own place and size only', () => {
    for (let n = 1; n <= 20; n++) {
      const tree = Merkle.build(leaves.slice(0, n));
      for (let i = 0; i < n; i++) {
        const path = Merkle.path(tree, i);
        for (let j = -1; j <= n; j++)
          expect(Merkle.includes(Merkle.root(tree), leaves[i]!, j, n, path)).toBe(j === i);
      }
    }
  });

  // Batch.rootOf binds the count, since a path alone can fit several: in a tree of 3 and of 4, leaf 0's looks alike.
  test('refuses a size for which the path has the wrong length', () => {
    for (let n = 1; n <= 20; n++) {
      const tree = Merkle.build(leaves.slice(0, n));
      for (let i = 0; i < n; i++) {
        const path = Merkle.path(tree, i);
        for (let count = -1; count <= 40; count++) {
          const fits = count > i && stepsByDefinition(i, count) === path.length;
          expect(Merkle.rootFrom(leaves[i]!, i, count, path) !== undefined).toBe(fits);
        }
      }
    }
  });

  test('refuses an altered leaf or path: a bit turned, a step missing, added, doubled or swapped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: most }), fc.nat(), fc.nat(255), (n, pick, bit) => {
        const i = pick % n;
        const tree = Merkle.build(leaves.slice(0, n));
        const root = Merkle.root(tree);
        const path = Merkle.path(tree, i);
        const leads = (leaf: Uint8Array, p: Uint8Array[]) => Merkle.includes(root, leaf, i, n, p);
        expect(leads(flipped(leaves[i]!, bit), path)).toBe(false);
        expect(leads(leaves[(i + 1) % most]!, path)).toBe(false);
        expect(leads(leaves[i]!, [...path, leaves[0]!])).toBe(false);
        expect(leads(leaves[i]!, [...path, new Uint8Array()])).toBe(false);
        path.forEach((step, at) => {
          expect(leads(leaves[i]!, path.with(at, flipped(step, bit)))).toBe(false);
          expect(leads(leaves[i]!, path.with(at, step.slice(1)))).toBe(false);
          expect(leads(leaves[i]!, path.toSpliced(at, 1))).toBe(false);
          expect(leads(leaves[i]!, path.toSpliced(at, 0, step))).toBe(false);
        });
        if (path.length > 1) expect(leads(leaves[i]!, path.toReversed())).toBe(false);
      }),
    );
  });

  test('never takes an inner node for a leaf', () => {
    const tree = Merkle.build(leaves.slice(0, 4));
    const inner = concat(tree[0]![0]!, tree[0]![1]!);
    expect(Merkle.includes(Merkle.root(tree), inner, 0, 2, [tree[1]![1]!])).toBe(false);
  });

  test('changes its root with any leaf, with their order and with their number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: most }), fc.nat(), fc.nat(255), (n, pick, bit) => {
        const some = leaves.slice(0, n);
        const i = pick % (n - 1);
        const rootOf = (l: Uint8Array[]) => toHex(Merkle.root(Merkle.build(l)));
        const all = [
          some,
          some.with(i, flipped(some[i]!, bit)),
          some.with(i, some[i + 1]!).with(i + 1, some[i]!),
          some.slice(0, -1),
          [...some, some.at(-1)!],
        ];
        expect(new Set(all.map(rootOf)).size).toBe(all.length);
      }),
    );
  });

  test('finds the place of a proof of any size without overflow', () => {
    const count = Number.MAX_SAFE_INTEGER;
    const path = Array.from({ length: 53 }, () => leaves[0]!);
    expect(Merkle.rootFrom(leaves[1]!, 0, count, path)).toBeDefined();
    expect(Merkle.rootFrom(leaves[1]!, 0, count, path.slice(1))).toBeUndefined();
    expect(Merkle.rootFrom(leaves[1]!, 0, 2 ** 53, path)).toBeUndefined();
    expect(Merkle.rootFrom(leaves[1]!, Number.NaN, 3, path.slice(0, 2))).toBeUndefined();
  });
});
