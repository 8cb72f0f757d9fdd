// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import { fromHex, toHex, utf8 } from '@islet/core/crypto/bytes';
import { domainHash } from '@islet/core/crypto/hash';
import { IsletError } from '@islet/core/IsletError';
import * as KeyTree from '@islet/core/KeyTree';
import { isStream, type Stream } from '@islet/core/Stream';
import type { Files } from '@islet/store/Files';
import { nodeFiles } from '@islet/store/NodeFiles';
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

type Kept = { signer: string; secrets: Partial<Record<Stream, string>> };

/** Opens or begins a vault. Throws `CUSTODIAN_VAULT_CORRUPT` and what `PrivateFile.read` throws. */
export async function open(
  folder: string,
  random: (length: number) => Uint8Array,
  files: Files = nodeFiles,
): Promise<Vault> {
  await files.makeFolder(folder);
  const kept = new Map<string, Kept>();
  for (const file of await files.list(folder)) {
    const id = /^([0-9a-f]{64})\.json$/.exec(file)?.[1];
    const bytes = id && (await PrivateFile.read(join(folder, file), files));
    if (id && bytes) kept.set(id, parse(id, bytes) ?? corrupt(join(folder, file)));
  }
  const save = (id: string, value: Kept): Promise<void> =>
    PrivateFile.write(join(folder, `${id}.json`), format(id, value), files);

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

// Stops: a rotten digit of a secret, or one account's file under another's name, being used unnoticed.
const checkOf = (id: string, { signer, secrets }: Kept): string =>
  toHex(domainHash('islet/vault-file/v1', fromHex(id), utf8(JSON.stringify([signer, secrets]))));

const format = (id: string, value: Kept): Uint8Array =>
  utf8(JSON.stringify({ ...value, check: checkOf(id, value) }));

function parse(id: string, bytes: Uint8Array): Kept | undefined {
  try {
    const { signer, secrets, check } = JSON.parse(new TextDecoder().decode(bytes));
    const value: Kept = { signer, secrets };
    const whole = typeof signer === 'string' && Object.entries(secrets).every(isSecret);
    return whole && check === checkOf(id, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isSecret = ([stream, secret]: [string, unknown]): boolean =>
  isStream(stream) && typeof secret === 'string' && /^[0-9a-f]{64}$/.test(secret);

function corrupt(path: string): never {
  throw new VaultCorruptError(path);
}

/** A file of the vault is not as we wrote it. Going on without it would draw new secrets in place of lost ones. */
export class VaultCorruptError extends IsletError {
  override readonly name = 'VaultCorruptError';
  constructor(path: string) {
    super(
      'CUSTODIAN_VAULT_CORRUPT',
      `${path} is damaged, or is another account's. Restore it from a backup; do not remove it: the secrets in it are nowhere else.`,
    );
  }
}
