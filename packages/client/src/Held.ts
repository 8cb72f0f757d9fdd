// Copyright the Islet authors. AGPL-3.0-or-later.

import { verifiersOf } from '@islet/chain/Verifiers';
import type { Grant } from '@islet/chain/View';
import { spokeFor } from '@islet/chain/View';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as GrantKeys from '@islet/core/GrantKeys';
import * as Hours from '@islet/core/Hours';
import * as Message from '@islet/core/Message';
import * as Rolling from '@islet/core/Rolling';
import type { Stream } from '@islet/core/Stream';
import { parseSigned } from '@islet/core/signed';
import * as Http from './Http.js';
import * as Hubs from './Hubs.js';
import type { Network } from './Network.js';
import * as RoleKeys from './RoleKeys.js';
import { openers, type Wallet } from './Wallet.js';

/** A grant a reader holds: the signed terms, the keys sealed to them, and what the chain says of it now. */
export type Held = {
  grantId: Uint8Array;
  signed: Uint8Array;
  message: Message.Grant;
  keys: GrantKeys.GrantKeys;
  onChain: Grant;
};

/** Every grant from this patient to this reader, or to a role or circle whose key they were given, newest first; those whose papers do not hold are left out. */
export async function from(installed: Network, reader: Wallet, patient: Uint8Array): Promise<Held[]> {
  await installed.chain.follow();
  const network = await Hubs.at(installed, patient);
  const { state } = network.chain;
  const theirs = [...state.grants].filter(([, g]) => g.patient === toHex(patient));
  const isShared = (id: string) => state.roles.has(id) || state.circles.has(id);
  const mine = theirs.filter(([, g]) => g.reader === toHex(reader.account) || isShared(g.reader));
  const seeds = await RoleKeys.seedsOf(network, reader, new Set(mine.map(([, g]) => g.reader)));
  const held = await Promise.all(
    mine.map(([id, onChain]) => one(network, seeds.get(onChain.reader) ?? openers(reader), id, onChain)),
  );
  // Of two in one second the chain has the newer last.
  return held
    .filter((h) => h !== undefined)
    .reverse()
    .sort((a, b) => b.onChain.grantedAt - a.onChain.grantedAt);
}

async function one(
  network: Network,
  seeds: Uint8Array[],
  id: string,
  onChain: Grant,
): Promise<Held | undefined> {
  const told = await papers(network, id);
  if (!told) return undefined;
  const { grant, signed, sealed } = told;
  const { message } = grant;
  const sound =
    // Stops: other terms than those on chain.
    toHex(Message.structHashOf(Message.grant, message)) === onChain.grantHash &&
    // Stops: terms that the chain has and the patient never signed.
    Message.verify(Message.grant, grant, verifiersOf(network.deployment)) &&
    spokeFor(network.chain.state, message.patient, grant.signer);
  // Stops: other keys than the patient sealed, which would open other days or nothing.
  if (!sound || toHex(GrantKeys.hashOf(sealed)) !== toHex(message.nodesHash)) return undefined;
  // A role or a circle has a key for each time that someone left it; which one the patient sealed to shows by trying.
  const keys = seeds
    .map((seed) => GrantKeys.open(sealed, message.grantId, seed))
    .find((k) => k !== undefined);
  return keys && { grantId: message.grantId, signed, message, keys, onChain };
}

/** A grant's papers as the hub keeps them; `undefined` where it has none or they cannot be read. */
async function papers(network: Network, id: string) {
  try {
    const told = Http.json(await Hubs.get(network, `/v1/grants/${id}`), network.hub.name);
    const signed = fromHex(String(told.signed));
    return { grant: parseSigned(Message.grant, signed), signed, sealed: fromHex(String(told.keys)) };
  } catch (error) {
    // One grant's papers lost must not take the others along; a hub that is down must be said.
    if (error instanceof Http.UnreachableError) throw error;
    return undefined;
  }
}

/** The grant that allows most of what is wanted: one that should be granted, else one whose refusal says most. */
export function best(
  held: Held[],
  wanted: { stream: Stream; firstDay: number; lastDay: number },
  now: number,
): Held | undefined {
  const score = (h: Held): number => {
    const { firstDay, lastDay, rollingDays, offsetMinutes, emergency } = h.message;
    const stream = h.keys.streams.some((s) => s.stream === wanted.stream);
    const rolled = rollingDays > 0 && wanted.firstDay < Rolling.firstDay(now, offsetMinutes, rollingDays);
    const window = firstDay <= wanted.firstDay && lastDay >= wanted.lastDay && !rolled;
    const alive = h.onChain.revokedAt === null && h.onChain.expiresAt * 1000 > now;
    const scores = [!emergency, stream, window, alive, Hours.holds(h.message, now)];
    return scores.reduce((sum, holds) => 2 * sum + (holds ? 1 : 0), 0);
  };
  return held.reduce<Held | undefined>((a, b) => (a && score(a) >= score(b) ? a : b), undefined);
}
