// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Batch from './Batch.js';
import { bytesOf, drawn, flipped } from './core.testkit.js';
import { toHex } from './crypto/bytes.js';
import * as Receipt from './Receipt.js';

const anyBatch = fc.record({
  hub: bytesOf(20),
  number: fc.maxSafeNat(),
  leaves: fc.array(bytesOf(32), { maxLength: 20 }),
  map: fc.array(fc.record({ key: bytesOf(32), headHash: bytesOf(32) }), { maxLength: 9 }),
});
const hex = (bytes: Uint8Array | undefined) => bytes && toHex(bytes);

describe('a batch', () => {
  test('leads every leaf and every head to its one root, by what travels as bytes', () => {
    fc.assert(
      fc.property(anyBatch, ({ hub, number, leaves, map }) => {
        const built = Batch.build(hub, number, leaves, map);
        leaves.forEach((leaf, i) => {
          const receipt = Receipt.parseReceipt(Receipt.encodeReceipt(Receipt.ofLeaf(built, i)));
          expect(hex(Receipt.rootOfLeaf(receipt, leaf))).toBe(toHex(built.root));
        });
        built.batch.map.forEach((entry, i) => {
          const proof = Receipt.parseHeadProof(Receipt.encodeHeadProof(Receipt.ofHead(built, i)));
          expect(hex(Receipt.rootOfHead(proof, entry))).toBe(toHex(built.root));
        });
      }),
      { numRuns: 40 },
    );
  });

  test('sorts its map: the order in which heads came changes nothing', () => {
    fc.assert(
      fc.property(anyBatch, ({ hub, number, leaves, map }) => {
        const one = Batch.build(hub, number, leaves, map);
        expect(toHex(Batch.build(hub, number, leaves, map.toReversed()).root)).toBe(toHex(one.root));
        const keys = one.batch.map.map((e) => toHex(e.key));
        expect(keys).toEqual([...keys].sort());
      }),
      { numRuns: 30 },
    );
  });

  test('has another root for another hub, number, leaf, order, head or size', () => {
    const random = drawn('batch');
    const [hub, leaves] = [random(20), [random(32), random(32), random(32)]];
    const map = [
      { key: random(32), headHash: random(32) },
      { key: random(32), headHash: random(32) },
    ];
    const roots = [
      Batch.build(hub, 7, leaves, map),
      Batch.build(flipped(hub, 0), 7, leaves, map),
      Batch.build(hub, 8, leaves, map),
      Batch.build(hub, 7, leaves.toReversed(), map),
      Batch.build(hub, 7, leaves.slice(1), map),
      Batch.build(hub, 7, leaves, map.slice(1)),
      Batch.build(hub, 7, leaves, [map[0]!, { ...map[1]!, headHash: random(32) }]),
      Batch.build(hub, 7, [], []),
    ].map((b) => toHex(b.root));
    expect(new Set(roots).size).toBe(roots.length);
  });
});

describe('a receipt', () => {
  const random = drawn('receipt');
  const leaves = Array.from({ length: 6 }, () => random(32));
  const map = [1, 2, 3].map(() => ({ key: random(32), headHash: random(32) }));
  const built = Batch.build(random(20), 5, leaves, map);

  test('altered in any part leads nowhere, or not to the root', () => {
    const receipt = Receipt.ofLeaf(built, 2);
    const changes: Partial<Receipt.Receipt>[] = [
      { hub: flipped(receipt.hub, 0) },
      { number: 6 },
      { leafCount: 5 },
      { leafCount: 7 },
      { leafCount: 2 ** 53 - 1 },
      { index: 3 },
      { index: 6 },
      { index: -1 },
      { path: receipt.path.slice(1) },
      { path: [...receipt.path, random(32)] },
      ...receipt.path.map((step, i) => ({ path: receipt.path.with(i, flipped(step, 9)) })),
      { mapRoot: flipped(receipt.mapRoot, 0) },
      { mapCount: 4 },
    ];
    expect(hex(Receipt.rootOfLeaf(receipt, leaves[2]!))).toBe(toHex(built.root));
    for (const change of changes)
      expect(hex(Receipt.rootOfLeaf({ ...receipt, ...change }, leaves[2]!))).not.toBe(toHex(built.root));
    for (const leaf of [leaves[3]!, flipped(leaves[2]!, 0), random(32)])
      expect(hex(Receipt.rootOfLeaf(receipt, leaf))).not.toBe(toHex(built.root));
  });

  test('of a head likewise', () => {
    const proof = Receipt.ofHead(built, 1);
    const entry = built.batch.map[1]!;
    const changes: Partial<Receipt.HeadProof>[] = [
      { hub: flipped(proof.hub, 0) },
      { number: 4 },
      { leavesRoot: flipped(proof.leavesRoot, 0) },
      { leafCount: 7 },
      { mapCount: 2 },
      { mapCount: 4 },
      { index: 0 },
      { index: 3 },
      ...proof.path.map((step, i) => ({ path: proof.path.with(i, flipped(step, 9)) })),
    ];
    expect(hex(Receipt.rootOfHead(proof, entry))).toBe(toHex(built.root));
    for (const change of changes)
      expect(hex(Receipt.rootOfHead({ ...proof, ...change }, entry))).not.toBe(toHex(built.root));
    for (const other of [
      built.batch.map[0]!,
      { ...entry, key: random(32) },
      { ...entry, headHash: random(32) },
    ])
      expect(hex(Receipt.rootOfHead(proof, other))).not.toBe(toHex(built.root));
  });
});
