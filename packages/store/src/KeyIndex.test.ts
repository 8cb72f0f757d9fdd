// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyIndex } from './KeyIndex.js';
import { sha256 } from './sha256.js';

const keyFor = (n: number): Uint8Array => sha256(Uint8Array.of(n & 255, n >> 8));

test('an index is a map, through growth, removal and keys that fall into one slot', () => {
  const collide = (n: number): Uint8Array => keyFor(n).slice().fill(7, 0, 4);
  const step = fc.record({ n: fc.nat(40), remove: fc.boolean(), collide: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const index = new KeyIndex();
      const model = new Map<string, number>();
      steps.forEach((one, i) => {
        const key = one.collide ? collide(one.n) : keyFor(one.n);
        if (one.remove) {
          index.remove(key);
          model.delete(key.toString());
        } else {
          index.set(key, { pack: 1, offset: i, length: one.n });
          model.set(key.toString(), i);
        }
      });
      expect(index.size).toBe(model.size);
      const entries = [...index.entries()].map(({ key, place }) => [key.toString(), place.offset] as const);
      expect(new Map(entries)).toEqual(model);
      expect(index.snapshot().length).toBe(model.size * 32);
      for (let n = 0; n <= 40; n++)
        expect(index.get(keyFor(n))?.offset).toBe(model.get(keyFor(n).toString()));
    }),
  );
});

test('ten thousand keys are all found', () => {
  const index = new KeyIndex();
  for (let n = 0; n < 10_000; n++) index.set(keyFor(n), { pack: n, offset: n, length: n });
  for (let n = 0; n < 10_000; n++) expect(index.get(keyFor(n))).toEqual({ pack: n, offset: n, length: n });
});
