// Copyright the Islet authors. AGPL-3.0-or-later.
// The custodian's own view of the chain: fresh, verified, and never moving back, whatever a node tells it.
import { cp } from 'node:fs/promises';
import { type Head, signHead } from '@islet/chain/Seal';
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

let scene: Scene.Scene;
let custodian: Scene.Custodian;
let patient: Story.Person;
let reader: Story.Person;
let granted: Story.Granted;

beforeAll(async () => {
  scene = await Scene.startScene();
  [patient, reader] = await Promise.all([Story.person(), Story.person()]);
  custodian = await scene.custodian(1);
  expect(await custodian.answer('/v1/enrol', Story.enrolment(await Story.settle(scene, patient)))).toBe(
    '200',
  );
  await Story.settle(scene, reader);
  granted = await Story.grant(scene, patient, reader);
});
afterAll(() => scene?.[Symbol.asyncDispose]());
afterEach(() => {
  scene.node.forge = undefined;
  custodian.clock.skew = 0;
});

const decided = async () => Story.decide(scene, reader, await Story.ask(scene, reader, granted, []), granted);
const answer = (asked: Story.Asked, of = custodian) => Story.answer(of, asked);

type Told = { chainId: number; number: number; hash: `0x${string}`; at: number; signature: string };
const honest = async (): Promise<Told> => {
  let told: Told | undefined;
  scene.node.forge = (method, result) => {
    if (method === 'islet_getHead') told = result as Told;
    return result;
  };
  await custodian.context.chain.follow();
  scene.node.forge = undefined;
  return told!;
};
/** The node tells this head, signed by a validator that lies or was restored from a backup. */
const tell = (head: Head, key = Scene.validatorKey): void => {
  const told = { ...head, hash: to0x(head.hash), signature: to0x(signHead(head, key)) };
  scene.node.forge = (method, result) => (method === 'islet_getHead' ? told : result);
};
const headOf = ({ number, hash, at }: Told): Head => ({
  chainId: Scene.chainId,
  number,
  hash: fromHex(hash),
  at,
});

describe('a view that cannot be trusted releases nothing', () => {
  test('stops a frozen node: a head older than 30 s', async () => {
    const asked = await decided();
    expect(await answer(asked)).toBe('200');
    tell(headOf(await honest()));
    custodian.clock.skew = 30_000;
    expect(await answer(asked)).toBe('200');
    custodian.clock.skew = 30_001;
    expect(await answer(asked)).toBe('503 CHAIN_STALE');
  });

  test('stops judging by a clock more than 30 s behind the validator’s', async () => {
    const asked = await decided();
    custodian.clock.skew = -30_000;
    expect(await answer(asked)).toBe('200');
    custodian.clock.skew = -30_001;
    expect(await answer(asked)).toBe('503 CHAIN_CLOCK_SKEW');
  });

  test('stops a node that hides a revocation by telling an older head', async () => {
    const asked = await decided();
    expect(await answer(asked)).toBe('200');
    const before = headOf(await honest());
    const short = await Story.grant(scene, patient, reader);
    await Story.revokeOnChain(scene, patient, short.message.grantId);
    await honest();
    tell({ ...before, at: scene.clock.now });
    expect(await answer(asked)).toBe('503 CHAIN_MOVED_BACK');
  });

  test('stops a node that hides a revocation by leaving it out of a block', async () => {
    const short = await Story.grant(scene, patient, reader);
    const asked = await Story.decide(scene, reader, await Story.ask(scene, reader, short, []), short);
    expect(await answer(asked)).toBe('200');
    await Story.revokeOnChain(scene, patient, short.message.grantId);
    scene.node.forge = (method, result) =>
      method === 'eth_getBlockReceipts'
        ? (result as { logs: unknown[] }[]).map((receipt) => ({ ...receipt, logs: [] }))
        : result;
    expect(await answer(asked)).toBe('503 CHAIN_RECEIPTS_FORGED');
    scene.node.forge = undefined;
    expect(await answer(asked)).toBe('403 DENIED_REVOKED');
  });

  test('stops a head that no validator of ours stated', async () => {
    const asked = await decided();
    const head = headOf(await honest());
    tell(head, new Uint8Array(32).fill(9));
    expect(await answer(asked)).toBe('503 CHAIN_HEAD_FORGED');
    const told = await honest();
    scene.node.forge = (method, result) =>
      method === 'islet_getHead' ? { ...told, at: told.at + 1 } : result;
    expect(await answer(asked)).toBe('503 CHAIN_HEAD_FORGED');
  });

  test('stops another chain’s head', async () => {
    const asked = await decided();
    tell({ ...headOf(await honest()), chainId: 1 });
    expect(await answer(asked)).toBe('503 CHAIN_WRONG_CHAIN');
  });

  test('stops another block at a height that it has seen', async () => {
    const asked = await decided();
    tell({ ...headOf(await honest()), hash: Scene.random(32) });
    expect(await answer(asked)).toBe('503 CHAIN_FORKED');
  });

  test('releases nothing where the node is away', async () => {
    const asked = await decided();
    scene.node.forge = () => {
      throw new Error('gone');
    };
    expect(await answer(asked)).toBe('503 CHAIN_UNREACHABLE');
    scene.node.forge = undefined;
    expect(await answer(asked)).toBe('200');
  });
});

describe('what it has seen survives', () => {
  test('a restart: an older head, or another block at that height, is refused by the next process too', async () => {
    const before = headOf(await honest());
    const asked = await decided();
    expect(await answer(asked)).toBe('200');
    const now = headOf(await honest());
    await custodian.close();
    tell({ ...before, at: scene.clock.now });
    custodian = await scene.custodian(1, custodian.folder);
    expect(await answer(asked)).toBe('503 CHAIN_MOVED_BACK');
    tell({ ...now, hash: Scene.random(32) });
    expect(await answer(asked)).toBe('503 CHAIN_FORKED');
    scene.node.forge = undefined;
    expect(await answer(asked)).toBe('200');
  });

  test('a kill: it was on the disk before anyone relied on it', async () => {
    const before = headOf(await honest());
    const asked = await decided();
    expect(await answer(asked)).toBe('200');
    // What a killed process leaves: its folder as it is now, nothing closed.
    const left = `${custodian.folder}-left`;
    await cp(custodian.folder, left, { recursive: true, filter: (path) => !/lock-[\w.-]+$/.test(path) });
    await cp(`${custodian.folder}-key`, `${left}-key`, { recursive: true });
    tell({ ...before, at: scene.clock.now });
    const revived = await scene.custodian(1, left);
    expect(await answer(asked, revived)).toBe('503 CHAIN_MOVED_BACK');
  });
});

test('its health tells the head and its age, or why it refuses, and nothing of anyone', async () => {
  const told = await honest();
  const { app } = await import('./app.js');
  const http = app(custodian.context);
  const health = async () => (await http.request('/health')).json();
  expect(await health()).toEqual({
    status: 'ok',
    service: 'custodian',
    index: 1,
    chain: { number: told.number, ageMs: 0 },
  });
  custodian.clock.skew = 31_000;
  expect(await health()).toMatchObject({ status: 'refusing', chain: { code: 'CHAIN_STALE' } });
});
