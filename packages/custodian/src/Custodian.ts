// Copyright the Islet authors. AGPL-3.0-or-later.

import { webcrypto } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as Followed from '@islet/chain/Followed';
import * as Rpc from '@islet/chain/Rpc';
import { verifiersOf } from '@islet/chain/Verifiers';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as ChangeLog from '@islet/store/ChangeLog';
import type { Context } from './Context.js';
import type { Config } from './config.js';
import * as Record from './Record.js';
import * as Signers from './Signers.js';
import * as Vault from './Vault.js';

/** Opens a custodian's folder: its vault, its record, and its own view of the chain, which never moves back. */
export async function open(config: Config, now: () => number): Promise<Context & { close(): Promise<void> }> {
  const { folder, deployment, validators } = config;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const random = (length: number): Uint8Array => webcrypto.getRandomValues(new Uint8Array(length));
  let chainLog: { close(): Promise<void> } | undefined;
  const chain = await Followed.open({
    rpc: Rpc.connect(config.rpcUrl),
    deployment,
    validators,
    now,
    openLog: async (keep, replay) => {
      const log = await ChangeLog.open<
        { number: number; hash: `0x${string}` },
        Parameters<typeof keep>[0],
        Parameters<typeof replay>[0]
      >(join(folder, 'chain'), keep, replay);
      chainLog = log;
      return log;
    },
  });
  let record: Record.Record | undefined;
  let signers: Signers.Signers | undefined;
  const close = async (): Promise<void> => {
    await record?.close();
    await signers?.close();
    await chainLog?.close();
  };
  try {
    record = await Record.open(join(folder, 'record'));
    const vault = await Vault.open({
      folder: join(folder, 'vault'),
      keyFolder: config.vaultKeyFolder,
      random,
    });
    signers = await Signers.open(join(folder, 'signers'), vault);
    const verifiers = verifiersOf(deployment);
    const signer = await Ed25519.fromSeed(config.signingSeed);
    const { index, accountKey } = config;
    return {
      index,
      signer,
      accountKey,
      deployment,
      chain,
      vault,
      record,
      signers,
      verifiers,
      now,
      random,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
