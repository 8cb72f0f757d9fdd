// Copyright the Islet authors. AGPL-3.0-or-later.
// A person's account goes to another gateway on the same chain. The new one is ready before the old one ends, so that at
// every moment one of them takes what apps send.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Account from './Account.js';
import * as Gateways from './Gateways.js';
import * as Horizon from './Horizon.js';
import * as Http from './Http.js';
import * as Importing from './Importing.js';
import type { Network } from './Network.js';
import * as Pairing from './Pairing.js';
import type { Keep, Person, Progress } from './Person.js';
import { acquaint, streamsOf } from './Provision.js';

/**
 * Makes a gateway the person's: authorises it on chain, tells it the keys of all days and the apps, and remembers it. What
 * is done is not done twice, and what is remembered is remembered last: cut short, it is run again. The gateway of
 * before may write until `leave`. `network.gateway` is the person's present one. Throws `MOVE_ALREADY_THERE`,
 * `MOVE_UNDER_WAY`.
 */
export async function go(
  network: Network,
  person: Person,
  url: string,
  keep: Keep,
  onProgress: Progress = () => {},
): Promise<void> {
  const { wallet, notes } = person;
  if (notes.movedFrom !== undefined && url !== network.gateway.url) throw new UnderWayError();
  const there = Gateways.at(network, url);
  const gatewayKey = await keyOf(there);
  if (notes.gatewayKey === gatewayKey) {
    if (notes.movedFrom === undefined) throw new AlreadyThereError();
    return;
  }
  await network.chain.follow();
  await Account.authoriseGateway(there, wallet, fromHex(gatewayKey));
  // Told to one that nobody follows yet: only once all of it is there do our own notes say so.
  const told = structuredClone(person);
  await acquaint(there, told, async () => {}, onProgress);
  await carryApps(network, there, told);
  await Horizon.renew(there, told, streamsOf(told), async () => {}, Horizon.usual, onProgress);
  const from = { url: network.gateway.url, gatewayKey: notes.gatewayKey ?? null };
  Object.assign(notes, { keyed: told.notes.keyed, gatewayKey, gatewayUrl: url, movedFrom: from });
  await keep(person);
}

/**
 * Ends every gateway but the person's present one. First the one of before takes nothing from apps any more, then it hands
 * on to the hub all that it took: once it is ended, no hub takes it from it. `lost` goes on where it cannot be reached:
 * what it had taken and not handed on is lost with it. Throws `MOVE_NOTHING`, `MOVE_OLD_AWAY`.
 */
export async function leave(
  network: Network,
  person: Person,
  keep: Keep,
  lost: boolean,
  onProgress: Progress = () => {},
): Promise<string[]> {
  const { wallet, notes } = person;
  const present = notes.gatewayKey;
  if (notes.movedFrom === undefined || present === undefined) throw new NotMovingError();
  const before = Gateways.at(network, notes.movedFrom.url);
  try {
    await handOn(before, person, onProgress);
  } catch (error) {
    if (!(error instanceof Http.UnreachableError)) throw error;
    if (!lost) throw new OldAwayError();
  }
  await network.chain.follow();
  const others = Account.gatewaysOf(network, wallet.account).filter((key) => key !== present);
  for (const key of others) await Account.endGateway(network, wallet, fromHex(key));
  delete notes.movedFrom;
  await keep(person);
  return others;
}

async function handOn(before: Network, person: Person, onProgress: Progress): Promise<void> {
  // Of all who may send, the gateway of before is left with this one, which asks it to settle and is then forgotten.
  const last = structuredClone(person);
  await Pairing.pairOnly(before, last, async () => {}, 'moving', 'write');
  await Importing.settle(before, last, onProgress);
}

/** With those that other wallets of the person paired; where the gateway of before is lost, so is its list. */
async function carryApps(before: Network, there: Network, told: Person): Promise<void> {
  try {
    await Pairing.carry(before, there, told, async () => {});
  } catch (error) {
    if (!(error instanceof Http.UnreachableError)) throw error;
  }
}

async function keyOf({ gateway }: Network): Promise<string> {
  const { gatewayKey } = Http.json(await Http.get(gateway, '/health'), gateway.name);
  if (typeof gatewayKey !== 'string' || !/^(0x)?[0-9a-f]{64}$/.test(gatewayKey)) throw new NoGatewayError();
  return toHex(fromHex(gatewayKey));
}

export class NoGatewayError extends IsletError {
  override readonly name = 'Moving.NoGatewayError';
  constructor() {
    super(
      'MOVE_NO_GATEWAY',
      'What answers at that address is no gateway. Nothing was done. Check the address.',
    );
  }
}

export class AlreadyThereError extends IsletError {
  override readonly name = 'Moving.AlreadyThereError';
  constructor() {
    super('MOVE_ALREADY_THERE', 'This gateway is the one in use already. Nothing was done.');
  }
}

export class UnderWayError extends IsletError {
  override readonly name = 'Moving.UnderWayError';
  constructor() {
    super(
      'MOVE_UNDER_WAY',
      'A move to another gateway is not at its end: the one of before may still write. End it first: npx islet move --end',
    );
  }
}

export class NotMovingError extends IsletError {
  override readonly name = 'Moving.NotMovingError';
  constructor() {
    super('MOVE_NOTHING', 'No move is under way. Begin with: npx islet move --gateway URL');
  }
}

export class OldAwayError extends IsletError {
  override readonly name = 'Moving.OldAwayError';
  constructor() {
    super(
      'MOVE_OLD_AWAY',
      'The gateway of before does not answer, and may hold readings that it has not handed on. Start it and run: npx islet move --end. If it is lost for good: --end --lost',
    );
  }
}
