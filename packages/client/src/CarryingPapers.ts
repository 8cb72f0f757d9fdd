// Copyright the Islet authors. AGPL-3.0-or-later.
// The papers that a person takes along to another hub: each is taken there as the chain has its hash.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as RoleKey from '@islet/core/RoleKey';
import { parseList } from '@islet/core/wire/Ask';
import { parseHandover } from '@islet/core/wire/Erasing';
import { encodeRelay } from '@islet/core/wire/Relay';
import * as Account from './Account.js';
import * as Carrying from './Carrying.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import type { Progress } from './Person.js';
import * as Wallet from './Wallet.js';

/** Papers that the old hub did not give: standing grants that open nothing any more, erasures without their words. */
export type Behind = { grants: string[]; erasures: string[] };

/** Carries what the hub of `from` keeps of a person's papers. May be begun again. Throws where one of the hubs is away. */
export async function papers(
  from: Network,
  wallet: Wallet.Wallet,
  to: Http.Service,
  onProgress: Progress,
): Promise<Behind> {
  const { hub, chain } = from;
  const mine = toHex(wallet.account);
  const behind: Behind = { grants: [], erasures: [] };
  await Http.put(to, '/v1/keys', Wallet.encryptionKey(wallet));
  // First what is not to be taken in again.
  for (const [id, { account }] of chain.state.erasures) {
    if (account !== mine) continue;
    const told = await jsonFrom(hub, `/v1/erasures/${id}`);
    if (told) await bringErasure(to, String(told.handover));
    else behind.erasures.push(id);
  }
  const grants = [...chain.state.grants].filter(([, g]) => g.patient === mine);
  for (const [i, [id, grant]] of grants.entries()) {
    onProgress('carrying papers', i + 1, grants.length);
    const told = await jsonFrom(hub, `/v1/grants/${id}`);
    const stands = grant.revokedAt === null && grant.expiresAt * 1000 > from.now();
    if (!told && stands) behind.grants.push(id);
    if (!told) continue;
    const [signed, keys] = [fromHex(String(told.signed)), fromHex(String(told.keys))];
    await Http.put(to, '/v1/papers', encodeRelay({ kind: 'Grant', signed, grant: null, keys }));
    if (stands) await bringKey(from, fromHex(grant.reader), to);
  }
  await Carrying.reasons(from, wallet, to, (about) => listAt(hub, about));
  await bringCircles(from, mine, to);
  return behind;
}

async function bringErasure(to: Http.Service, handover: string): Promise<void> {
  const { erase, scope } = parseHandover(fromHex(handover));
  await Http.put(to, '/v1/papers', encodeRelay({ kind: 'Erase', signed: erase, grant: null, keys: scope }));
}

/** The public key of whom something is granted to, so that the next grant finds it there. */
async function bringKey(from: Network, reader: Uint8Array, to: Http.Service): Promise<void> {
  const key = await Account.encryptionKeyOf(from, reader).catch(() => undefined);
  if (key) await Http.put(to, '/v1/keys', key);
}

/** What opens the person's circles, sealed to each who is in one. */
async function bringCircles(from: Network, mine: string, to: Http.Service): Promise<void> {
  for (const [id, { patient, keeper, people }] of from.chain.state.circles) {
    if (patient !== mine) continue;
    await bringKey(from, fromHex(id), to);
    for (const reader of new Set([mine, keeper, ...people.keys()])) {
      const place = RoleKey.placeOf(fromHex(id), fromHex(reader));
      for (const paper of await listAt(from.hub, place)) await bringRoleKey(to, paper);
    }
  }
}

/** One that somebody signed who no longer may is left behind: the hub would not take it from them today either. */
async function bringRoleKey(to: Http.Service, paper: Uint8Array): Promise<void> {
  try {
    await Http.put(to, '/v1/roles', paper);
  } catch (error) {
    if (!(error instanceof Http.RemoteError) || error.code !== 'HUB_NOT_ROLES_ADMIN') throw error;
  }
}

const listAt = async (hub: Http.Service, about: Uint8Array): Promise<Uint8Array[]> =>
  parseList('islet/papers', await Http.get(hub, `/v1/papers/${toHex(about)}`));

/** What a hub has under a path; undefined where it has nothing there. */
async function jsonFrom(hub: Http.Service, path: string): Promise<Record<string, unknown> | undefined> {
  try {
    return Http.json(await Http.get(hub, path), hub.name);
  } catch (error) {
    if (error instanceof Http.UnreachableError || !(error instanceof IsletError)) throw error;
    return undefined;
  }
}
