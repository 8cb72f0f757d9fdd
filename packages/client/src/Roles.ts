// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Abi from '@islet/chain/Abi';
import { membersAbi } from '@islet/chain/abi/Members';
import type { Sender } from '@islet/chain/Sender';
import * as View from '@islet/chain/View';
import type { Hex } from '@islet/chain/Wire';
import { concat, fromHex, toHex } from '@islet/core/crypto/bytes';
import { keccak256 } from '@islet/core/crypto/hash';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import { encryptionKeyOf } from './Account.js';
import type { Network } from './Network.js';
import * as RoleKeys from './RoleKeys.js';

/** Who speaks for an organisation: what sends for its admin, and the admin's secp256k1 key. */
export type Admin = { sender: Sender; key: Uint8Array };

/** A role as its organisation keeps it: every X-Wing seed it ever had, the newest last. Whoever has it opens what was granted to the role. */
export type Role = { role: Uint8Array; seeds: Uint8Array[] };

/** Creates a role with nobody in it, and puts its public key where patients find it. */
export async function create(network: Network, { sender }: Admin): Promise<Role> {
  await network.chain.follow();
  const org = organisationOf(network, sender);
  const salt = network.random(32);
  const [seed, keyHash] = await RoleKeys.draw(network);
  await call(network, sender, Abi.encodeCall(membersAbi, 'createRole', { salt, keyHash }));
  return { role: keccak256(concat(fromHex(org), salt)), seeds: [seed] };
}

/** Puts a reader into a role, vouching for them first where nobody does, and gives them the role's keys. */
export async function appoint(
  network: Network,
  admin: Admin,
  { role, seeds }: Role,
  reader: Uint8Array,
): Promise<void> {
  await network.chain.follow();
  const { state } = network.chain;
  if (!(await encryptionKeyOf(network, reader))) throw new RoleKeys.UnknownHolderError();
  if (View.standingOf(state, reader) !== 'good')
    await call(network, admin.sender, Abi.encodeCall(membersAbi, 'vouch', { reader }));
  if (!View.holdsRole(state, role, reader))
    await call(network, admin.sender, Abi.encodeCall(membersAbi, 'appoint', { role, reader }));
  await hand(network, admin.key, role, reader, seeds);
}

/**
 * Takes a reader out of a role, and gives the role a new key, to who is still in it. They keep what they had: the former
 * key opens the tree nodes of former grants, and only the custodians, who see the dismissal, stand before the data.
 */
export async function dismiss(
  network: Network,
  admin: Admin,
  { role, seeds }: Role,
  reader: Uint8Array,
): Promise<Role> {
  await call(network, admin.sender, Abi.encodeCall(membersAbi, 'dismiss', { role, reader }));
  const [seed, keyHash] = await RoleKeys.draw(network);
  await call(network, admin.sender, Abi.encodeCall(membersAbi, 'replaceRoleKey', { role, keyHash }));
  await Promise.all(
    holders(network, role).map((holder) => hand(network, admin.key, role, fromHex(holder), [seed])),
  );
  return { role, seeds: [...seeds, seed] };
}

/** Who holds a role now, by account. */
export function holders({ chain }: Network, role: Uint8Array): string[] {
  const appointed = chain.state.roles.get(toHex(role))?.appointments.keys() ?? [];
  return [...appointed].filter((reader) => View.holdsRole(chain.state, role, fromHex(reader)));
}

/** Hands a role's keys to one person, by the admin's word. */
const hand = (
  network: Network,
  adminKey: Uint8Array,
  role: Uint8Array,
  reader: Uint8Array,
  seeds: Uint8Array[],
): Promise<void> =>
  RoleKeys.hand(network, (m) => Message.sign(Message.statement, m, adminKey), role, reader, seeds);

function organisationOf({ chain }: Network, sender: Sender): string {
  const admin = sender.address.slice(2).toLowerCase();
  for (const [org, o] of chain.state.organisations) if (o.admin === admin && o.active) return org;
  throw new NotAnAdminError();
}

async function call(network: Network, sender: Sender, data: Hex): Promise<void> {
  await sender.send({ to: network.deployment.members, data });
  await network.chain.follow();
}

export class NotAnAdminError extends IsletError {
  override readonly name = 'Roles.NotAnAdminError';
  constructor() {
    super(
      'ROLE_NOT_AN_ADMIN',
      'The key is not that of an active organisation’s admin. Use the one the organisation joined with.',
    );
  }
}
