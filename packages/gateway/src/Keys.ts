// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as Aead from '@islet/core/crypto/aead';
import { concat } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import { IsletError } from '@islet/core/IsletError';
import { nodeFiles } from '@islet/store/NodeFiles';
import { shred } from '@islet/store/Pack';
import * as PrivateFile from '@islet/store/PrivateFile';
import { WINDOW_DAYS } from './limits.js';

/**
 * What the gateway keeps secret, in `keys/`, one file each, readable by its owner only.
 * The signing seed is drawn at the first start and must never come back from a backup: two gateways with one key
 * could write one chain twice. The window's keys, one per day of arrival, are deleted after 16 days, and with a key
 * goes what it closed, wherever copies of the ciphertext lie.
 */
export type Keys = {
  signer: Ed25519.SigningKey;
  /** For the MACs of the dedup set. */
  local: Uint8Array;
  /** Closes bytes under the key of an arrival day, drawing that key where there is none yet. */
  sealForWindow(day: number, aad: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;
  /** The plaintext; `undefined` where the day's key has been deleted. Throws `GATEWAY_WINDOW_TAMPERED`. */
  openFromWindow(day: number, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** Draws a new key for every day of the window, durably. What is closed from now on is closed under it. */
  turn(): Promise<void>;
  /** Overwrites and removes all but the newest key of each day: what only they closed is gone. */
  forgetOlder(): Promise<void>;
  /** Deletes the keys of days that the window has left, and says which day is its first now. */
  expire(today: number): Promise<number>;
};

const nonceLength = 24;
const dayMs = 86_400_000;
/** The arrival day of a moment: whole days of UTC. */
export const arrivalDay = (now: number): number => Math.floor(now / dayMs);

export async function open(folder: string, random: (length: number) => Uint8Array): Promise<Keys> {
  const home = join(folder, 'keys');
  await nodeFiles.makeFolder(home);
  const seed = await readOrDraw(join(home, 'signing'), random);
  const local = await readOrDraw(join(home, 'local'), random);
  const windowKeys = new Map<number, Promise<Uint8Array>>();
  /** The keys of a day with their files, the newest last. More than one only while something is erased. */
  const ready = new Map<number, { file: string; turn: number; key: Uint8Array }[]>();
  const learn = (day: number, turn: number, key: Uint8Array): void => {
    const known = [...(ready.get(day) ?? []), { file: fileOf(day, turn), turn, key }];
    ready.set(
      day,
      known.sort((a, b) => a.turn - b.turn),
    );
  };
  for (const file of await readdir(home)) {
    const [, day, turn] = /^window-(\d+)(?:-(\d+))?$/.exec(file) ?? [];
    if (day === undefined) continue;
    learn(Number(day), Number(turn ?? 0), await readOrDraw(join(home, file), random));
  }
  for (const [day, known] of ready) windowKeys.set(day, Promise.resolve(known.at(-1)!.key));

  function keyOf(day: number): Promise<Uint8Array> {
    let key = windowKeys.get(day);
    if (!key) {
      key = readOrDraw(join(home, fileOf(day, 0)), random);
      windowKeys.set(day, key);
      key.then(
        (made) => learn(day, 0, made),
        () => windowKeys.delete(day),
      );
    }
    return key;
  }

  return {
    signer: await Ed25519.fromSeed(seed),
    local,
    async sealForWindow(day, aad, plaintext) {
      const nonce = random(nonceLength);
      return concat(nonce, Aead.encrypt(await keyOf(day), nonce, aad, plaintext));
    },
    openFromWindow(day, aad, sealed) {
      const known = ready.get(day);
      if (!known) return undefined;
      for (const { key } of [...known].reverse()) {
        const plaintext = Aead.decrypt(key, sealed.slice(0, nonceLength), aad, sealed.slice(nonceLength));
        if (plaintext) return plaintext;
      }
      throw new WindowTamperedError();
    },
    async turn() {
      for (const day of [...windowKeys.keys()]) {
        await windowKeys.get(day);
        const turn = (ready.get(day)?.at(-1)?.turn ?? 0) + 1;
        const key = random(32);
        await PrivateFile.write(join(home, fileOf(day, turn)), key);
        learn(day, turn, key);
        windowKeys.set(day, Promise.resolve(key));
      }
    },
    async forgetOlder() {
      for (const [day, known] of ready) {
        for (const { file } of known.slice(0, -1)) await shred(join(home, file), nodeFiles);
        ready.set(day, known.slice(-1));
      }
      await nodeFiles.syncFolder(home);
    },
    async expire(today) {
      const first = today - WINDOW_DAYS + 1;
      let removed = false;
      for (const day of windowKeys.keys()) {
        if (day >= first) continue;
        for (const { file } of ready.get(day) ?? []) await nodeFiles.remove(join(home, file));
        windowKeys.delete(day);
        ready.delete(day);
        removed = true;
      }
      if (removed) await nodeFiles.syncFolder(home);
      return first;
    },
  };
}

const fileOf = (day: number, turn: number): string =>
  turn === 0 ? `window-${day}` : `window-${day}-${turn}`;

async function readOrDraw(path: string, random: (length: number) => Uint8Array): Promise<Uint8Array> {
  const found = await PrivateFile.read(path);
  if (found) {
    if (found.length !== 32) throw new KeyFileError(path);
    return found;
  }
  const drawn = random(32);
  await PrivateFile.write(path, drawn);
  return drawn;
}

export class KeyFileError extends IsletError {
  override readonly name = 'Keys.KeyFileError';
  constructor(path: string) {
    super(
      'GATEWAY_KEY_FILE',
      `${path} is not a key of 32 bytes. If it was damaged, remove it and authorise the gateway anew.`,
    );
  }
}

export class WindowTamperedError extends IsletError {
  override readonly name = 'Keys.WindowTamperedError';
  constructor() {
    super(
      'GATEWAY_WINDOW_TAMPERED',
      'A part of the local window does not open with its day’s key: the journal or the key was altered. Restore both from one disk.',
    );
  }
}
