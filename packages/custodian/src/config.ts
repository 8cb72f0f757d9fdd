// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that reads this process's environment.
import { readFile } from 'node:fs/promises';
import * as Deployment from '@islet/chain/Deployment';
import { fromHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as PrivateFile from '@islet/store/PrivateFile';

export type Config = {
  folder: string;
  port: number;
  /** This custodian's place in the set, from 1. */
  index: number;
  rpcUrl: string;
  deployment: Deployment.Deployment;
  validators: Uint8Array[];
  /** The Ed25519 seed that `Members` lists the public key of. */
  signingSeed: Uint8Array;
  /** Of the account that `Members` lists: signs what this custodian says to contracts. secp256k1. */
  accountKey: Uint8Array;
  /** Where the key lies that wraps the vault: never kept together with copies of it. */
  vaultKeyFolder: string;
};

export async function fromEnvironment(env: NodeJS.ProcessEnv): Promise<Config> {
  const need = (name: string): string => env[name] || fail(name, 'is not set');
  const keyIn = async (name: string): Promise<Uint8Array> => {
    const key = await PrivateFile.read(need(name));
    return key?.length === 32 ? key : fail(name, 'names no file of 32 bytes');
  };
  return {
    folder: need('ISLET_CUSTODIAN_FOLDER'),
    vaultKeyFolder: need('ISLET_CUSTODIAN_VAULT_KEYS'),
    port: whole(env.ISLET_CUSTODIAN_PORT ?? '0', 'ISLET_CUSTODIAN_PORT', 0, 65_535),
    index: whole(need('ISLET_CUSTODIAN_INDEX'), 'ISLET_CUSTODIAN_INDEX', 1, 32),
    rpcUrl: need('ISLET_RPC_URL'),
    deployment: Deployment.parse(await readFile(need('ISLET_DEPLOYMENT'), 'utf8')),
    validators: need('ISLET_VALIDATORS').split(',').map(fromHex),
    signingSeed: await keyIn('ISLET_CUSTODIAN_KEY'),
    accountKey: await keyIn('ISLET_CUSTODIAN_ACCOUNT_KEY'),
  };
}

function whole(text: string, name: string, min: number, max: number): number {
  const n = Number(text);
  return Number.isInteger(n) && n >= min && n <= max
    ? n
    : fail(name, `is not a whole number from ${min} to ${max}`);
}

function fail(name: string, what: string): never {
  throw new ConfigError(name, what);
}

export class ConfigError extends IsletError {
  override readonly name = 'Custodian.ConfigError';
  constructor(variable: string, what: string) {
    super('CUSTODIAN_CONFIG', `${variable} ${what}. Set it and start the custodian again.`);
  }
}
