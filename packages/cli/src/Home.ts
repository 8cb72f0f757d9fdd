// Copyright the Islet authors. AGPL-3.0-or-later.
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { nodeFiles } from '@islet/store/NodeFiles';
import * as PrivateFile from '@islet/store/PrivateFile';
import { CUSTODIANS } from './limits.js';

/** The data folder: everything that one installation keeps. */
export type Home = { readonly root: string };

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** The folder that `ISLET_HOME` names, else `.islet` beside the packages. */
export const locate = (env: Record<string, string | undefined>): Home =>
  at(env.ISLET_HOME || join(repository, '.islet'));

export const at = (root: string): Home => ({ root: resolve(root) });

export const ledger = (home: Home): string => join(home.root, 'ledger');
export const hub = (home: Home): string => join(home.root, 'hub');
/** `index` counts from 1. */
export const custodian = (home: Home, index: number): string => join(home.root, `custodian-${index}`);
/** Apart from the vault, so that no copy of one takes the other along. */
export const vaultKeys = (home: Home, index: number): string =>
  join(home.root, 'vault-keys', `custodian-${index}`);
export const gateway = (home: Home): string => join(home.root, 'gateway');
export const wallets = (home: Home): string => join(home.root, 'wallets');
/** Where people said that their data are: signed and public, a file for each account. */
export const hubsSeen = (home: Home): string => join(home.root, 'hubs-seen');
/** The certificates that the app is served with, one folder for each name. */
export const certificates = (home: Home): string => join(home.root, 'tls');
export const tls = (home: Home, name: string): string => join(certificates(home), name);
export const logs = (home: Home): string => join(home.root, 'logs');
const keys = (home: Home): string => join(home.root, 'keys');

/** The organisation's administrator: votes, vouches for readers, deployed the contracts. secp256k1. */
export const organisationKey = (home: Home): string => join(keys(home), 'organisation.key');
/** secp256k1. */
export const relayKey = (home: Home): string => join(hub(home), 'relay.key');
/** secp256k1. */
export const validatorKey = (home: Home): string => join(ledger(home), 'validator.key');
/** An Ed25519 seed. */
export const custodianKey = (home: Home, index: number): string =>
  join(custodian(home, index), 'signing.key');
/** Signs what the custodian says to contracts. secp256k1. */
export const custodianAccountKey = (home: Home, index: number): string =>
  join(custodian(home, index), 'account.key');

/** One file a role of the organisation: the role's X-Wing seeds. */
export const roles = (home: Home): string => join(keys(home), 'roles');

export const deployment = (home: Home): string => join(home.root, 'deployment.json');
export const services = (home: Home): string => join(home.root, 'services.json');
export const log = (home: Home, service: string): string => join(logs(home), `${service}.log`);
const validatorsFile = (home: Home): string => join(home.root, 'validators.json');

export const custodianIndices = (): number[] => Array.from({ length: CUSTODIANS }, (_, i) => i + 1);

export const keyFiles = (home: Home): string[] => [
  organisationKey(home),
  relayKey(home),
  validatorKey(home),
  ...custodianIndices().flatMap((index) => [custodianKey(home, index), custodianAccountKey(home, index)]),
];

/** Makes what is missing of the folder, for its owner only. Throws `CLI_BAD_HOME`. */
export async function prepare(home: Home): Promise<void> {
  const custodians = custodianIndices().map((index) => custodian(home, index));
  const folders = [ledger, hub, gateway, wallets, logs, keys, roles].map((folder) => folder(home));
  for (const folder of [home.root, ...folders, ...custodians])
    await nodeFiles.makeFolder(folder).catch((cause) => {
      throw new BadHomeError(folder, cause);
    });
}

/** The validators to believe, 20-byte addresses. Throws `CLI_NO_VALIDATORS` before the first start. */
export async function validators(home: Home): Promise<Uint8Array[]> {
  const bytes = await PrivateFile.read(validatorsFile(home));
  if (!bytes) throw new NoValidatorsError(home);
  const listed: string[] = JSON.parse(new TextDecoder().decode(bytes));
  return listed.map(fromHex);
}

export async function writeValidators(home: Home, addresses: Uint8Array[]): Promise<void> {
  const text = `${JSON.stringify(addresses.map(to0x))}\n`;
  await PrivateFile.write(validatorsFile(home), new TextEncoder().encode(text));
}

export class BadHomeError extends IsletError {
  override readonly name = 'BadHomeError';
  constructor(folder: string, cause: unknown) {
    super(
      'CLI_BAD_HOME',
      `${folder} cannot be used as a folder. Check the path, who may write there, and ISLET_HOME.`,
      { cause },
    );
  }
}

export class NoValidatorsError extends IsletError {
  override readonly name = 'NoValidatorsError';
  constructor(home: Home) {
    super('CLI_NO_VALIDATORS', `${home.root} has no chain yet. Start Islet once with: npx islet up`);
  }
}
