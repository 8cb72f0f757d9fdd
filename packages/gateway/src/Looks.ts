// Copyright the Islet authors. AGPL-3.0-or-later.
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '@islet/core/crypto/bytes';
import type { SigningKey } from '@islet/core/crypto/ed25519';
import { type Look, signedBytes } from '@islet/core/Look';
import { nodeFiles } from '@islet/store/NodeFiles';
import { shred } from '@islet/store/Pack';
import * as z from 'zod';
import { type Lane, lane } from './Lane.js';
import { LOOKS_ANSWERED } from './limits.js';

export type Looks = {
  /**
   * Resolves when the line is written: before the device has its answer. Looks of one device that wait for the same
   * write share a line, which counts them all.
   */
  note(account: string, device: string, at: number, count: number): Promise<void>;
  /** Overwrites and removes an account's lines. */
  end(account: string): Promise<void>;
  /** The newest lines, oldest first. */
  read(account: string): Promise<Look[]>;
};

const schema = z.object({
  account: z.string(),
  device: z.string(),
  at: z.int(),
  count: z.int(),
  previous: z.string(),
  signature: z.string(),
});

export async function open(folder: string, signer: SigningKey): Promise<Looks> {
  const home = join(folder, 'looks');
  await nodeFiles.makeFolder(home);
  const lanes = new Map<string, Lane>();
  const last = new Map<string, string>();
  const bursts = new Map<string, { count: number; written: Promise<void> }>();
  const pathOf = (account: string) => join(home, `${account}.jsonl`);

  async function read(account: string): Promise<Look[]> {
    const text = await readFile(pathOf(account), 'utf8').catch(() => '');
    return text.split('\n').flatMap((line) => {
      try {
        return [schema.parse(JSON.parse(line))];
      } catch {
        // Empty, or cut off by a crash.
        return [];
      }
    });
  }

  return {
    note(account, device, at, count) {
      const mine = lanes.get(account) ?? lane();
      lanes.set(account, mine);
      const key = `${account}/${device}`;
      const waiting = bursts.get(key);
      // An app that asks five questions at once looks once, at the sum of them.
      if (waiting) {
        waiting.count += count;
        return waiting.written;
      }
      const burst = { count, written: Promise.resolve() };
      bursts.set(key, burst);
      burst.written = mine(async () => {
        bursts.delete(key);
        const { count } = burst;
        const before = last.get(account);
        const previous = before ?? (await read(account)).at(-1)?.signature ?? '';
        const look = { account, device, at, count, previous };
        const signature = toHex(await signer.sign(signedBytes(look)));
        // The leading line feed ends a line that a crash cut off.
        const line = `${before === undefined ? '\n' : ''}${JSON.stringify({ ...look, signature })}\n`;
        await appendFile(pathOf(account), line, { mode: 0o600 });
        last.set(account, signature);
      });
      return burst.written;
    },
    async end(account) {
      const mine = lanes.get(account) ?? lane();
      lanes.set(account, mine);
      await mine(() => shred(pathOf(account), nodeFiles));
      last.delete(account);
    },
    read: async (account) => (await read(account)).slice(-LOOKS_ANSWERED),
  };
}
