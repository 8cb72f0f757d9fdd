// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as GrantKeys from '@islet/core/GrantKeys';
import * as Hours from '@islet/core/Hours';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import * as Streams from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { encryptionKeyOf } from './Account.js';
import * as Http from './Http.js';
import * as Hubs from './Hubs.js';
import { deadline, type Network, placeOf } from './Network.js';
import { relay } from './Relaying.js';
import * as Signing from './Signing.js';
import type { Terms as Bounds } from './Terms.js';
import type { Wallet } from './Wallet.js';

type Unbound = Pick<Bounds, 'rollingDays' | 'hours' | 'emergency'>;

/** Terms, and whom they are for: an account, an organisation's role, or a circle. What need not be said is unbound. */
export type Terms = { reader: Uint8Array } & Omit<Bounds, keyof Unbound> & Partial<Unbound>;

const unbound: Unbound = { rollingDays: 0, hours: Hours.always(0), emergency: false };

/**
 * Grants: signs the terms, seals the tree nodes of exactly those days to the reader, records both. Who keeps the salt
 * can say later in words what the codes on chain stand for.
 */
export async function grant(
  installed: Network,
  wallet: Wallet,
  asked: Terms,
): Promise<{ grantId: Uint8Array; salt: Uint8Array }> {
  const terms = { ...unbound, ...asked };
  await installed.chain.follow();
  const network = await Hubs.at(installed, wallet.account);
  const readerKey = await encryptionKeyOf(network, terms.reader);
  if (!readerKey) throw new UnknownReaderError();
  const { random } = network;
  const grantId = random(32);
  const salt = random(32);
  const streams = GrantKeys.derive(
    wallet.rootSeed,
    wallet.generation,
    terms.streams,
    terms.firstDay,
    terms.lastDay,
  );
  const sealed = GrantKeys.seal({ salt, purpose: terms.purpose, streams }, grantId, readerKey, random);
  const message: Message.Grant = {
    ...placeOf(network, 'consent'),
    grantId,
    patient: wallet.account,
    reader: terms.reader,
    streams: terms.streams.map((s) => Streams.code(salt, s)),
    firstDay: terms.firstDay,
    lastDay: terms.lastDay,
    rollingDays: terms.rollingDays,
    notBefore: Math.floor(terms.notBefore / 1000),
    expiresAt: Math.floor(terms.expiresAt / 1000),
    ...terms.hours,
    purpose: Streams.purposeCode(salt, terms.purpose),
    maxUses: terms.maxUses,
    emergency: terms.emergency,
    nodesHash: GrantKeys.hashOf(sealed),
    deadline: deadline(network),
  };
  await relay(network, wallet, Message.grant, message, { keys: sealed });
  return { grantId, salt };
}

/** Revokes on chain, and tells every custodian directly, so that none waits for the chain. */
export async function revoke(
  network: Network,
  wallet: Wallet,
  grantId: Uint8Array,
): Promise<{ told: number }> {
  const message: Message.Revoke = {
    ...placeOf(network, 'consent'),
    grantId,
    patient: wallet.account,
    deadline: deadline(network),
  };
  const bytes = encodeSigned(Message.revoke, Signing.sign(network, wallet, Message.revoke, message));
  // Both are waited for: a hub that is down must not keep a custodian from being told.
  const [relayed, ...direct] = await Promise.allSettled([
    relay(network, wallet, Message.revoke, message),
    ...network.custodians.map((c) => Http.post(c, '/v1/revoke', bytes)),
  ]);
  if (relayed.status === 'rejected') throw relayed.reason;
  return { told: direct.filter((r) => r.status === 'fulfilled').length };
}

/** The ids of a patient's grants, as the chain has them. */
export async function grantsBy(network: Network, patient: Uint8Array) {
  await network.chain.follow();
  const id = toHex(patient);
  return [...network.chain.state.grants]
    .filter(([, g]) => g.patient === id)
    .map(([grantId, g]) => ({ grantId, ...g }));
}

export class UnknownReaderError extends IsletError {
  override readonly name = 'Granting.UnknownReaderError';
  constructor() {
    super(
      'GRANT_UNKNOWN_READER',
      'The reader has no account or role, or its key cannot be found. Ask them to register first.',
    );
  }
}
