// Copyright the Islet authors. AGPL-3.0-or-later.

import { webcrypto } from 'node:crypto';
import { readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type * as Client from '@islet/client/Person';
import * as Wallet from '@islet/client/Wallet';
import { toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { nodeFiles } from '@islet/store/NodeFiles';
import { shred } from '@islet/store/Pack';
import * as PrivateFile from '@islet/store/PrivateFile';
import * as Home from './Home.js';

/** What this machine remembers of a person beside the wallet. */
export type Notes = Client.Notes & {
  /** The sample person's story has been told to its end. */
  told?: boolean;
  /** The question of the drill under way, hex. */
  drillQuestion?: string;
  /** The last emergency look of anyone that is known here: those after it are news. A request's id. */
  toldEmergency?: string;
  /** The account of a child, kept by a parent. */
  child?: boolean;
};

export type Person = { wallet: Wallet.Wallet; notes: Notes };

export const random = (length: number): Uint8Array => webcrypto.getRandomValues(new Uint8Array(length));

const walletPath = (home: Home.Home, name: string): string => join(Home.wallets(home), `${name}.wallet`);
const notesPath = (home: Home.Home, name: string): string => join(Home.wallets(home), `${name}.notes`);
const isName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{0,31}$/.test(name);

/** Who has a wallet here. */
export async function names(home: Home.Home): Promise<string[]> {
  const files = await readdir(Home.wallets(home)).catch(() => []);
  return files.flatMap((f) => (f.endsWith('.wallet') ? [f.slice(0, -'.wallet'.length)] : [])).sort();
}

export async function find(home: Home.Home, name: string): Promise<Person | undefined> {
  if (!isName(name)) throw new NoSuchPersonError(name, await names(home));
  const bytes = await PrivateFile.read(walletPath(home, name));
  if (!bytes) return undefined;
  const notes = await PrivateFile.read(notesPath(home, name));
  return {
    wallet: Wallet.parse(bytes),
    notes: notes ? (JSON.parse(new TextDecoder().decode(notes)) as Notes) : { role: 'patient' },
  };
}

/** Throws `CLI_NO_SUCH_PERSON`. */
export async function need(home: Home.Home, name: string): Promise<Person> {
  const person = await find(home, name);
  if (!person) throw new NoSuchPersonError(name, await names(home));
  return person;
}

export async function findOrCreate(home: Home.Home, name: string, role: Notes['role']): Promise<Person> {
  const found = await find(home, name);
  if (found) return found;
  const person: Person = { wallet: Wallet.create(name, random), notes: { role } };
  await PrivateFile.write(walletPath(home, name), Wallet.format(person.wallet));
  await remember(home, person);
  return person;
}

/** Takes in a wallet that was made elsewhere. The caller has made sure that none is there. */
export async function adopt(home: Home.Home, person: Person): Promise<void> {
  const { name } = person.wallet;
  if (!isName(name)) throw new NoSuchPersonError(name, await names(home));
  await PrivateFile.write(walletPath(home, name), Wallet.format(person.wallet));
  await remember(home, person);
}

export const remember = (home: Home.Home, { wallet, notes }: Person): Promise<void> =>
  PrivateFile.write(notesPath(home, wallet.name), new TextEncoder().encode(`${JSON.stringify(notes)}\n`));

/**
 * Forgets the keys of someone who erased everything: the old files are overwritten, and what is left signs for the account
 * and opens nothing.
 */
export async function forget(home: Home.Home, { wallet, notes }: Person): Promise<void> {
  const left = { ...wallet, rootSeed: random(32), encryptionSeed: random(32) };
  const { role, registration } = notes;
  const kept: Notes = { role, erased: true, ...(registration !== undefined && { registration }) };
  await replace(walletPath(home, wallet.name), Wallet.format(left));
  await rewrite(home, { wallet, notes: kept });
}

/** Remembers, and overwrites what was remembered before. */
export const rewrite = (home: Home.Home, { wallet, notes }: Person): Promise<void> =>
  replace(notesPath(home, wallet.name), new TextEncoder().encode(`${JSON.stringify(notes)}\n`));

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  await PrivateFile.write(`${path}.next`, bytes);
  await shred(path, nodeFiles);
  await rename(`${path}.next`, path);
  await nodeFiles.syncFolder(dirname(path));
}

/** Overwrites and deletes all that is kept here under that name. */
export async function remove(home: Home.Home, name: string): Promise<void> {
  // The wallet last: while it is there, this can be asked for again.
  for (const path of [notesPath(home, name), walletPath(home, name)]) await shred(path, nodeFiles);
  await nodeFiles.syncFolder(Home.wallets(home));
}

/** Where what is remembered of anyone here goes. */
export const keeper =
  (home: Home.Home): Client.Keep =>
  (person) =>
    remember(home, person);

/** Everyone's name by account id, for sentences. */
export async function byAccount(home: Home.Home): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await names(home)) {
    const person = await find(home, name);
    if (person) found.set(toHex(person.wallet.account), name);
  }
  return found;
}

export class NoSuchPersonError extends IsletError {
  override readonly name = 'NoSuchPersonError';
  constructor(name: string, known: string[]) {
    const have =
      known.length > 0 ? `Here are: ${known.join(', ')}.` : 'There is nobody here yet: npx islet up';
    super('CLI_NO_SUCH_PERSON', `There is no wallet named "${name.slice(0, 40)}". ${have}`);
  }
}
