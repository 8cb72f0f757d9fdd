// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Key, keyOf, type Store } from './Store.js';

export type StoreUnderTest = {
  store: Store;
  /** Damages the stored bytes of an object, which is there. */
  rot(key: Key): Promise<void>;
  /** Closes the store and opens it again; absent where it keeps nothing. */
  reopen?(): Promise<Store>;
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const absent = keyOf(bytes('never put'));

async function all(store: Store): Promise<Key[]> {
  const keys: Key[] = [];
  for await (const key of store.keys()) keys.push(key);
  return keys.sort();
}

/** What every store promises. `fresh` gives an empty one; it is closed afterwards. */
export function describeStore(name: string, fresh: () => Promise<StoreUnderTest>): void {
  const using = (law: (under: StoreUnderTest) => Promise<void>) => async (): Promise<void> => {
    const under = await fresh();
    try {
      await law(under);
    } finally {
      await under.store.close();
    }
  };

  describe(`${name} keeps what every store promises`, () => {
    test(
      'a key is the hash of the bytes, and gives them back',
      using(async ({ store }) => {
        const key = await store.put(bytes('abc'));
        expect(key).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
        expect(await store.get(key)).toEqual(bytes('abc'));
        expect(await store.has(key)).toBe(true);
      }),
    );

    test(
      'what was never put is not there',
      using(async ({ store }) => {
        expect(await store.get(absent)).toBeUndefined();
        expect(await store.has(absent)).toBe(false);
        expect(await all(store)).toEqual([]);
      }),
    );

    test(
      'an object may be empty',
      using(async ({ store }) => {
        expect(await store.get(await store.put(new Uint8Array(0)))).toEqual(new Uint8Array(0));
      }),
    );

    test(
      'putting twice stores once',
      using(async ({ store }) => {
        const keys = await store.putAll([bytes('a'), bytes('b'), bytes('a')]);
        expect(keys).toEqual([keyOf(bytes('a')), keyOf(bytes('b')), keyOf(bytes('a'))]);
        await Promise.all([store.put(bytes('a')), store.put(bytes('b')), store.put(bytes('a'))]);
        expect(await all(store)).toEqual([...new Set(keys)].sort());
        expect(await store.putAll([])).toEqual([]);
      }),
    );

    test(
      'nobody can change an object through bytes they hold',
      using(async ({ store }) => {
        // A Buffer's `slice` shares its memory, other arrays' does not.
        const mine = Buffer.from('mine');
        const putting = store.put(mine);
        mine.fill(0);
        const key = await putting;
        (await store.get(key))!.fill(0);
        expect(await store.get(key)).toEqual(bytes('mine'));
      }),
    );

    test(
      'what was dropped is gone, and only that; it may come back',
      using(async ({ store }) => {
        const [a, b] = await store.putAll([bytes('a'), bytes('b')]);
        await store.drop(a!);
        await store.drop(a!);
        await store.drop(absent);
        expect(await store.get(a!)).toBeUndefined();
        expect(await store.has(a!)).toBe(false);
        expect(await all(store)).toEqual([b]);
        expect(await store.put(bytes('a'))).toBe(a);
        expect(await store.get(a!)).toEqual(bytes('a'));
      }),
    );

    test(
      'damage is named and never returned, and putting again mends it',
      using(async ({ store, rot }) => {
        const [a, b] = await store.putAll([bytes('object a'), bytes('object b')]);
        await rot(a!);
        await expect(store.get(a!)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
        await expect(store.get(a!)).rejects.toThrow(a!);
        expect(await store.get(b!)).toEqual(bytes('object b'));
        await store.put(bytes('object a'));
        expect(await store.get(a!)).toEqual(bytes('object a'));
      }),
    );

    test(
      'a damaged object can be dropped',
      using(async ({ store, rot }) => {
        const key = await store.put(bytes('object'));
        await rot(key);
        await store.drop(key);
        expect(await store.get(key)).toBeUndefined();
      }),
    );

    test(
      'a key that is not one is refused',
      using(async ({ store }) => {
        for (const key of ['', 'ab', absent.toUpperCase(), `${absent}0`, `../${absent.slice(3)}`]) {
          await expect(store.get(key)).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
          await expect(store.has(key)).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
          await expect(store.drop(key)).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
        }
      }),
    );

    test(
      'an object beyond the limit is refused',
      using(async ({ store }) => {
        const huge = new Uint8Array(16 * 1024 * 1024 + 1);
        await expect(store.put(huge)).rejects.toMatchObject({ code: 'STORE_OBJECT_TOO_LARGE' });
        expect(await all(store)).toEqual([]);
      }),
    );

    test(
      'a closed store refuses everything, and closes twice',
      using(async ({ store }) => {
        const key = await store.put(bytes('x'));
        await store.close();
        await store.close();
        for (const attempt of [
          () => store.put(bytes('y')),
          () => store.get(key),
          () => store.has(key),
          () => store.drop(key),
          () => all(store),
        ])
          await expect(attempt()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      }),
    );

    test('whatever is done, in turn or at once, it holds what was put and not dropped', async () => {
      const object = fc.integer({ min: 0, max: 12 });
      const step = fc.oneof(
        fc.record({ put: fc.array(object, { maxLength: 5 }) }),
        fc.record({ drop: object }),
        fc.record({ atOnce: fc.array(object, { maxLength: 5 }) }),
        fc.constant({ reopen: true }),
      );
      const made = (n: number): Uint8Array => bytes(`object ${n} `.repeat(n * n));
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const under = await fresh();
          let { store } = under;
          const held = new Map<Key, Uint8Array>();
          try {
            for (const one of steps) {
              if ('put' in one) {
                const keys = await store.putAll(one.put.map(made));
                keys.forEach((key, i) => {
                  held.set(key, made(one.put[i]!));
                });
              } else if ('drop' in one) {
                await store.drop(keyOf(made(one.drop)));
                held.delete(keyOf(made(one.drop)));
              } else if ('atOnce' in one) {
                await Promise.all(one.atOnce.map((n) => store.put(made(n))));
                for (const n of one.atOnce) held.set(keyOf(made(n)), made(n));
              } else if (under.reopen) store = await under.reopen();
            }
            expect(await all(store)).toEqual([...held.keys()].sort());
            for (const [key, value] of held) expect(await store.get(key)).toEqual(value);
          } finally {
            await store.close();
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}
