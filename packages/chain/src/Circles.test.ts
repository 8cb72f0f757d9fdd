// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Circle from '@islet/core/Circle';
import { toHex } from '@islet/core/crypto/bytes';
import { expect, test } from 'vitest';
import * as Circles from './Circles.js';
import { filled, start } from './contracts.testkit.js';

const [patient, keeper, nurse, aunt] = [filled(20), filled(21), filled(22), filled(23)] as const;
const day = 24 * 3600;

test('a view tells of circles, who is in them, their keys and their end what the contract did', async () => {
  await using chain = await start([8, 9]);
  const { view, people } = chain;
  for (const [who, account] of [patient, keeper].entries())
    await chain.say(
      'identity',
      'register',
      {
        ...{ account, signer: people[who + 1]!, encryptionKeyHash: filled(9) },
      },
      who + 1,
    );
  const until = Math.floor((await chain.time()) / 1000) + day;
  const terms = { patient, keeper, maxPeople: 1, until, salt: filled(7) };
  const circle = Circle.idOf(terms);
  let nonce = 0n;
  const say = (name: string, message: object, who: number) =>
    chain.say('circles', name, { circle, nonce: ++nonce, ...message }, who);
  const open = (salt: Uint8Array) =>
    chain.say(
      'circles',
      'openCircle',
      {
        ...{ patient, keeper, maxPeople: 1n, until: BigInt(until), salt, keyHash: filled(5) },
      },
      1,
    );
  const told = () => view.circles.get(toHex(circle))!;
  const isIn = (who: Uint8Array, at: number) => Circles.isIn(view.circles, circle, patient, who, at);

  await open(terms.salt);
  expect(told()).toEqual({
    ...{ patient: toHex(patient), keeper: toHex(keeper), maxPeople: 1, until, keyHash: toHex(filled(5)) },
    ...{ people: new Map(), barred: new Set(), endedAt: null },
  });

  await say('admit', { keeper, reader: nurse }, 2);
  const since = await chain.time();
  expect([...told().people]).toEqual([[toHex(nurse), since]]);
  expect([isIn(nurse, since), isIn(aunt, since)]).toEqual([true, false]);
  expect([isIn(nurse, until * 1000 - 1), isIn(nurse, until * 1000)]).toEqual([true, false]);
  expect(Circles.isIn(view.circles, circle, aunt, nurse, since)).toBe(false);
  expect(Circles.circlesOf(view.circles, nurse, since)).toEqual([toHex(circle)]);
  expect(Circles.circlesOf(view.circles, nurse, until * 1000)).toEqual([]);

  await say('replaceCircleKey', { by: keeper, keyHash: filled(6) }, 2);
  expect(told().keyHash).toBe(toHex(filled(6)));
  await say('dismiss', { by: keeper, reader: nurse }, 2);
  expect([isIn(nurse, since), told().barred.size]).toEqual([false, 0]);
  await say('admit', { keeper, reader: nurse }, 2);
  expect(isIn(nurse, since)).toBe(true);
  await say('dismiss', { by: patient, reader: nurse }, 1);
  expect([...told().barred]).toEqual([toHex(nurse)]);
  await say('admit', { keeper, reader: aunt }, 2);
  expect(isIn(aunt, since)).toBe(true);
  await chain.say('circles', 'endCircle', { circle, patient: patient }, 1);
  expect([isIn(aunt, since), told().endedAt]).toEqual([false, await chain.time()]);

  // Circles of one patient know nothing of each other.
  await open(filled(8));
  expect([view.circles.size, Circles.isOpen(told(), since)]).toEqual([2, false]);
});
