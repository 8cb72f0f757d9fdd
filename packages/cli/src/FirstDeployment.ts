// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile } from 'node:fs/promises';
import * as Deployment from '@islet/chain/Deployment';
import * as Founding from '@islet/chain/Founding';
import * as Rpc from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import type { Hex } from '@islet/chain/Wire';
import { to0x, utf8 } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import { keccak256 } from '@islet/core/crypto/hash';
import { addressOf } from '@islet/core/crypto/secp256k1';
import * as PrivateFile from '@islet/store/PrivateFile';
import * as Home from './Home.js';
import * as KeyFile from './KeyFile.js';
import { CHAIN_ID, RELAY_BUDGET, THRESHOLD } from './limits.js';

/** The one member organisation of a fresh installation. */
export const clinic: Uint8Array = keccak256(utf8('islet/organisation/clinic'));

/** The deployment of last time, undefined before the first. Throws `CHAIN_BAD_DEPLOYMENT` or `CHAIN_OLD_DEPLOYMENT`. */
export async function read(home: Home.Home): Promise<Deployment.Deployment | undefined> {
  const json = await readFile(Home.deployment(home), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return json === undefined ? undefined : Deployment.parse(json);
}

/**
 * Deploys the contracts and writes down where they are, once all are there: a deployment cut short is begun anew, and its
 * contracts stay unused.
 */
export async function create(
  home: Home.Home,
  url: string,
  now: () => number,
): Promise<Deployment.Deployment> {
  const rpc = Rpc.connect(url, { abis: Founding.abis });
  const key = await KeyFile.read(Home.organisationKey(home));
  const sender = Sender.open({ rpc, chainId: CHAIN_ID, key, now });
  const relay = to0x(addressOf(await KeyFile.read(Home.relayKey(home))));
  const deployment = await Founding.deploy(rpc, sender, CHAIN_ID, {
    founders: [{ org: clinic, admin: sender.address }],
    relays: [{ relay, org: clinic }],
    custodians: await custodiansOf(home),
    threshold_: BigInt(THRESHOLD),
    delay_: 0n,
    budget: RELAY_BUDGET,
  });
  await PrivateFile.write(Home.deployment(home), utf8(Deployment.format(deployment)));
  return deployment;
}

type Custodian = { org: Uint8Array; signingKey: Uint8Array; account: Hex };

const custodiansOf = (home: Home.Home): Promise<Custodian[]> =>
  Promise.all(
    Home.custodianIndices().map(async (index) => {
      const { publicKey } = await Ed25519.fromSeed(await KeyFile.read(Home.custodianKey(home, index)));
      const account = addressOf(await KeyFile.read(Home.custodianAccountKey(home, index)));
      return { org: clinic, signingKey: publicKey, account: to0x(account) };
    }),
  );
