// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as BlockIndex from './BlockIndex.js';

test('find gives exactly the blocks that were added for a key, newest first, within the range', () => {
  const additions = fc.array(fc.tuple(fc.nat(40), fc.nat(3)), { maxLength: 4_000 });
  fc.assert(
    fc.property(additions, fc.nat(600), fc.nat(600), (keys, from, to) => {
      const index = BlockIndex.create();
      const naive = new Map<string, number[]>();
      let block = 0;
      for (const [key, step] of keys) {
        block += step;
        index.add(`k${key}`, block);
        const blocks = naive.get(`k${key}`) ?? [];
        if (blocks.at(-1) !== block) blocks.push(block);
        naive.set(`k${key}`, blocks);
      }
      for (let key = 0; key <= 41; key++) {
        const blocks = naive.get(`k${key}`) ?? [];
        expect(index.count(`k${key}`)).toBe(blocks.length);
        expect(index.find(`k${key}`, from, to)).toEqual(blocks.filter((n) => n >= from && n <= to).reverse());
      }
    }),
    { numRuns: 50 },
  );
});

test('a hundred thousand different keys are all found after the table has grown', () => {
  const index = BlockIndex.create();
  const key = (n: number): string => `t0x${n.toString(16).padStart(64, '0')}`;
  for (let n = 0; n < 100_000; n++) index.add(key(n), n);
  const lost = Array.from({ length: 100_000 }, (_, n) => n).filter(
    (n) => !index.find(key(n), n, n).includes(n),
  );
  expect(lost).toEqual([]);
  expect(index.find(key(100_001), 0, 100_000)).toEqual([]);
});
