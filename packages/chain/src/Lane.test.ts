// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import * as z from 'zod';
import * as Lane from './Lane.js';
import { MAX_BATCH_BYTES, MAX_BATCH_CALLS } from './limits.js';
import { type Call, connect } from './Rpc.js';

/** A connection that notes its exchanges, each taking a moment, and answers with the first parameter. */
function noted(answer = (call: Call<unknown>): unknown => call.params[0]) {
  const exchanges: unknown[][] = [];
  let under = 0;
  const settle = async (calls: readonly Call<unknown>[]) => {
    expect(++under).toBe(1);
    exchanges.push(calls.map((c) => c.params[0]));
    await new Promise((done) => setTimeout(done, 5));
    under--;
    return Promise.allSettled(calls.map(async (c) => answer(c)));
  };
  return { exchanges, lane: Lane.open({ ...connect('http://127.0.0.1:1'), settle }) };
}

test('calls of one moment go together, later ones gather for the next exchange, all in order', async () => {
  const { exchanges, lane } = noted();
  const ask = (n: number) => lane('echo', [n], z.number());
  const first = [ask(1), ask(2)];
  await new Promise((done) => setTimeout(done, 2));
  const second = [ask(3), ask(4), ask(5)];
  expect(await Promise.all([...first, ...second])).toEqual([1, 2, 3, 4, 5]);
  expect(exchanges).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
  expect(await ask(6)).toBe(6);
});

test('no exchange is larger than a node takes, but a single call always goes', async () => {
  const { exchanges, lane } = noted();
  await Promise.all(Array.from({ length: MAX_BATCH_CALLS + 20 }, (_, i) => lane('echo', [i], z.number())));
  expect(exchanges.map((e) => e.length)).toEqual([MAX_BATCH_CALLS, 20]);
  const large = 'x'.repeat(MAX_BATCH_BYTES);
  await Promise.all([0, 1, 2].map((i) => lane('echo', [large + i], z.string())));
  expect(exchanges.slice(2).map((e) => e.length)).toEqual([1, 1, 1]);
});

test('one call’s failure is its own; a failed exchange is everybody’s in it, and the next goes on', async () => {
  const { lane } = noted((call) => {
    if (call.params[0] === 2) throw new Error('two');
    return call.params[0];
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) => lane('echo', [n], z.number())));
  expect(outcomes.map((o) => o.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);

  const gone = Lane.open(connect('http://127.0.0.1:1'));
  for (let turn = 0; turn < 2; turn++) {
    const both = await Promise.allSettled([1, 2].map((n) => gone('echo', [n], z.number())));
    for (const outcome of both)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CHAIN_UNREACHABLE' } });
  }
});
