// Copyright the Islet authors. AGPL-3.0-or-later.
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { addressOf, secretKeyFrom } from '@islet/core/crypto/secp256k1';
import { IsletError } from '@islet/core/IsletError';
import * as Ledger from '@islet/ledger/Ledger';
import * as ValidatorKey from '@islet/ledger/ValidatorKey';
import * as PrivateFile from '@islet/store/PrivateFile';
import * as Home from './Home.js';

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** Makes the organisation's, the relay's and the custodians' keys where there are none. */
export async function createMissing(home: Home.Home): Promise<void> {
  await create(Home.organisationKey(home), secretKeyFrom(random));
  await create(Home.relayKey(home), secretKeyFrom(random));
  for (const index of Home.custodianIndices()) {
    await create(Home.custodianKey(home, index), random(32));
    await create(Home.custodianAccountKey(home, index), secretKeyFrom(random));
  }
}

/** Throws `CLI_KEY_FILE` unless every key is there: the contracts name them, so that new ones would not do. */
export async function requireAll(home: Home.Home): Promise<void> {
  await read(Home.organisationKey(home));
  await read(Home.relayKey(home));
  for (const index of Home.custodianIndices()) {
    await read(Home.custodianKey(home, index));
    await read(Home.custodianAccountKey(home, index));
  }
}

async function create(path: string, key: Uint8Array): Promise<void> {
  if ((await PrivateFile.read(path)) === undefined) await PrivateFile.write(path, key);
}

/** The 32 bytes of a key. Throws `CLI_KEY_FILE`, or `PRIVATE_FILE_EXPOSED` where others may read it. */
export async function read(path: string): Promise<Uint8Array> {
  const key = await PrivateFile.read(path);
  if (key?.length !== 32) throw new KeyFileError(path);
  return key;
}

/** The validator's address. Its key is made here if there is no chain yet, so that the address is known beforehand. */
export async function validator(home: Home.Home): Promise<Uint8Array> {
  const path = Home.validatorKey(home);
  const found = await ValidatorKey.read(path);
  if (found) return addressOf(found);
  if (await Ledger.exists(Home.ledger(home))) throw new KeyFileError(path);
  await ValidatorKey.create(path);
  return addressOf((await ValidatorKey.read(path))!);
}

export class KeyFileError extends IsletError {
  override readonly name = 'KeyFileError';
  constructor(path: string) {
    super(
      'CLI_KEY_FILE',
      `The key file ${basename(path)} is missing or not 32 bytes long, and the chain was begun with it. Restore ${path} from a backup.`,
    );
  }
}
