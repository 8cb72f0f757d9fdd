// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import { decode, encode } from '@islet/core/codec';
import * as Aead from '@islet/core/crypto/aead';
import { concat, uint64 } from '@islet/core/crypto/bytes';
import { temporarySuffix } from '@islet/store/AtomicFile';
import type { Files } from '@islet/store/Files';
import { shred } from '@islet/store/Pack';
import * as PrivateFile from '@islet/store/PrivateFile';

/**
 * The key that the vault's files are wrapped under, in a file and a folder of its own. It is replaced at every erasure,
 * so that copies of the vault made before are of no use with the key of today: keep no copy of it beside the vault's.
 */
export type VaultKey = {
  wrap(about: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The plaintext and whether the newest key wraps it; `undefined` where no key here opens it. */
  unwrap(about: Uint8Array, wrapped: Uint8Array): { plaintext: Uint8Array; isNewest: boolean } | undefined;
  /** Whether older keys are still here: a rotation was cut short. */
  readonly isTurning: boolean;
  /** Draws the next key, durably. What is wrapped from now on is wrapped under it; older keys still open. */
  turn(): Promise<void>;
  /** Overwrites and removes all but the newest. Only once everything is wrapped under that one. */
  forgetOlder(): Promise<void>;
};

const name = 'islet/vault-wrap';
const nonceLength = 24;

/** Opens or begins the folder. Throws what `PrivateFile.read` throws. */
export async function open(
  folder: string,
  random: (length: number) => Uint8Array,
  files: Files,
): Promise<VaultKey> {
  await files.makeFolder(folder);
  const pathOf = (number: number): string => join(folder, `key-${number}`);
  const keys = new Map<number, Uint8Array>();
  for (const file of await files.list(folder)) {
    // A key that was about to be, and wrapped nothing.
    if (file.endsWith(temporarySuffix)) await shred(join(folder, file), files);
    const number = Number(/^key-(\d+)$/.exec(file)?.[1] ?? Number.NaN);
    const key = Number.isNaN(number) ? undefined : await PrivateFile.read(pathOf(number), files);
    // One of another length is none; what it wrapped will say so.
    if (key?.length === 32) keys.set(number, key);
  }
  let newest = Math.max(0, ...keys.keys());

  async function turn(): Promise<void> {
    const key = random(32);
    await PrivateFile.write(pathOf(newest + 1), key, files);
    newest++;
    keys.set(newest, key);
  }
  if (keys.size === 0) await turn();

  const associated = (number: number, about: Uint8Array): Uint8Array => concat(uint64(number), about);
  return {
    wrap(about, plaintext) {
      const nonce = random(nonceLength);
      const sealed = Aead.encrypt(keys.get(newest)!, nonce, associated(newest, about), plaintext);
      return encode(name, 1, [newest, nonce, sealed]);
    },
    unwrap(about, wrapped) {
      const f = decode(name, 1, wrapped);
      const number = f.int();
      const nonce = f.bytes(nonceLength);
      const sealed = f.bytes();
      f.end();
      const key = keys.get(number);
      const plaintext = key && Aead.decrypt(key, nonce, associated(number, about), sealed);
      return plaintext && { plaintext, isNewest: number === newest };
    },
    get isTurning() {
      return keys.size > 1;
    },
    turn,
    async forgetOlder() {
      for (const number of [...keys.keys()]) {
        if (number === newest) continue;
        await shred(pathOf(number), files);
        keys.delete(number);
      }
      await files.syncFolder(folder);
    },
  };
}
