// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import * as Turns from './Turns.js';

test('one goes on at a time, in order; the line has an end; a failure holds nobody up', async () => {
  const turn = Turns.open(3);
  const order: string[] = [];
  let first = (): void => {};
  const held = new Promise<void>((done) => {
    first = done;
  });
  const work = (name: string, until?: Promise<void>) => async (): Promise<string> => {
    order.push(`${name} begins`);
    await until;
    order.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
    return name;
  };
  const asked = [turn(work('a', held)), turn(work('b')), turn(work('c'))];
  expect(() => turn(work('d'))).toThrow('busy');
  first();
  const told = await Promise.allSettled(asked);
  expect(told.map((t) => t.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(await turn(work('e'))).toBe('e');
});
