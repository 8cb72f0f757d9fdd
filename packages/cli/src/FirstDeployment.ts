// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile } from 'node:fs/promises';
import { anchorsAbi } from '@islet/chain/abi/Anchors';
import { bytecode } from '@islet/chain/abi/bytecode';
import { consentAbi } from '@islet/chain/abi/Consent';
import { directoryAbi } from '@islet/chain/abi/Directory';
import { identityAbi } from '@islet/chain/abi/Identity';
import { membersAbi } from '@islet/chain/abi/Members';
import * as Deployment from '@islet/chain/Deployment';
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

/** The deployment of last time, undefined before the first. Throws `CHAIN_BAD_DEPLOYMENT`. */
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
  const rpc = Rpc.connect(url, { abis: [membersAbi, identityAbi, anchorsAbi, consentAbi, directoryAbi] });
  const key = await KeyFile.read(Home.organisationKey(home));
  const sender = Sender.open({ rpc, chainId: CHAIN_ID, key, now });
  const members = await deployMembers(home, sender);
  const rest = await deployRest(sender, members);
  const deployment = { chainId: CHAIN_ID, genesisHash: await Deployment.genesisHash(rpc), members, ...rest };
  await PrivateFile.write(Home.deployment(home), utf8(Deployment.format(deployment)));
  return deployment;
}

async function deployMembers(home: Home.Home, sender: Sender.Sender): Promise<Hex> {
  const relay = to0x(addressOf(await KeyFile.read(Home.relayKey(home))));
  return Deployment.deploy(sender, membersAbi, bytecode.Members, {
    founders: [{ org: clinic, admin: sender.address }],
    relays: [{ relay, org: clinic }],
    custodians: await custodiansOf(home),
    threshold_: BigInt(THRESHOLD),
    delay_: 0n,
  });
}

const custodiansOf = (home: Home.Home): Promise<{ org: Uint8Array; signingKey: Uint8Array }[]> =>
  Promise.all(
    Home.custodianIndices().map(async (index) => {
      const { publicKey } = await Ed25519.fromSeed(await KeyFile.read(Home.custodianKey(home, index)));
      return { org: clinic, signingKey: publicKey };
    }),
  );

async function deployRest(sender: Sender.Sender, members: Hex) {
  const members_ = members;
  const budget_ = BigInt(RELAY_BUDGET);
  const identity = await Deployment.deploy(sender, identityAbi, bytecode.Identity, { members_, budget_ });
  const anchors = await Deployment.deploy(sender, anchorsAbi, bytecode.Anchors, { members_ });
  const consent = await Deployment.deploy(sender, consentAbi, bytecode.Consent, {
    members_,
    identity_: identity,
    budget_,
  });
  const directory = await Deployment.deploy(sender, directoryAbi, bytecode.Directory, {
    members_,
    identity_: identity,
    anchors_: anchors,
    consent_: consent,
  });
  return { identity, anchors, consent, directory };
}
