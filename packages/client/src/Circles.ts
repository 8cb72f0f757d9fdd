// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Circle as Seen } from '@islet/chain/Circles';
import * as Circle from '@islet/core/Circle';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import { encryptionKeyOf } from './Account.js';
import * as Hubs from './Hubs.js';
import { deadline, type Network, nonce, placeOf } from './Network.js';
import { relay } from './Relaying.js';
import * as RoleKeys from './RoleKeys.js';
import * as Signing from './Signing.js';
import type { Wallet } from './Wallet.js';

/** What a patient says of a circle. `until` in UTC ms: from then on nobody is in it. */
export type Terms = { keeper: Uint8Array; maxPeople: number; until: number };

/** A circle as one's own view of the chain has it. */
export type Known = Seen & { circle: string };

/**
 * Opens a circle with nobody in it, and gives its keeper its key. Returns its id, which can be granted to at once.
 * Throws `ROLE_UNKNOWN_HOLDER` where the keeper's key cannot be found.
 */
export async function open(network: Network, wallet: Wallet, terms: Terms): Promise<Uint8Array> {
  await network.chain.follow();
  const { keeper, maxPeople } = terms;
  if (!(await encryptionKeyOf(network, keeper))) throw new RoleKeys.UnknownHolderError();
  const [seed, keyHash] = await RoleKeys.draw(network);
  const until = Math.floor(terms.until / 1000);
  const said = { patient: wallet.account, keeper, maxPeople, until, salt: network.random(32) };
  const circle = Circle.idOf(said);
  await relay(network, wallet, Message.openCircle, {
    ...placeOf(network, 'circles'),
    ...said,
    keyHash,
    deadline: deadline(network),
  });
  await network.chain.follow();
  await hand(network, wallet, circle, keeper, [seed]);
  return circle;
}

/**
 * The keeper lets a person in, and hands them the circle's keys; once more for who is in it hands the keys anew.
 * Throws `CIRCLE_NO_KEY`, `ROLE_UNKNOWN_HOLDER`, and what the contract refuses: one too many is `CIRCLES_FULL`.
 */
export async function admit(
  network: Network,
  wallet: Wallet,
  circle: Uint8Array,
  reader: Uint8Array,
): Promise<void> {
  await network.chain.follow();
  const id = toHex(circle);
  const seeds = (await RoleKeys.seedsOf(network, wallet, [id])).get(id) ?? [];
  if (seeds.length === 0) throw new NoKeyError();
  if (!(await encryptionKeyOf(network, reader))) throw new RoleKeys.UnknownHolderError();
  if (!network.chain.state.circles.get(id)?.people.has(toHex(reader)))
    await relay(network, wallet, Message.admit, {
      ...placeOf(network, 'circles'),
      circle,
      keeper: wallet.account,
      reader,
      nonce: nonce(network),
      deadline: deadline(network),
    });
  await hand(network, wallet, circle, reader, seeds);
}

/**
 * The keeper or the patient takes a person out, at once, and gives the circle a new key, to who is left and to the keeper.
 * Grants from before stay open to the former key: custodians, who see the dismissal, stand before the data. Once more for
 * who is out already makes the new key anew.
 */
export async function dismiss(
  network: Network,
  wallet: Wallet,
  circle: Uint8Array,
  reader: Uint8Array,
): Promise<void> {
  await network.chain.follow();
  const { state } = network.chain;
  const id = toHex(circle);
  const said = { ...placeOf(network, 'circles'), circle, by: wallet.account };
  const isOut = state.circles.has(id) && !state.circles.get(id)!.people.has(toHex(reader));
  if (!isOut)
    await relay(network, wallet, Message.dismiss, {
      ...said,
      reader,
      nonce: nonce(network),
      deadline: deadline(network),
    });
  await network.chain.follow();
  const { people, keeper } = state.circles.get(id)!;
  const [seed, keyHash] = await RoleKeys.draw(network);
  // Before anybody seals to it: a grant to a key that nobody was given opens nothing.
  await Promise.all(
    [...new Set([...people.keys(), keeper])].map((who) =>
      hand(network, wallet, circle, fromHex(who), [seed]),
    ),
  );
  await relay(network, wallet, Message.replaceCircleKey, {
    ...said,
    keyHash,
    nonce: nonce(network),
    deadline: deadline(network),
  });
  await network.chain.follow();
}

/** The patient ends a circle, for everybody in it and for good. */
export async function end(network: Network, wallet: Wallet, circle: Uint8Array): Promise<void> {
  await relay(network, wallet, Message.endCircle, {
    ...placeOf(network, 'circles'),
    circle,
    patient: wallet.account,
    deadline: deadline(network),
  });
  await network.chain.follow();
}

/** The circles that an account opened, keeps or is in, in the order opened. */
export async function of(network: Network, account: Uint8Array): Promise<Known[]> {
  await network.chain.follow();
  const id = toHex(account);
  return [...network.chain.state.circles].flatMap(([circle, c]) =>
    c.patient === id || c.keeper === id || c.people.has(id) ? [{ circle, ...c }] : [],
  );
}

const hand = async (
  network: Network,
  wallet: Wallet,
  circle: Uint8Array,
  reader: Uint8Array,
  seeds: Uint8Array[],
): Promise<void> => {
  // With the patient's other papers, whoever of the two hands it out.
  const patient = network.chain.state.circles.get(toHex(circle))?.patient;
  const theirs = patient === undefined ? network : await Hubs.at(network, fromHex(patient));
  return RoleKeys.hand(
    theirs,
    (m) => Signing.sign(network, wallet, Message.statement, m),
    circle,
    reader,
    seeds,
  );
};

export class NoKeyError extends IsletError {
  override readonly name = 'Circles.NoKeyError';
  constructor() {
    super(
      'CIRCLE_NO_KEY',
      'The hub has no key of this circle that opens for you. Only its keeper lets people in; a keeper asks the patient to open another.',
    );
  }
}
