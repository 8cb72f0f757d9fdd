// Copyright the Islet authors. AGPL-3.0-or-later.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { secretKeyFrom } from '@islet/core/crypto/secp256k1';
import { IsletError } from '@islet/core/IsletError';
import { replace } from './files.js';

/** Makes a validator's key file: 32 bytes, readable by its owner only. */
export async function create(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const key = secretKeyFrom((length) => randomBytes(length));
  await replace(path, (file) => file.writeFile(key));
}

/** Reads a validator's key file, undefined where there is none. Throws `LEDGER_KEY_FILE`. */
export async function read(path: string): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw new KeyFileError('others may read it. Set its mode to 0600');
  }
  const key = new Uint8Array(await readFile(path));
  if (key.length !== 32) throw new KeyFileError('it is not 32 bytes long. Restore it from a backup');
  return key;
}

/** `LEDGER_KEY_FILE`: the validator's key file cannot be used as it is. */
export class KeyFileError extends IsletError {
  override readonly name = 'LedgerKeyFileError';
  constructor(why: string) {
    super('LEDGER_KEY_FILE', `The validator's key file cannot be used: ${why}.`);
  }
}
