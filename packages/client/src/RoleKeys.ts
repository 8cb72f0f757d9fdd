// Copyright the Islet authors. AGPL-3.0-or-later.
// The keys of what many people open for: an organisation's role, or a circle of carers.
import { fromHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Xwing from '@islet/core/crypto/xwing';
import { IsletError } from '@islet/core/IsletError';
import type * as Message from '@islet/core/Message';
import * as RoleKey from '@islet/core/RoleKey';
import * as Stated from '@islet/core/wire/Stated';
import { encryptionKeyOf } from './Account.js';
import * as Http from './Http.js';
import { type Network, placeOf } from './Network.js';
import * as Papers from './Papers.js';
import { openers, type Wallet } from './Wallet.js';

/** Draws a key pair, and puts its public key where patients find it. */
export async function draw(network: Network): Promise<[seed: Uint8Array, keyHash: Uint8Array]> {
  const seed = network.random(Xwing.sizes.seed);
  const key = Xwing.publicKeyOf(seed);
  await Http.put(network.hub, '/v1/keys', key);
  return [seed, RoleKey.hashOf(key)];
}

/** Has the hub keep the keys of a role or a circle, sealed to one person, on the word of who may hand them out. */
export async function hand(
  network: Network,
  sign: (message: Message.Statement) => Message.Signed<Message.Statement>,
  role: Uint8Array,
  reader: Uint8Array,
  seeds: Uint8Array[],
): Promise<void> {
  const readerKey = await encryptionKeyOf(network, reader);
  if (!readerKey) throw new UnknownHolderError();
  for (const seed of seeds) {
    const bytes = RoleKey.encodeRoleKey(RoleKey.seal({ role, reader }, seed, readerKey, network.random));
    const signed = sign({
      ...placeOf(network, 'identity'),
      account: role,
      kind: Stated.kinds.roleKey,
      hash: sha256(bytes),
      version: network.now(),
    });
    await Http.put(network.hub, '/v1/roles', Stated.encodeDocument({ signed, bytes }));
  }
}

/** The seeds of roles and circles that a person was given, by id; of papers that do not open for them, none. */
export async function seedsOf(
  network: Network,
  reader: Wallet,
  ids: Iterable<string>,
): Promise<Map<string, Uint8Array[]>> {
  const { roles, circles } = network.chain.state;
  const found = new Map<string, Uint8Array[]>();
  for (const id of ids) {
    if (!roles.has(id) && !circles.has(id)) continue;
    const papers = await Papers.under(network, RoleKey.placeOf(fromHex(id), reader.account));
    found.set(
      id,
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

export class UnknownHolderError extends IsletError {
  override readonly name = 'RoleKeys.UnknownHolderError';
  constructor() {
    super(
      'ROLE_UNKNOWN_HOLDER',
      'The person has no account, or its key cannot be found. Ask them to register first.',
    );
  }
}
