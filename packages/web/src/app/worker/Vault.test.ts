// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Wallet from '@islet/client/Wallet';
import * as Argon2 from '@islet/core/crypto/argon2';
import { toHex, utf8 } from '@islet/core/crypto/bytes';
import { expect, test } from 'vitest';
import type { Database, StoredVault } from './Database.js';
import { memory } from './Database.testkit.js';
import * as Vault from './Vault.js';

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

const cost = { memoryKiB: 8 * 1024, passes: 1 };
const words = (passphrase: string): Vault.Way => ({ kind: 'passphrase', passphrase });
const keeperOf = (name: string): Vault.Keeper => ({
  wallet: Wallet.create(name, random),
  notes: { role: 'patient' },
});
const passkey = { kind: 'passkey', credential: random(20), input: random(32), output: random(32) } as const;
const opens = async (database: Database, way: Vault.Way): Promise<string[]> =>
  (await Vault.open(database, way, random)).map((v) => v.keeper.wallet.name).sort();

test('what is kept opens by its passphrase alone, and says nothing without it', async () => {
  const database = memory();
  const keeper = keeperOf('Ana');
  const { wallet } = keeper;
  const opened = await Vault.create(database, keeper, words('one two three'), random, cost);
  opened.keeper.notes.contacts = { abcd: 'Dr. Popescu' };
  await Vault.save(database, opened, random);
  const kept = database.everything();
  for (const secret of [toHex(wallet.rootSeed), toHex(wallet.signerKey), toHex(opened.key), 'Ana', 'Popescu'])
    expect(kept).not.toContain(secret);
  const [again] = await Vault.open(database, words('one two three'), random);
  expect(again?.keeper).toEqual(opened.keeper);
  await expect(Vault.open(database, words('one two  three'), random)).rejects.toThrow(
    Vault.WrongPassphraseError,
  );
});

test('a passkey and a passphrase each open the same person, until one is taken away', async () => {
  const database = memory();
  const opened = await Vault.create(database, keeperOf('Ana'), passkey, random, cost);
  expect(await Vault.waysOf(database)).toEqual({
    passphrase: false,
    passkeys: [{ credential: passkey.credential, input: passkey.input }],
  });
  await Vault.addWay(database, opened, words('four words'), random, cost);
  expect(await opens(database, words('four words'))).toEqual(['Ana']);
  expect(await opens(database, passkey)).toEqual(['Ana']);
  expect(database.everything()).not.toContain(toHex(passkey.output));
  const other = { ...passkey, output: random(32) };
  await expect(Vault.open(database, other, random)).rejects.toThrow(Vault.WrongPasskeyError);
  await Vault.removeWay(database, opened, 0, random);
  await expect(Vault.open(database, passkey, random)).rejects.toThrow(Vault.WrongPasskeyError);
  expect(await opens(database, words('four words'))).toEqual(['Ana']);
  await expect(Vault.removeWay(database, opened, 0, random)).rejects.toThrow('last way');
});

test('one browser keeps several people, each behind their own words', async () => {
  const database = memory();
  for (const [name, text] of [
    ['Ana', 'aaa'],
    ['Ben', 'bbb'],
    ['Cleo', 'aaa'],
  ] as const)
    await Vault.create(database, keeperOf(name), words(text), random, cost);
  expect(await opens(database, words('aaa'))).toEqual(['Ana', 'Cleo']);
  expect(await opens(database, words('bbb'))).toEqual(['Ben']);
});

test('a vault put in another’s place, or altered, does not open', async () => {
  const database = memory();
  const of = (name: string) => Vault.create(database, keeperOf(name), words('same'), random, cost);
  const [a, b] = [await of('Ana'), await of('Ben')];
  const [first, second] = await database.vaults();
  await database.putVault({ ...first!, sealed: second!.sealed, nonce: second!.nonce });
  expect((await Vault.open(database, words('same'), random)).map((v) => v.id)).toEqual([b.id]);
  await database.removeVault(b.id);
  expect(a.id).toBe(first!.id);
  await expect(Vault.open(database, words('same'), random)).rejects.toThrow(Vault.WrongPassphraseError);
});

test('what the first builds kept opens still, and is written anew', async () => {
  const database = memory();
  const lock = { id: 'lock', salt: random(16), ...cost } as const;
  await database.putLock(lock);
  const opened = await Vault.create(database, keeperOf('Ana'), words('unused'), random, cost);
  const [{ locks: _, ...bare }] = (await database.vaults()) as [StoredVault];
  const aad = utf8(`islet/vault-key/v1/${opened.id}`);
  const wrapped = Vault.seal(Argon2.keyFrom('old words', lock.salt, lock), aad, opened.key, random);
  await database.putVault({ ...bare, wrapped });
  expect(await Vault.waysOf(database)).toEqual({ passphrase: true, passkeys: [] });
  await expect(Vault.open(database, words('other'), random)).rejects.toThrow(Vault.WrongPassphraseError);
  expect(await opens(database, words('old words'))).toEqual(['Ana']);
  const [anew] = await database.vaults();
  expect([anew?.wrapped, anew?.locks !== undefined]).toEqual([undefined, true]);
  expect(await opens(database, words('old words'))).toEqual(['Ana']);
});

test('without anybody there is nobody to open', async () => {
  await expect(Vault.open(memory(), words('words'), random)).rejects.toThrow(Vault.WrongPassphraseError);
});
