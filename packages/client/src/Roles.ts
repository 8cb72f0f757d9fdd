// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Abi from '@islet/chain/Abi';
import { membersAbi } from '@islet/chain/abi/Members';
import type { Sender } from '@islet/chain/Sender';
import * as View from '@islet/chain/View';
import type { Hex } from '@islet/chain/Wire';
import { concat, fromHex, toHex } from '@islet/core/crypto/bytes';
import { keccak256, sha256 } from '@islet/core/crypto/hash';
import * as Xwing from '@islet/core/crypto/xwing';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import * as RoleKey from '@islet/core/RoleKey';
import * as Stated from '@islet/core/wire/Stated';
import { encryptionKeyOf } from './Account.js';
import * as Http from './Http.js';
import { type Network, placeOf } from './Network.js';
import * as Papers from './Papers.js';
import { openers, type Wallet } from './Wallet.js';

/** Who speaks for an organisation: what sends for its admin, and the admin's secp256k1 key. */
export type Admin = { sender: Sender; key: Uint8Array };

/** A role as its organisation keeps it: every X-Wing seed it ever had, the newest last. Whoever has it opens what was granted to the role. */
export type Role = { role: Uint8Array; seeds: Uint8Array[] };

/** Creates a role with nobody in it, and puts its public key where patients find it. */
export async function create(network: Network, { sender }: Admin): Promise<Role> {
  await network.chain.follow();
  const org = organisationOf(network, sender);
  const salt = network.random(32);
  const [seed, keyHash] = await newKey(network);
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
  if (!(await encryptionKeyOf(network, reader))) throw new UnknownHolderError();
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
  const [seed, keyHash] = await newKey(network);
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

/** The seeds of roles that a reader was given, by role; of papers that do not open for them, none. */
export async function seedsOf(
  network: Network,
  reader: Wallet,
  roles: Iterable<string>,
): Promise<Map<string, Uint8Array[]>> {
  const found = new Map<string, Uint8Array[]>();
  for (const role of roles) {
    if (!network.chain.state.roles.has(role)) continue;
    const papers = await Papers.under(network, RoleKey.placeOf(fromHex(role), reader.account));
    found.set(
      role,
      papers.flatMap((paper) => seedIn(paper, reader) ?? []),
    );
  }
  return found;
}

function seedIn(paper: Uint8Array, reader: Wallet): Uint8Array | undefined {
  try {
    const sealed = RoleKey.parseRoleKey(Stated.parseDocument(paper).bytes);
    return openers(reader)
      .map((own) => RoleKey.open(sealed, own))
      .find((seed) => seed !== undefined);
  } catch (error) {
    // One paper that a hub spoilt must not take the others along.
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

async function newKey(network: Network): Promise<[seed: Uint8Array, keyHash: Uint8Array]> {
  const seed = network.random(Xwing.sizes.seed);
  const key = Xwing.publicKeyOf(seed);
  await Http.put(network.hub, '/v1/keys', key);
  return [seed, RoleKey.hashOf(key)];
}

/** Has the hub keep a role's keys, sealed to one person. */
async function hand(
  network: Network,
  adminKey: Uint8Array,
  role: Uint8Array,
  reader: Uint8Array,
  seeds: Uint8Array[],
): Promise<void> {
  const readerKey = await encryptionKeyOf(network, reader);
  if (!readerKey) throw new UnknownHolderError();
  for (const seed of seeds) {
    const bytes = RoleKey.encodeRoleKey(RoleKey.seal({ role, reader }, seed, readerKey, network.random));
    const message: Message.Statement = {
      ...placeOf(network, 'identity'),
      account: role,
      kind: Stated.kinds.roleKey,
      hash: sha256(bytes),
      version: network.now(),
    };
    const signed = Message.sign(Message.statement, message, adminKey);
    await Http.put(network.hub, '/v1/roles', Stated.encodeDocument({ signed, bytes }));
  }
}

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

export class UnknownHolderError extends IsletError {
  override readonly name = 'Roles.UnknownHolderError';
  constructor() {
    super(
      'ROLE_UNKNOWN_HOLDER',
      'The person has no account, or its key cannot be found. Ask them to register first.',
    );
  }
}
