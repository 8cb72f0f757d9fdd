// Copyright the Islet authors. AGPL-3.0-or-later.
// A young person takes over the account that others kept for them: from the first step on, those others are out.
import * as View from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import { encodeSigned } from '@islet/core/signed';
import * as Account from './Account.js';
import * as Gateways from './Gateways.js';
import * as Granting from './Granting.js';
import * as Guarding from './Guarding.js';
import * as Http from './Http.js';
import { deadline, type Network, nonce, placeOf } from './Network.js';
import * as Pairing from './Pairing.js';
import type { Keep, Person } from './Person.js';
import { relay } from './Relaying.js';
import * as Signers from './Signers.js';
import * as Signing from './Signing.js';
import * as Wallet from './Wallet.js';

/** What the young person chose beforehand. Accounts in hex; `need` and `delay` (seconds) as for `Guarding.set`. */
export type Choice = {
  /** Empty: to have none. */
  guardians: string[];
  need: number;
  delay: number;
  /** Which grants end: those to people whom no organisation vouches for, all, or none. */
  ends: 'people' | 'all' | 'none';
};

/** A takeover that began: kept until every step is done with everyone who must hear of it. */
export type Taking = {
  choice: Choice;
  /** The signed AddSigner, hex: for custodians that were away when it was said. */
  added: string;
  /** By signer of before, hex: which custodians have ended it. */
  ended: Record<string, number[]>;
  /** The new key for what is sealed to the account, hex; `null` once it is in the wallet. */
  seed: string | null;
  apps?: boolean;
  /** Grants were ended; those made since stand. */
  grants?: boolean;
  /** How many custodians know the guardians; absent: they are not named yet. */
  guarded?: number;
};

/** What became of it. `done` is false while someone could not be reached: then it is run again. */
export type Taken = {
  done: boolean;
  /** Signers that no longer speak for the account, hex. */
  ended: string[];
  /** How many custodians have ended all of these, and how many know the guardians. */
  custodians: { ended: number; guardians: number; of: number };
  /** The gateway knows which apps may go on. */
  apps: boolean;
  /** Ids of grants: ended, and those that stand. */
  revoked: string[];
  standing: { grantId: string; reader: string; expiresAt: number }[];
  invitation: string | null;
};

export const begin = (network: Network, added: string, choice: Choice): Taking => ({
  ...{ choice, added, ended: {} },
  seed: toHex(network.random(32)),
});

/**
 * Carries out every step that is not done yet; each may be cut short and is then done again or gone on with. `keep` makes
 * both wallet and notes durable. Throws `TAKEOVER_NOT_LET_IN`, and what relays and the hub say where they are away.
 */
export async function run(installed: Network, person: Person, keep: Keep): Promise<Taken> {
  const network = Gateways.of(installed, person);
  const { wallet, notes } = person;
  const taking = notes.taking;
  if (!taking) throw new NothingError();
  const own = toHex(Signing.signerOf(network, wallet));
  if (!(await Signers.list(network, wallet.account)).includes(own)) throw new NotLetInError();
  // A custodian that was away when we were let in would not hear us.
  await Signers.tellAll(network, '/v1/add-signer', fromHex(taking.added));
  const ended = await endOthers(network, person, own, keep);
  if (taking.seed !== null) await rekey(network, person, fromHex(taking.seed), keep);
  const revoked = await endGrants(network, person, keep);
  const invitation = await guard(network, person, keep);
  const apps = await endApps(network, person, keep);
  const of = network.custodians.length;
  const heard = network.custodians.filter((_, i) =>
    ended.every((signer) => taking.ended[signer]?.includes(i + 1)),
  );
  const custodians = { ended: heard.length, guardians: taking.guarded ?? 0, of };
  const done = apps && custodians.ended === of && custodians.guardians === of;
  if (done) delete notes.taking;
  await keep(person);
  return { done, ended, custodians, apps, revoked, standing: await standing(network, wallet), invitation };
}

/** At custodians first, who need no chain for it. Those who spoke once count too: a custodian may not have heard that they ended. */
async function endOthers(network: Network, person: Person, own: string, keep: Keep): Promise<string[]> {
  const { wallet, notes } = person;
  const known = network.chain.state.accounts.get(toHex(wallet.account))!;
  const others = [...known.signers, ...known.formerSigners].filter((signer) => signer !== own);
  for (const signer of new Set(others)) {
    const message = Signers.changeOf(network, wallet, fromHex(signer));
    const body = encodeSigned(
      Message.removeSigner,
      Signing.sign(network, wallet, Message.removeSigner, message),
    );
    const before = notes.taking!.ended[signer] ?? [];
    const asked = network.custodians.flatMap((_, i) => (before.includes(i + 1) ? [] : [i + 1]));
    const answers = await Promise.allSettled(
      asked.map((index) => Http.post(network.custodians[index - 1]!, '/v1/remove-signer', body)),
    );
    notes.taking!.ended[signer] = [...before, ...asked.filter((_, i) => answers[i]!.status === 'fulfilled')];
    await keep(person);
    if (known.signers.has(signer)) await relay(network, wallet, Message.removeSigner, message);
  }
  await network.chain.follow();
  return [...new Set(others)];
}

/** A new key for what is sealed to the account from now on: those who kept it know the one of before. */
async function rekey(network: Network, person: Person, seed: Uint8Array, keep: Keep): Promise<void> {
  const { wallet, notes } = person;
  const renewed = {
    ...wallet,
    encryptionSeed: seed,
    // Where it was cut short after the wallet was written, ours is the new one already.
    formerEncryptionSeeds: Wallet.openers(wallet).filter((one) => !equal(one, seed)),
  };
  const key = Wallet.encryptionKey(renewed);
  const encryptionKeyHash = Wallet.encryptionKeyHash(key);
  await Http.put(network.hub, '/v1/keys', key);
  const there = network.chain.state.accounts.get(toHex(wallet.account))?.encryptionKeyHash;
  if (there !== toHex(encryptionKeyHash))
    await relay(network, wallet, Message.replaceEncryptionKey, {
      ...placeOf(network, 'identity'),
      ...{ account: wallet.account, encryptionKeyHash },
      ...{ nonce: nonce(network), deadline: deadline(network) },
    });
  person.wallet = renewed;
  notes.taking!.seed = null;
  await keep(person);
}

async function standing(network: Network, { account }: Wallet.Wallet): Promise<Taken['standing']> {
  const grants = await Granting.grantsBy(network, account);
  return grants
    .filter((g) => g.revokedAt === null && g.expiresAt * 1000 > network.now())
    .map(({ grantId, reader, expiresAt }) => ({ grantId, reader, expiresAt: expiresAt * 1000 }));
}

async function endGrants(network: Network, person: Person, keep: Keep): Promise<string[]> {
  const { wallet, notes } = person;
  const { ends } = notes.taking!.choice;
  if (notes.taking!.grants) return [];
  const { state } = network.chain;
  const ending = (await standing(network, wallet)).filter(
    ({ reader }) =>
      ends === 'all' ||
      (ends === 'people' && !state.roles.has(reader) && View.standingOf(state, fromHex(reader)) === 'none'),
  );
  for (const { grantId } of ending) await Granting.revoke(network, wallet, fromHex(grantId));
  notes.taking!.grants = true;
  await keep(person);
  return ending.map(({ grantId }) => grantId);
}

/** Names guardians anew, or none: those of before could give the account to others. Ends recoveries that are under way. */
async function guard(network: Network, person: Person, keep: Keep): Promise<string | null> {
  const { notes } = person;
  const taking = notes.taking!;
  if (taking.guarded === undefined) {
    const { guardians, need, delay } = taking.choice;
    const choice = { guardians: guardians.map(fromHex), threshold: need, delay };
    const { told, invitations } = await Guarding.set(network, person, keep, choice);
    taking.guarded = told;
    await keep(person);
    return invitations[0] ?? null;
  }
  if (taking.guarded < network.custodians.length && notes.guardians)
    taking.guarded = (
      await Signers.tellAll(network, '/v1/guardians', fromHex(notes.guardians.statement))
    ).told;
  return null;
}

/**
 * What an app may read it may no more, and what it may send it may go on sending: whoever kept the account knows its
 * secret. Gateways that the parents did not use themselves end. Where that one is away, false: nothing else waits for it.
 */
async function endApps(network: Network, person: Person, keep: Keep): Promise<boolean> {
  const { wallet, notes } = person;
  if (notes.taking!.apps) return true;
  try {
    const health = Http.json(await Http.get(network.gateway, '/health'));
    const inUse = toHex(fromHex(String(health.gatewayKey)));
    for (const key of Account.gatewaysOf(network, wallet.account))
      if (key !== inUse && key !== notes.gatewayKey) await Account.endGateway(network, wallet, fromHex(key));
    const sending = (notes.devices ?? []).filter((device) => device.may !== 'read');
    const left = sending.map((device) => ({ ...device, may: 'write' as const }));
    await Pairing.tell(network, person, keep, left);
  } catch (error) {
    if (error instanceof Http.UnreachableError) return false;
    throw error;
  }
  notes.taking!.apps = true;
  await keep(person);
  return true;
}

export class NotLetInError extends IsletError {
  override readonly name = 'Takeover.NotLetInError';
  constructor() {
    super(
      'TAKEOVER_NOT_LET_IN',
      'The chain does not have this device among the account’s signers yet. Whoever keeps the account runs: npx islet handover give',
    );
  }
}

export class NothingError extends IsletError {
  override readonly name = 'Takeover.NothingError';
  constructor() {
    super('TAKEOVER_NOTHING', 'No account is being taken over here.');
  }
}
