// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import { expect, test } from 'vitest';
import { filled, start } from './contracts.testkit.js';

const person = filled(20);
const erasureId = filled(22);

test('a view tells of an erasure who must confirm, who has, and when it was complete', async () => {
  await using chain = await start([7, 8, 9]);
  const { view, people } = chain;
  const account = { account: person, signer: people[1]!, encryptionKeyHash: filled(9) };
  await chain.say('identity', 'register', account, 1);
  const confirm = (custodian: number, receiptHash: Uint8Array) =>
    chain.say('erasure', 'confirm', { erasureId, custodian: BigInt(custodian), receiptHash }, 6 + custodian);
  const told = () => view.erasures.get(toHex(erasureId))!;
  await chain.say(
    'erasure',
    'erase',
    {
      erasureId,
      account: person,
      streams: [filled(30)],
      firstDay: 100n,
      lastDay: 200n,
      scopeHash: filled(31),
      nonce: 1n,
    },
    1,
  );
  expect(told()).toEqual({
    account: toHex(person),
    streams: [toHex(filled(30))],
    firstDay: 100,
    lastDay: 200,
    scopeHash: toHex(filled(31)),
    setVersion: 1,
    needed: 2,
    requestedAt: await chain.time(),
    confirmations: new Map(),
    erasedAt: null,
  });
  await confirm(3, filled(33));
  expect(told().confirmations.get(3)).toEqual({ receiptHash: toHex(filled(33)), at: await chain.time() });
  expect(told().erasedAt).toBeNull();
  await confirm(1, filled(34));
  const erasedAt = await chain.time();
  expect(told().erasedAt).toBe(erasedAt);
  await chain.wait(10);
  await confirm(2, filled(35));
  expect(told()).toMatchObject({ erasedAt });
  expect([...told().confirmations.keys()]).toEqual([3, 1, 2]);
  expect(view.custodians.get(1)!.account).toBe(toHex(people[7]!));
});
