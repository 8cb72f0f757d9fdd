// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Wallet from '@islet/client/Wallet';
import { expect, test } from 'vitest';
import { memory } from './Database.testkit.js';
import * as Vault from './Vault.js';
import * as Views from './Views.js';

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

async function person() {
  const database = memory();
  const keeper: Vault.Keeper = { wallet: Wallet.create('Ana', random), notes: { role: 'patient' } };
  const cost = { memoryKiB: 8 * 1024, passes: 1 };
  const vault = await Vault.create(
    database,
    keeper,
    { kind: 'passphrase', passphrase: 'words' },
    random,
    cost,
  );
  const keep = (name: string, at: number, value: unknown, until: number | null = null) =>
    Views.keep(database, vault, { name, at, until, value }, random);
  const find = async (name: string, now = 0) => (await Views.find(database, vault, name, now))?.value;
  return { database, vault, keep, find };
}

test('what was opened is found again, and says nothing without the key', async () => {
  const { database, vault, keep, find } = await person();
  await keep('overview 14', 1, { mean: 'marker-154' });
  expect(await find('overview 14')).toEqual({ mean: 'marker-154' });
  expect(await find('overview 30')).toBeUndefined();
  expect(database.everything()).not.toMatch(/marker|overview/);
  const other = { ...vault, key: random(32) };
  expect(await Views.find(database, other, 'overview 14', 0)).toBeUndefined();
});

test('a view put in another’s place is not shown', async () => {
  const { database, vault, keep, find } = await person();
  await keep('a', 1, 1);
  await keep('b', 2, 2);
  const [first, second] = await database.views(vault.id);
  await database.putView({ ...first!, nonce: second!.nonce, sealed: second!.sealed });
  expect([await find('a'), await find('b')]).toEqual([undefined, 2]);
});

test('only so many are kept: what was opened longest ago goes', async () => {
  const { keep, find } = await person();
  for (let i = 0; i <= Views.mostViews; i++) await keep(`view ${i}`, i, i);
  expect(await find('view 0')).toBeUndefined();
  expect(await find('view 1')).toBe(1);
  await keep('view 1', 100, 'x'.repeat(Views.longestView));
  expect(await find('view 1'), 'too long to be kept, and the older one would be wrong').toBeUndefined();
});

test('nothing outlives its permission', async () => {
  const { database, vault, keep, find } = await person();
  await keep('report g1 14', 1, 'seen', 1_000);
  expect(await find('report g1 14', 999)).toBe('seen');
  expect(await find('report g1 14', 1_000)).toBeUndefined();
  expect(await database.views(vault.id)).toEqual([]);
});

test('what was taken back goes in every period, and what belongs to others stays', async () => {
  const { database, vault, keep, find } = await person();
  for (const name of ['report g1 14', 'report g1 90', 'report g11 14']) await keep(name, 1, name);
  await Views.drop(database, vault, 'report g1 ');
  expect([await find('report g1 14'), await find('report g1 90')]).toEqual([undefined, undefined]);
  expect(await find('report g11 14')).toBe('report g11 14');
  await Views.clear(database, vault);
  expect(await find('report g11 14')).toBeUndefined();
});
