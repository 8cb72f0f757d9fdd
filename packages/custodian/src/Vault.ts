// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as KeyTree from '@islet/core/KeyTree';
import type { Stream } from '@islet/core/Stream';
import * as PrivateFile from '@islet/store/PrivateFile';

/**
 * What this custodian keeps of each person: who spoke for the account when it enrolled, and one independent
 * secret per stream, so that a stream or a person can be erased alone. One private file per account.
 */
export type Vault = {
  /** The signer pinned at enrolment, in hex; `undefined` where the account never enrolled here. */
  signerOf(account: Uint8Array): string | undefined;
  /** Pins the signer. An account enrols once; the same signer again changes nothing. False for another signer. */
  enrol(account: Uint8Array, signer: Uint8Array): Promise<boolean>;
  /** The root of this custodian's tree for a stream of an enrolled account, drawn at the first asking. */
  root(account: Uint8Array, stream: Stream): Promise<KeyTree.Node | undefined>;
};

type Kept = { signer: string; secrets: Record<string, string> };

export async function open(folder: string, random: (length: number) => Uint8Array): Promise<Vault> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = new Map<string, Kept>();
  for (const file of await readdir(folder)) {
    const id = /^([0-9a-f]{64})\.json$/.exec(file)?.[1];
    const bytes = id && (await PrivateFile.read(join(folder, file)));
    if (id && bytes) kept.set(id, JSON.parse(new TextDecoder().decode(bytes)) as Kept);
  }
  const save = (id: string, value: Kept): Promise<void> =>
    PrivateFile.write(join(folder, `${id}.json`), new TextEncoder().encode(JSON.stringify(value)));

  // Secrets drawn by two questions at once would differ; one account's changes go one after the other.
  const busy = new Map<string, Promise<unknown>>();
  function alone<T>(id: string, work: () => Promise<T>): Promise<T> {
    const mine = (busy.get(id) ?? Promise.resolve()).catch(() => {}).then(work);
    busy.set(id, mine);
    return mine.finally(() => busy.get(id) === mine && busy.delete(id));
  }

  return {
    signerOf: (account) => kept.get(toHex(account))?.signer,
    enrol(account, signer) {
      const id = toHex(account);
      return alone(id, async () => {
        const known = kept.get(id);
        if (known) return known.signer === toHex(signer);
        const value: Kept = { signer: toHex(signer), secrets: {} };
        await save(id, value);
        kept.set(id, value);
        return true;
      });
    },
    root(account, stream) {
      const id = toHex(account);
      return alone(id, async () => {
        const known = kept.get(id);
        if (!known) return undefined;
        if (!known.secrets[stream]) {
          const grown = { ...known, secrets: { ...known.secrets, [stream]: toHex(random(32)) } };
          await save(id, grown);
          kept.set(id, grown);
        }
        return KeyTree.root(fromHex(kept.get(id)!.secrets[stream]!), 0, stream);
      });
    },
  };
}
