// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as Head from './Head.js';
import { validatorKey } from './node.testkit.js';
import { signHead } from './Seal.js';
import { type Scene, start } from './scene.testkit.js';
import type { Hex } from './Wire.js';

let scene: Scene;
beforeAll(async () => {
  scene = await start();
});
afterAll(() => scene[Symbol.asyncDispose]());

const at = Date.UTC(2031, 0, 1);
beforeEach(() => {
  scene.node.forge = (_m, _p, result) => result;
  scene.node.key = validatorKey;
  scene.node.now = () => at;
});

const fetch = (now = at) => Head.fetch(scene.rpc, { ...scene.trust, now: () => now });
const fails = (code: string) => expect.objectContaining({ code });
type HeadJson = { chainId: number; number: number; hash: Hex; at: number; signature: Hex };
const lie = (change: (head: HeadJson) => unknown) => {
  scene.node.forge = (_m, _p, result) => change(result as HeadJson);
};
const told = { number: 1, at, hash: expect.stringMatching(/^0x/) };

test('an honest node’s head is believed', async () => {
  expect(await fetch()).toEqual(told);
});

test('numbers may be told as quantities', async () => {
  const hex = (n: number) => `0x${n.toString(16)}`;
  lie((h) => ({ ...h, chainId: hex(h.chainId), number: hex(h.number), at: hex(h.at) }));
  expect(await fetch()).toEqual(told);
});

describe('age', () => {
  test('of 30 s is fresh, and a millisecond more is stale', async () => {
    expect(await fetch(at + 30_000)).toEqual(told);
    await expect(fetch(at + 30_001)).rejects.toThrow(fails('CHAIN_STALE'));
  });
  test('of 30 s ahead of us is borne, and a millisecond more is a wrong clock', async () => {
    expect(await fetch(at - 30_000)).toEqual(told);
    await expect(fetch(at - 30_001)).rejects.toThrow(fails('CHAIN_CLOCK_SKEW'));
  });
  test('can be limited further', async () => {
    const strict = { ...scene.trust, now: () => at + 1001, maxAgeMs: 1000 };
    await expect(Head.fetch(scene.rpc, strict)).rejects.toThrow(fails('CHAIN_STALE'));
  });
});

describe('a node that forges the head is caught', () => {
  test.each([
    ['number', 2],
    ['hash', `0x${'22'.repeat(32)}`],
    ['at', at + 1],
    ['signature', `0x${'11'.repeat(64)}1b`],
  ])('%s', async (field, value) => {
    lie((h) => ({ ...h, [field]: value }));
    await expect(fetch()).rejects.toThrow(fails('CHAIN_HEAD_FORGED'));
  });
  test('a frozen head cannot be told as a new one', async () => {
    lie((h) => ({ ...h, at: at + 60_000 }));
    await expect(fetch(at + 60_000)).rejects.toThrow(fails('CHAIN_HEAD_FORGED'));
  });
  test('by a validator that we do not pin', async () => {
    scene.node.key = new Uint8Array(32).fill(8);
    await expect(fetch()).rejects.toThrow(fails('CHAIN_HEAD_FORGED'));
  });
  test('the chain', async () => {
    lie((h) => ({ ...h, chainId: 1 }));
    await expect(fetch()).rejects.toThrow(fails('CHAIN_WRONG_CHAIN'));
  });
  test('by passing off the head of another chain', async () => {
    lie((h) => {
      const head = { chainId: 1, number: h.number, hash: fromHex(h.hash), at: h.at };
      return { ...h, signature: to0x(signHead(head, validatorKey)) };
    });
    await expect(fetch()).rejects.toThrow(fails('CHAIN_HEAD_FORGED'));
  });
  test('by answering something else', async () => {
    lie(() => ({ number: 1 }));
    await expect(fetch()).rejects.toThrow(fails('CHAIN_BAD_ANSWER'));
  });
});
