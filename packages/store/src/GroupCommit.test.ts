// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import { type Committer, groupCommit } from './GroupCommit.js';

const recording = (batches: number[][], more: Partial<Committer<number, string>> = {}) =>
  groupCommit<number, string>({
    commit: async (items) => {
      batches.push(items);
      await new Promise(setImmediate);
      return items.map(String);
    },
    weigh: (item) => item,
    maxWeight: 100,
    ...more,
  });

test('what arrives during a commit shares the next, in order, each with its own answer', async () => {
  const batches: number[][] = [];
  const queue = recording(batches);
  const first = queue.add(1);
  await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))));
  const rest = [2, 3, 4].map((n) => queue.add(n));
  expect(await Promise.all([first, ...rest])).toEqual(['1', '2', '3', '4']);
  expect(batches).toEqual([[1], [2, 3, 4]]);
});

test('a commit carries no more than its weight, and a heavier item goes alone', async () => {
  const batches: number[][] = [];
  const queue = recording(batches);
  await Promise.all([60, 30, 20, 500, 1].map((n) => queue.add(n)));
  expect(batches).toEqual([[60, 30], [20], [500], [1]]);
  expect(queue.waiting).toBe(0);
});

test('items that may not join wait their turn', async () => {
  const batches: number[][] = [];
  const queue = recording(batches, { mayJoin: (first, item) => first % 2 === item % 2 });
  await Promise.all([1, 3, 2, 4, 5].map((n) => queue.add(n)));
  expect(batches).toEqual([[1, 3], [2, 4], [5]]);
});

test('a failure is that of its own commit only', async () => {
  const queue = recording([], {
    commit: async (items) => {
      if (items.includes(13)) throw new Error('unlucky');
      return items.map(String);
    },
  });
  const both = [queue.add(13), queue.add(1)];
  await expect(both[0]).rejects.toThrow('unlucky');
  await expect(both[1]).rejects.toThrow('unlucky');
  expect(await queue.add(1)).toBe('1');
});

test('idle waits for everything, and rest runs once the queue is empty', async () => {
  const batches: number[][] = [];
  const rests: number[] = [];
  const queue = recording(batches, {
    rest: async () => {
      rests.push(batches.length);
    },
  });
  const done = [1, 2, 99].map((n) => queue.add(n));
  await queue.idle();
  expect(batches).toEqual([[1, 2], [99]]);
  expect(rests).toEqual([2]);
  await Promise.all(done);
  await queue.idle();
});
