// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Bundle from '@islet/core/Bundle';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import * as KeyTree from '@islet/core/KeyTree';
import * as Message from '@islet/core/Message';
import type { Stream } from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { encodeEnrol, encodeMoreKeys } from '@islet/core/wire/Ask';
import * as Stated from '@islet/core/wire/Stated';
import * as Http from './Http.js';
import * as Hubs from './Hubs.js';
import { deadline, type Network, nonce, placeOf } from './Network.js';
import { relay } from './Relaying.js';
import * as Signing from './Signing.js';
import * as Wallet from './Wallet.js';

/** Puts the account on chain and its public encryption key where others find it. Returns the signed registration. */
export async function register(network: Network, wallet: Wallet.Wallet): Promise<Uint8Array> {
  const key = Wallet.encryptionKey(wallet);
  await Http.put(network.hub, '/v1/keys', key);
  const { bytes } = await relay(network, wallet, Message.register, {
    ...placeOf(network, 'identity'),
    account: wallet.account,
    signer: Signing.signerOf(network, wallet),
    encryptionKeyHash: Wallet.encryptionKeyHash(key),
    deadline: deadline(network),
  });
  return bytes;
}

/** Enrols a patient with every custodian: each pins the signer and draws its secrets. */
export async function enrol(network: Network, registration: Uint8Array): Promise<void> {
  const body = encodeEnrol({ register: registration, wanted: [] });
  await Promise.all(network.custodians.map((c) => Http.post(c, '/v1/enrol', body)));
}

/**
 * Enrols with whichever custodians do not know the account yet, for one that replaced another: each pins the wallet's
 * signer, which the chain must list. Those who know it are asked for nothing. Throws where one that answers refuses.
 */
export async function enrolAgain(network: Network, wallet: Wallet.Wallet): Promise<void> {
  const message: Message.Register = {
    ...placeOf(network, 'identity'),
    account: wallet.account,
    signer: Signing.signerOf(network, wallet),
    encryptionKeyHash: Wallet.encryptionKeyHash(Wallet.encryptionKey(wallet)),
    deadline: deadline(network),
  };
  const signed = Signing.sign(network, wallet, Message.register, message);
  const body = encodeEnrol({ register: encodeSigned(Message.register, signed), wanted: [] });
  const probe = encodeMoreKeys({
    account: wallet.account,
    wanted: [{ stream: 'glucose/raw', firstDay: Day.of(network.now(), 0), days: 1 }],
  });
  for (const custodian of network.custodians) {
    // Not asked of those who know the account: they may have pinned another device of the person's.
    if (await knows(custodian, probe)) continue;
    await Http.post(custodian, '/v1/enrol', body);
  }
}

async function knows(custodian: Http.Service, probe: Uint8Array): Promise<boolean> {
  try {
    await Http.post(custodian, '/v1/keys', probe);
    return true;
  } catch (error) {
    if (error instanceof IsletError && error.code === 'KEYS_NOT_ENROLLED') return false;
    if (error instanceof IsletError && error.code === 'KEYS_ERASED') return true;
    throw error;
  }
}

/** Lets a gateway write for this account. */
export async function authoriseGateway(
  network: Network,
  wallet: Wallet.Wallet,
  gatewayKey: Uint8Array,
): Promise<void> {
  const known = network.chain.state.accounts.get(toHex(wallet.account))?.gateways.get(toHex(gatewayKey));
  if (known && known.endedAt === null) return;
  await relay(network, wallet, Message.authoriseGateway, {
    ...placeOf(network, 'identity'),
    account: wallet.account,
    gatewayKey,
    nonce: nonce(network),
    deadline: deadline(network),
  });
}

/** Ends a gateway: what it seals from now on is not believed, and what it sealed before stays. */
export async function endGateway(
  network: Network,
  wallet: Wallet.Wallet,
  gatewayKey: Uint8Array,
): Promise<void> {
  await relay(network, wallet, Message.endGateway, {
    ...placeOf(network, 'identity'),
    account: wallet.account,
    gatewayKey,
    nonce: nonce(network),
    deadline: deadline(network),
  });
}

/** The keys of the gateways that may write for this account now, in hex. */
export const gatewaysOf = (network: Network, account: Uint8Array): string[] =>
  [...(network.chain.state.accounts.get(toHex(account))?.gateways ?? [])].flatMap(([key, { endedAt }]) =>
    endedAt === null ? [key] : [],
  );

export type Run = { stream: Stream; firstDay: Day.Day; days: number };

/** Gives the gateway public keys to seal those days to, signed by the wallet. */
export async function publishKeys(
  network: Network,
  wallet: Wallet.Wallet,
  runs: Run[],
  dayOffsetMinutes: number,
  onProgress: (done: number, of: number) => void = () => {},
): Promise<void> {
  for (const [i, { stream, firstDay, days }] of runs.entries()) {
    const root = KeyTree.root(wallet.rootSeed, wallet.generation, stream);
    const about = { account: wallet.account, stream, generation: wallet.generation, dayOffsetMinutes };
    const bytes = Bundle.encodeStreamKeys(Bundle.streamKeys(root, about, firstDay, days));
    await Http.put(network.gateway, '/v1/keys', state(network, wallet, 'streamKeys', bytes));
    onProgress(i + 1, runs.length);
  }
}

type Kind = keyof typeof Stated.kinds;

/** A document with the wallet's signed Statement about it, as gateways take them. */
export function state(network: Network, wallet: Wallet.Wallet, kind: Kind, document: Uint8Array): Uint8Array {
  const message = statementOf(network, wallet, kind, Bundle.hashOf(document));
  const signed = Signing.sign(network, wallet, Message.statement, message);
  return Stated.encodeDocument({ signed, bytes: document });
}

/** The wallet's signed word on a document, or, with 32 zero bytes, a question asked now. */
export function statement(
  network: Network,
  wallet: Wallet.Wallet,
  kind: Kind,
  hash: Uint8Array = new Uint8Array(32),
): Uint8Array {
  const message = statementOf(network, wallet, kind, hash);
  return encodeSigned(Message.statement, Signing.sign(network, wallet, Message.statement, message));
}

/** What the person's gateway answers to the wallet's question, as JSON. */
export async function askGateway(
  network: Network,
  wallet: Wallet.Wallet,
  kind: Kind,
  path: string,
): Promise<unknown> {
  const question = toHex(statement(network, wallet, kind));
  return Http.json(await Http.get(network.gateway, path, { 'x-islet-statement': question }));
}

const statementOf = (
  network: Network,
  wallet: Wallet.Wallet,
  kind: Kind,
  hash: Uint8Array,
): Message.Statement => ({
  ...placeOf(network, 'identity'),
  account: wallet.account,
  kind: Stated.kinds[kind],
  hash,
  version: network.now(),
});

/** Finds the public encryption key that the chain commits to for an account, a role or a circle. */
export async function encryptionKeyOf(network: Network, id: Uint8Array): Promise<Uint8Array | undefined> {
  const { roles, circles, accounts } = network.chain.state;
  const shared = roles.get(toHex(id)) ?? circles.get(toHex(id));
  const hash = shared?.keyHash ?? accounts.get(toHex(id))?.encryptionKeyHash;
  if (!hash) return undefined;
  const key = await Hubs.get(network, `/v1/keys/${hash}`);
  // A hub that serves another key would be sealing to itself.
  return toHex(Wallet.encryptionKeyHash(key)) === hash ? key : undefined;
}
