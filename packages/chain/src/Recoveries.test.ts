// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import { expect, test } from 'vitest';
import { filled, start } from './contracts.testkit.js';
import { ATTEMPT_LIFE_MS } from './limits.js';
import * as Recoveries from './Recoveries.js';

const person = filled(20);
const guardians = [4, 5, 6].map((who) => ({ who, account: filled(who), salt: filled(30 + who) }));
const day = 24 * 3600;
const commitments = guardians.map(({ account, salt }) => keccak256(Uint8Array.from([...account, ...salt])));

test('a view tells of guardians, approvals, readiness, objections and recoveries what the contract did', async () => {
  await using chain = await start([8, 9]);
  const { view, people } = chain;
  const [newSigner, otherSigner] = [people[2]!, people[3]!];
  const encryptionKeyHash = filled(9);
  for (const { who, account } of [{ who: 1, account: person }, ...guardians])
    await chain.say('identity', 'register', { account, signer: people[who]!, encryptionKeyHash }, who);
  const plan = { account: person, threshold: 2n, delay: BigInt(day) };
  const by = (n: number, attempt: bigint) => ({
    account: person,
    guardian: guardians[n]!.account,
    salt: guardians[n]!.salt,
    attempt,
  });
  const agree = (n: number, attempt: bigint, signer = newSigner) =>
    chain.say('recovery', 'approve', { ...by(n, attempt), newSigner: signer }, guardians[n]!.who);
  const told = () => view.recoveries.get(toHex(person))!;
  const attempt = (n: number) => told().attempts.get(n)!;

  await chain.say('recovery', 'setGuardians', { ...plan, guardians: commitments, nonce: 1n }, 1);
  expect(told().guardians).toEqual({
    commitments: commitments.map(toHex),
    threshold: 2,
    delay: day,
    setAt: await chain.time(),
  });

  await agree(0, 1n);
  const opened = await chain.time();
  expect(attempt(1)).toMatchObject({ newSigner: toHex(newSigner), openedAt: opened, readyAt: null });
  expect(Recoveries.isOpen(attempt(1), opened + ATTEMPT_LIFE_MS)).toBe(true);
  expect(Recoveries.isOpen(attempt(1), opened + ATTEMPT_LIFE_MS + 1)).toBe(false);
  await agree(1, 1n);
  expect(attempt(1).readyAt).toBe((await chain.time()) + day * 1000);
  expect(Recoveries.isOpen(attempt(1), attempt(1).readyAt! + ATTEMPT_LIFE_MS)).toBe(true);

  await chain.say('recovery', 'withdrawApproval', by(0, 1n), guardians[0]!.who);
  expect(attempt(1).readyAt).toBeNull();
  expect([...attempt(1).approvals]).toEqual([toHex(guardians[1]!.account)]);

  await agree(1, 2n, otherSigner);
  expect([...attempt(1).approvals]).toEqual([]);
  expect([...attempt(2).approvals]).toEqual([toHex(guardians[1]!.account)]);
  await chain.say('recovery', 'object', { account: person, attempt: 2n }, 1);
  expect(attempt(2)).toMatchObject({ state: 'objected', endedAt: await chain.time() });
  expect(Recoveries.isOpen(attempt(2), await chain.time())).toBe(false);

  await agree(0, 3n);
  await agree(2, 3n);
  await chain.wait(day);
  expect(Recoveries.recoveredAt(view.recoveries, person)).toBeNull();
  await chain.finish(person, 3, newSigner);
  expect(attempt(3)).toMatchObject({ state: 'recovered', endedAt: await chain.time() });
  expect(attempt(1).state).toBe('superseded');
  expect(attempt(2).state).toBe('objected');
  expect(Recoveries.recoveredAt(view.recoveries, person)).toBe(await chain.time());
  expect([...view.accounts.get(toHex(person))!.signers]).toEqual([toHex(newSigner)]);

  await agree(1, 4n, otherSigner);
  const none = { account: person, guardians: [], threshold: 0n, delay: 0n, nonce: 2n };
  await chain.say('recovery', 'setGuardians', none, 2);
  expect(told().guardians).toBeNull();
  expect(attempt(4).state).toBe('superseded');
});
