// Copyright the Islet authors. AGPL-3.0-or-later.
// Several devices of one person: each has a signer of its own, all have the same keys for reading.
import { concat, equal, toHex, utf8 } from '@islet/core/crypto/bytes';
import * as P256 from '@islet/core/crypto/p256';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Xwing from '@islet/core/crypto/xwing';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import { encodeSigned } from '@islet/core/signed';
import * as Http from './Http.js';
import type { KeyRequest } from './KeyRequest.js';
import * as Kit from './Kit.js';
import { deadline, type Network, nonce, placeOf } from './Network.js';
import type { Person } from './Person.js';
import { relay } from './Relaying.js';
import * as Signing from './Signing.js';
import * as Wallet from './Wallet.js';

/** What a new device keeps until it has been let in: its own signer, and the seed of the key to hand the rest to. */
export type Newcomer = {
  account: Uint8Array;
  signerKey: Uint8Array;
  signerKind?: 'p256';
  oneTimeSeed: Uint8Array;
};

export type Kind = 'secp256k1' | 'p256';

/** Draws the keys of a new device for an account, and puts the public one where the other device finds it. */
export async function newcomer(
  network: Network,
  account: Uint8Array,
  kind: Kind = 'secp256k1',
): Promise<{ newcomer: Newcomer; request: KeyRequest }> {
  const { random } = network;
  const keys = {
    ...{ account, oneTimeSeed: random(32) },
    ...(kind === 'p256'
      ? { signerKey: P256.secretKeyFrom(random), signerKind: 'p256' as const }
      : { signerKey: Secp256k1.secretKeyFrom(random) }),
  };
  const oneTimeKey = Xwing.publicKeyOf(keys.oneTimeSeed);
  await Http.put(network.hub, '/v1/keys', oneTimeKey);
  return { newcomer: keys, request: requestOf(network, keys) };
}

export const requestOf = (network: Pick<Network, 'deployment'>, keys: Newcomer): KeyRequest => ({
  account: keys.account,
  signer: Signing.signerOf(network, keys as unknown as Wallet.Wallet),
  keyHash: Wallet.encryptionKeyHash(Xwing.publicKeyOf(keys.oneTimeSeed)),
});

/** The one-time key of a request: the hub's bytes, by the hash that the person compared. Throws `REQUEST_NO_KEY`. */
export async function oneTimeKeyOf(network: Network, { keyHash }: KeyRequest): Promise<Uint8Array> {
  const key = await Http.get(network.hub, `/v1/keys/${toHex(keyHash)}`).catch((error) => {
    throw error instanceof Http.RemoteError ? new NoKeyError() : error;
  });
  // Stops: a hub that has everything sealed to itself.
  if (key.length !== Xwing.sizes.publicKey || !equal(Wallet.encryptionKeyHash(key), keyHash))
    throw new NoKeyError();
  return key;
}

/** How many custodians were told, of how many. Those that were not go on as before until they are. */
export type Told = { told: number; of: number };

/** Lets a further signer speak for the account: on chain, and with every custodian. */
export async function add(network: Network, wallet: Wallet.Wallet, signer: Uint8Array): Promise<Told> {
  const { bytes } = await relay(network, wallet, Message.addSigner, changeOf(network, wallet, signer));
  return tellAll(network, '/v1/add-signer', bytes);
}

/**
 * Ends a signer, at custodians first: they need no chain for it. A signer that is lost or stolen is removed by another;
 * what it granted before stays until it is revoked.
 */
export async function remove(network: Network, wallet: Wallet.Wallet, signer: Uint8Array): Promise<Told> {
  const message = changeOf(network, wallet, signer);
  const signed = Signing.sign(network, wallet, Message.removeSigner, message);
  const told = await tellAll(network, '/v1/remove-signer', encodeSigned(Message.removeSigner, signed));
  await relay(network, wallet, Message.removeSigner, message);
  return told;
}

export const changeOf = (network: Network, wallet: Wallet.Wallet, signer: Uint8Array): Message.AddSigner => ({
  ...placeOf(network, 'identity'),
  ...{ account: wallet.account, signer, nonce: nonce(network), deadline: deadline(network) },
});

/** Says something to every custodian, whichever of them is down. */
export async function tellAll(network: Network, path: string, body: Uint8Array): Promise<Told> {
  const answers = await Promise.allSettled(network.custodians.map((c) => Http.post(c, path, body)));
  return { told: answers.filter((a) => a.status === 'fulfilled').length, of: answers.length };
}

/** Who speaks for the account now, as the chain has it, in hex. */
export async function list(network: Network, account: Uint8Array): Promise<string[]> {
  await network.chain.follow();
  return [...(network.chain.state.accounts.get(toHex(account))?.signers ?? [])];
}

const context = ({ account, signer }: KeyRequest): Uint8Array =>
  concat(utf8('islet/device-keys/v1'), account, signer);

/** The keys for reading, sealed to a new device whose words the person has compared. Its signer is its own. */
export async function hand(
  network: Network,
  { wallet, notes }: Person,
  request: KeyRequest,
): Promise<Uint8Array> {
  if (!equal(request.account, wallet.account)) throw new OtherAccountError();
  const kit = { wallet, role: notes.role, dayOffsetMinutes: notes.dayOffsetMinutes ?? 0 };
  const key = await oneTimeKeyOf(network, request);
  return Xwing.seal(key, context(request), utf8(Kit.print(kit)), network.random);
}

/** What the new device is from now on, as another of the person's devices handed it. Throws `REQUEST_NOT_FOR_US`. */
export function receive(network: Network, keys: Newcomer, handed: Uint8Array): Kit.Kit {
  const request = requestOf(network, keys);
  const bytes = Xwing.open(keys.oneTimeSeed, context(request), handed);
  if (!bytes) throw new NotForUsError();
  const kit = Kit.read(new TextDecoder().decode(bytes));
  const { signerKind: _, ...theirs } = kit.wallet;
  const kind = keys.signerKind ? { signerKind: keys.signerKind } : {};
  return { ...kit, wallet: { ...theirs, signerKey: keys.signerKey, ...kind } };
}

export class NoKeyError extends IsletError {
  override readonly name = 'Signers.NoKeyError';
  constructor() {
    super(
      'REQUEST_NO_KEY',
      'The hub does not have the key of this request. Make the request again, with the same hub.',
    );
  }
}

export class OtherAccountError extends IsletError {
  override readonly name = 'Signers.OtherAccountError';
  constructor() {
    super(
      'REQUEST_OTHER_ACCOUNT',
      'The request is for another account than this wallet’s. Nothing was done.',
    );
  }
}

export class NotForUsError extends IsletError {
  override readonly name = 'Signers.NotForUsError';
  constructor() {
    super(
      'REQUEST_NOT_FOR_US',
      'This was sealed to another device, or for another request. Ask for it anew.',
    );
  }
}
