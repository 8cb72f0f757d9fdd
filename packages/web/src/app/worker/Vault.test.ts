// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Wallet from '@islet/client/Wallet';
import { toHex } from '@islet/core/crypto/bytes';
import { expect, test } from 'vitest';
import { memory } from './Database.testkit.js';
import * as Vault from './Vault.js';

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

test('what is kept opens by its passphrase alone, and says nothing without it', async () => {
  const database = memory();
  // A cheap lock: what guessing costs is not what is tried here.
  await database.putLock({ id: 'lock', salt: random(16), memoryKiB: 64, passes: 1 });
  const wallet = Wallet.create('Ana', random);
  const opened = await Vault.create(
    database,
    { wallet, notes: { role: 'patient' } },
    'one two three',
    random,
  );
  opened.keeper.notes.contacts = { abcd: 'Dr. Popescu' };
  await Vault.save(database, opened, random);
  const kept = database.everything();
  for (const secret of [toHex(wallet.rootSeed), toHex(wallet.signerKey), toHex(opened.key), 'Ana', 'Popescu'])
    expect(kept).not.toContain(secret);
  const [again] = await Vault.open(database, 'one two three');
  expect(again?.keeper).toEqual(opened.keeper);
  await expect(Vault.open(database, 'one two  three')).rejects.toThrow(Vault.WrongPassphraseError);
});

test('one browser keeps several people, each behind their own words', async () => {
  const database = memory();
  await database.putLock({ id: 'lock', salt: random(16), memoryKiB: 64, passes: 1 });
  for (const [name, words] of [
    ['Ana', 'aaa'],
    ['Ben', 'bbb'],
    ['Cleo', 'aaa'],
  ] as const)
    await Vault.create(
      database,
      { wallet: Wallet.create(name, random), notes: { role: 'patient' } },
      words,
      random,
    );
  const namesOf = async (words: string) =>
    (await Vault.open(database, words)).map((v) => v.keeper.wallet.name).sort();
  expect(await namesOf('aaa')).toEqual(['Ana', 'Cleo']);
  expect(await namesOf('bbb')).toEqual(['Ben']);
});

test('a vault put in another’s place, or altered, does not open', async () => {
  const database = memory();
  await database.putLock({ id: 'lock', salt: random(16), memoryKiB: 64, passes: 1 });
  const of = (name: string) =>
    Vault.create(
      database,
      { wallet: Wallet.create(name, random), notes: { role: 'patient' } },
      'same',
      random,
    );
  const [a, b] = [await of('Ana'), await of('Ben')];
  const [first, second] = await database.vaults();
  await database.putVault({ ...first!, sealed: second!.sealed, nonce: second!.nonce });
  expect((await Vault.open(database, 'same')).map((v) => v.id)).toEqual([b.id]);
  await database.removeVault(b.id);
  expect(a.id).toBe(first!.id);
  await expect(Vault.open(database, 'same')).rejects.toThrow(Vault.WrongPassphraseError);
});

test('without anybody there is nobody to open', async () => {
  await expect(Vault.open(memory(), 'words')).rejects.toThrow(Vault.WrongPassphraseError);
});
