// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as Follower from './Follower.js';
import { validatorKey } from './node.testkit.js';
import { signHead } from './Seal.js';
import { bare, note, type Scene, start } from './scene.testkit.js';
import type { Hex } from './Wire.js';

let scene: Scene;
beforeAll(async () => {
  scene = await start();
});
afterAll(() => scene[Symbol.asyncDispose]());
beforeEach(() => {
  scene.node.forge = (_m, _p, result) => result;
  scene.node.now = Date.now;
  scene.node.asked.clear();
});

/** A disk that keeps everything, and can be made to fail. */
function disk() {
  const kept = {
    mark: null as Follower.Mark | null,
    places: [] as string[],
    saves: 0,
    failing: false,
    load: async () => kept.mark,
    save: async (mark: Follower.Mark, changes: readonly Follower.Change[]) => {
      await new Promise((done) => setImmediate(done));
      if (kept.failing) throw new Error('disk full');
      kept.mark = mark;
      kept.saves++;
      kept.places.push(...changes.map(({ block, log }) => `${block.number}.${log.index}`));
    },
  };
  return kept;
}

type Disk = ReturnType<typeof disk>;
const openOn = (highWater: Disk, more: Partial<Follower.Options<string[]>> = {}) =>
  Follower.open<string[]>({
    ...scene.trust,
    rpc: scene.rpc,
    highWater,
    initial: [...highWater.places],
    apply: (state, log, block) => [...state, `${block.number}.${log.index}`],
    now: Date.now,
    ...more,
  });
const fails = (code: string) => expect.objectContaining({ code });

type Json = Record<string, unknown>;
const lie = (method: string, change: (result: Json) => unknown) => {
  scene.node.forge = (m, _p, result) => (m === method ? change(structuredClone(result) as Json) : result);
};
/** A head that the validator truly signs. */
const stated = (number: number, hash: Hex, at = Date.now()) => {
  const head = { chainId: scene.trust.chainId, number, hash: fromHex(hash), at };
  return { ...head, hash, signature: to0x(signHead(head, validatorKey)) };
};
const hashOf = async (number: number) =>
  ((await scene.anvil.ask('eth_getBlockByNumber', `0x${number.toString(16)}`, false)) as { hash: Hex }).hash;
const height = async () => Number(await scene.anvil.ask('eth_blockNumber'));

describe('following', () => {
  test('from nothing reaches the head, block by block, with every event of ours in order', async () => {
    await scene.mine(note(2), bare());
    await scene.mine();
    await scene.mine(bare());
    const kept = disk();
    const follower = await openOn(kept);
    expect([follower.mark, follower.head]).toEqual([null, null]);
    const head = await follower.follow();
    expect(head.number).toBe(await height());
    expect(follower.mark).toEqual({ number: head.number, hash: head.hash });
    expect(follower.head).toEqual(head);
    expect(follower.state).toEqual(['2.0', '2.1', '2.2', '4.0']);
    expect(kept.places).toEqual(follower.state);
  });

  test('goes on after a restart from what was kept, and asks for nothing again', async () => {
    const kept = disk();
    await (await openOn(kept)).follow();
    scene.node.asked.clear();
    await scene.mine(bare());
    const again = await openOn(kept);
    await again.follow();
    expect(again.state).toEqual(kept.places);
    expect(again.state.at(-1)).toBe(`${await height()}.0`);
    expect(scene.node.asked.get('eth_getBlockByNumber')).toBe(1);
  });

  test('with nothing new asks for the head only', async () => {
    const kept = disk();
    const follower = await openOn(kept);
    await follower.follow();
    scene.node.asked.clear();
    await follower.follow();
    expect([...scene.node.asked]).toEqual([['islet_getHead', 1]]);
  });

  test('starts from a pinned first block, and refuses a chain that has another', async () => {
    const genesisHash = await hashOf(0);
    const follower = await openOn(disk(), { genesisHash });
    expect(follower.mark).toEqual({ number: 0, hash: genesisHash });
    expect((await follower.follow()).number).toBe(await height());
    const wrong = await openOn(disk(), { genesisHash: `0x${'55'.repeat(32)}` });
    await expect(wrong.follow()).rejects.toThrow(fails('CHAIN_FORKED'));
  });

  test('catches up over many blocks in batches of 50, telling how far it is', async () => {
    await scene.anvil.ask('anvil_mine', '0x78');
    await scene.mine(bare());
    const kept = disk();
    const seen: number[] = [];
    const follower = await openOn(kept, { onProgress: ({ mark }) => seen.push(mark.number) });
    await follower.follow();
    const top = await height();
    expect(seen).toEqual([49, 99, top]);
    expect(kept.saves).toBe(3);
    expect(scene.node.asked.get('islet_getSeal')).toBe(3);
    expect(follower.state.at(-1)).toBe(`${top}.0`);
  });
});

describe('callers together', () => {
  test('at once share one run', async () => {
    const follower = await openOn(disk());
    const heads = await Promise.all(Array.from({ length: 20 }, () => follower.follow()));
    expect(new Set(heads).size).toBe(1);
    expect(scene.node.asked.get('islet_getHead')).toBe(1);
  });

  test('who come while a run is under way share the next, so that each sees what was mined before it called', async () => {
    const follower = await openOn(disk());
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    const { call } = scene.rpc;
    const slow = {
      ...scene.rpc,
      call: async (...a: Parameters<typeof call>) => call(...a).finally(() => held),
    };
    const slowly = await openOn(disk(), { rpc: slow as typeof scene.rpc });
    const early = slowly.follow();
    while (!scene.node.asked.get('islet_getHead')) await new Promise((done) => setTimeout(done, 1));
    await new Promise((done) => setTimeout(done, 20));
    await scene.mine(bare());
    const late = [slowly.follow(), slowly.follow()];
    release();
    const top = await height();
    expect((await early).number).toBe(top - 1);
    expect((await Promise.all(late)).map((h) => h.number)).toEqual([top, top]);
    expect(scene.node.asked.get('islet_getHead')).toBe(2);
    expect((await follower.follow()).number).toBe(top);
  });

  test('after a failed run try again', async () => {
    const follower = await openOn(disk());
    lie('islet_getHead', () => null);
    await expect(follower.follow()).rejects.toThrow(fails('CHAIN_BAD_ANSWER'));
    scene.node.forge = (_m, _p, result) => result;
    expect((await follower.follow()).number).toBe(await height());
  });
});

describe('a head to decide on', () => {
  test('was stated within 30 s', async () => {
    const follower = await openOn(disk());
    expect((await follower.freshHead()).number).toBe(await height());
  });

  test('is refused when stale, though the state moved on', async () => {
    scene.node.now = () => Date.now() - 31_000;
    const follower = await openOn(disk());
    await expect(follower.freshHead()).rejects.toThrow(fails('CHAIN_STALE'));
    expect(follower.mark?.number).toBe(await height());
  });

  test('is refused when the validator’s clock and ours differ', async () => {
    scene.node.now = () => Date.now() + 32_000;
    const follower = await openOn(disk());
    await expect(follower.freshHead()).rejects.toThrow(fails('CHAIN_CLOCK_SKEW'));
  });

  test('is fresh by the newest statement, though a node repeats an older one', async () => {
    const follower = await openOn(disk());
    await follower.freshHead();
    const { number, hash, at } = follower.head!;
    lie('islet_getHead', () => stated(number, hash, at - 60_000));
    expect((await follower.freshHead()).at).toBe(at);
  });
});

describe('never moving back', () => {
  test('a head below the mark is refused, and the state stays', async () => {
    const kept = disk();
    const follower = await openOn(kept);
    await follower.follow();
    const before = structuredClone(kept.mark);
    const lower = (await height()) - 1;
    const hash = await hashOf(lower);
    lie('islet_getHead', () => stated(lower, hash));
    await expect(follower.follow()).rejects.toThrow(fails('CHAIN_MOVED_BACK'));
    await expect((await openOn(kept)).follow()).rejects.toThrow(fails('CHAIN_MOVED_BACK'));
    expect([kept.mark, follower.mark]).toEqual([before, before]);
  });

  test('another block at the height of the mark is a fork', async () => {
    const follower = await openOn(disk());
    const { number } = await follower.follow();
    lie('islet_getHead', () => stated(number, `0x${'66'.repeat(32)}`));
    await expect(follower.follow()).rejects.toThrow(fails('CHAIN_FORKED'));
  });

  test('a head that the validator stated and a block that it sealed, of one height but different, are a fork', async () => {
    const top = await height();
    lie('islet_getHead', () => stated(top, `0x${'66'.repeat(32)}`));
    const kept = disk();
    await expect((await openOn(kept)).follow()).rejects.toThrow(fails('CHAIN_FORKED'));
    expect(kept.mark?.number ?? -1).toBeLessThan(top);
  });

  test('a longer chain, sealed, that does not grow from the mark is a fork', async () => {
    const kept = disk();
    kept.mark = { number: 1, hash: `0x${'77'.repeat(32)}` };
    const before = structuredClone(kept.mark);
    await expect((await openOn(kept)).follow()).rejects.toThrow(fails('CHAIN_FORKED'));
    expect(kept.mark).toEqual(before);
  });

  test('a chain made anew under us is refused', async () => {
    await using other = await start();
    const kept = disk();
    await (await openOn(kept)).follow();
    await other.anvil.ask('anvil_mine', '0x200');
    const moved = await Follower.open({
      ...other.trust,
      rpc: other.rpc,
      highWater: kept,
      initial: 0,
      apply: (n) => n + 1,
      now: Date.now,
    });
    await expect(moved.follow()).rejects.toThrow(fails('CHAIN_FORKED'));
  });
});

describe('a forgery on the way leaves mark and state untouched', () => {
  test.each([
    ['eth_getBlockReceipts', 'CHAIN_RECEIPTS_FORGED', () => []],
    ['eth_getBlockByNumber', 'CHAIN_HEADER_FORGED', (b: Json) => ({ ...b, timestamp: '0x1' })],
    ['islet_getSeal', 'CHAIN_SEAL_FORGED', (s: Json) => ({ ...s, signature: `0x${'11'.repeat(64)}1b` })],
    ['islet_getHead', 'CHAIN_HEAD_FORGED', (h: Json) => ({ ...h, number: 1 })],
    ['eth_getBlockByNumber', 'CHAIN_BLOCK_MISSING', () => null],
  ])('%s → %s', async (method, code, change) => {
    const kept = disk();
    const follower = await openOn(kept);
    await follower.follow();
    const before = structuredClone([follower.mark, follower.state]);
    await scene.mine(bare());
    lie(method, change as (r: Json) => unknown);
    await expect(follower.follow()).rejects.toThrow(fails(code));
    expect([follower.mark, follower.state]).toEqual(before);
    expect(kept.mark).toEqual(before[0]);
    scene.node.forge = (_m, _p, result) => result;
    await follower.follow();
    expect(follower.state.at(-1)).toBe(`${await height()}.0`);
  });
});

test('nothing can be relied on before it is kept', async () => {
  const kept = disk();
  const follower = await openOn(kept);
  const { save } = kept;
  const during: unknown[] = [];
  kept.save = async (mark, changes) => {
    during.push(follower.mark?.number ?? null, follower.state.length);
    await save(mark, changes);
    during.push(follower.mark?.number ?? null, follower.state.length);
  };
  scene.node.forge = (_m, _p, result) => result;
  await follower.follow();
  expect(during.slice(0, 4)).toEqual([null, 0, null, 0]);
});

test('a follower whose disk failed stops until it is opened again', async () => {
  const kept = disk();
  const follower = await openOn(kept);
  kept.failing = true;
  await expect(follower.follow()).rejects.toThrow(fails('CHAIN_FOLLOWER_BROKEN'));
  kept.failing = false;
  await expect(follower.follow()).rejects.toThrow(fails('CHAIN_FOLLOWER_BROKEN'));
  expect([follower.mark, follower.state]).toEqual([null, []]);
  const again = await openOn(kept);
  expect((await again.follow()).number).toBe(await height());
});
