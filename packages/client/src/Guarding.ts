// Copyright the Islet authors. AGPL-3.0-or-later.
// Naming guardians, and being one.

import { hereOf } from '@islet/chain/Verifiers';
import { spokeFor, type View } from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Guardians from '@islet/core/Guardians';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import * as Paper from '@islet/core/Paper';
import * as SeedShares from '@islet/core/SeedShares';
import * as Stated from '@islet/core/wire/Stated';
import * as Account from './Account.js';
import * as Http from './Http.js';
import { deadline, type Network, nonce, placeOf } from './Network.js';
import type { Keep, Person } from './Person.js';
import { relay } from './Relaying.js';
import { type Told, tellAll } from './Signers.js';
import { openers, type Wallet } from './Wallet.js';

export type Choice = {
  /** Accounts of other people. */
  guardians: Uint8Array[];
  threshold: number;
  /** Seconds. */
  delay?: number;
};

/**
 * Names guardians in place of those before, deals the seeds among them, and tells the chain and every custodian. Returns
 * each guardian's invitation. Throws `GUARDIANS_TOO_FEW` and `GUARDIANS_UNKNOWN`.
 */
export async function set(
  network: Network,
  person: Person,
  keep: Keep,
  choice: Choice,
): Promise<{ invitations: string[] } & Told> {
  const { wallet, notes } = person;
  const { threshold, delay = Guardians.usualDelay } = choice;
  const n = choice.guardians.length;
  const names = new Set(choice.guardians.map(toHex));
  const possible =
    n === 0 ? threshold === 0 : threshold >= 2 && threshold <= n && n <= Guardians.maxGuardians;
  if (!possible || names.size !== n || names.has(toHex(wallet.account))) throw new TooFewError();
  await network.chain.follow();
  const dealing = network.random(16);
  const shares = n === 0 ? [] : SeedShares.deal(secretOf(person), wallet.account, dealing, threshold, n);
  const guardians: Guardians.Guardian[] = [];
  for (const [i, account] of choice.guardians.entries())
    guardians.push(
      await guardianOf(network, account, { account: wallet.account, dealing, index: i + 1 }, shares[i]!),
    );
  const rules = { account: wallet.account, threshold, delay, guardians, dealing: n === 0 ? null : dealing };
  const document = Account.state(network, wallet, 'guardians', Guardians.encodeGuardians(rules));
  await Http.put(network.hub, '/v1/keys', document);
  await relay(network, wallet, Message.setGuardians, {
    ...placeOf(network, 'recovery'),
    ...{ account: wallet.account, guardians: guardians.map(Guardians.commitment), threshold },
    ...{ delay: n === 0 ? 0 : delay, nonce: nonce(network), deadline: deadline(network) },
  });
  // Custodians hold nothing for who only reads: the chain alone knows their guardians.
  const isReader = notes.role === 'clinician';
  const told = isReader ? { told: 0, of: 0 } : await tellAll(network, '/v1/guardians', document);
  notes.guardians = { statement: toHex(document), setAt: network.now() };
  await keep(person);
  const invitation = printInvitation(wallet.account, sha256(document));
  return { ...told, invitations: choice.guardians.map(() => invitation) };
}

/** Whom the person named last; `undefined` where they named nobody. */
export function rulesOf({ notes }: Pick<Person, 'notes'>): Guardians.Guardians | undefined {
  if (notes.guardians === undefined) return undefined;
  const rules = Guardians.parseGuardians(Stated.parseDocument(fromHex(notes.guardians.statement)).bytes);
  return rules.threshold === 0 ? undefined : rules;
}

export const secretOf = ({ wallet, notes }: Person): SeedShares.Secret => ({
  ...{ rootSeed: wallet.rootSeed, encryptionSeed: wallet.encryptionSeed, generation: wallet.generation },
  dayOffsetMinutes: notes.dayOffsetMinutes ?? 0,
  role: notes.role,
});

async function guardianOf(
  network: Network,
  account: Uint8Array,
  place: SeedShares.Place,
  share: Uint8Array,
): Promise<Guardians.Guardian> {
  const known = network.chain.state.accounts.get(toHex(account));
  const key = await Account.encryptionKeyOf(network, account);
  if (!known || !key) throw new UnknownError();
  const sealed = SeedShares.seal(place, 'keeping', share, key, network.random);
  await Http.put(network.hub, '/v1/keys', sealed);
  return {
    ...{ account, salt: network.random(32), signers: [...known.signers].map(fromHex) },
    share: { hash: sha256(sealed), commitment: SeedShares.commitment(place, share) },
  };
}

const invitationDomain = 'islet/guardian-invitation/v1';
const printInvitation = (account: Uint8Array, hash: Uint8Array): string =>
  Paper.write(invitationDomain, new Uint8Array([...account, ...hash]), 4);

/** What a guardian keeps of one whose guardian they are, hex; and what they call them. */
export type Charge = { statement: string; sealed: string; name?: string };

/**
 * Becomes a guardian: fetches what the person stated, checks that they signed it, and that our share opens to what they
 * committed to. Throws `GUARDIANS_BAD_INVITATION`.
 */
export async function accept(
  network: Network,
  person: Person,
  keep: Keep,
  invitation: string,
  name?: string,
): Promise<Uint8Array> {
  const { wallet, notes } = person;
  const bytes = Paper.read(invitationDomain, invitation, 4);
  if (bytes?.length !== 64) throw new BadInvitationError();
  const [account, hash] = [bytes.slice(0, 32), bytes.slice(32)];
  await network.chain.follow();
  const statement = await fetched(network, hash);
  const rules = read(network, account, statement);
  const mine = rules.guardians.find((g) => equal(g.account, wallet.account));
  if (!mine?.share) throw new BadInvitationError();
  const sealed = await fetched(network, mine.share.hash);
  if (!shareIn(wallet, rules, mine, sealed)) throw new BadInvitationError();
  notes.charges = {
    ...notes.charges,
    [toHex(account)]: {
      ...{ statement: toHex(statement), sealed: toHex(sealed) },
      ...(name === undefined ? {} : { name }),
    },
  };
  await keep(person);
  return account;
}

/** Whether someone is among the guardians whom the chain has for an account now. */
export function isGuardian(view: View, { wallet, notes }: Person, account: Uint8Array): boolean {
  const kept = notes.charges?.[toHex(account)];
  if (!kept) return false;
  const rules = Guardians.parseGuardians(Stated.parseDocument(fromHex(kept.statement)).bytes);
  const mine = rules.guardians.find((g) => equal(g.account, wallet.account));
  const named = view.recoveries.get(toHex(account))?.guardians?.commitments ?? [];
  return mine !== undefined && named.includes(toHex(Guardians.commitment(mine)));
}

/** A guardian's own part in an account's recovery, and the share, opened. Throws `GUARDIANS_NOT_OURS`. */
export function chargeOf({ wallet, notes }: Person, account: Uint8Array) {
  const kept = notes.charges?.[toHex(account)];
  if (!kept) throw new NotOursError();
  const rules = Guardians.parseGuardians(Stated.parseDocument(fromHex(kept.statement)).bytes);
  const mine = rules.guardians.find((g) => equal(g.account, wallet.account));
  const share = mine && shareIn(wallet, rules, mine, fromHex(kept.sealed));
  if (!mine || !share) throw new NotOursError();
  return { rules, mine, share, place: SeedShares.parse(fromHex(kept.sealed)).place };
}

function read(network: Network, account: Uint8Array, bytes: Uint8Array): Guardians.Guardians {
  const { deployment, chain } = network;
  const document = Stated.parseDocument(bytes);
  const { message, signer } = document.signed;
  const rules = Guardians.parseGuardians(document.bytes);
  const theirs =
    Stated.isDocument(document, 'guardians', hereOf(deployment)) &&
    equal(message.account, account) &&
    equal(rules.account, account) &&
    spokeFor(chain.state, account, signer);
  if (!theirs) throw new BadInvitationError();
  return rules;
}

function shareIn(
  wallet: Wallet,
  rules: Guardians.Guardians,
  mine: Guardians.Guardian,
  bytes: Uint8Array,
): Uint8Array | undefined {
  const sealed = SeedShares.parse(bytes);
  const { place } = sealed;
  const right =
    equal(place.account, rules.account) && rules.dealing !== null && equal(place.dealing, rules.dealing);
  const share =
    right && sealed.purpose === 'keeping'
      ? openers(wallet)
          .map((seed) => SeedShares.open(sealed, seed))
          .find((opened) => opened !== undefined)
      : undefined;
  const commitment = mine.share?.commitment;
  return share && commitment && equal(SeedShares.commitment(place, share), commitment) ? share : undefined;
}

async function fetched(network: Network, hash: Uint8Array): Promise<Uint8Array> {
  const bytes = await Http.get(network.hub, `/v1/keys/${toHex(hash)}`).catch((error) => {
    throw error instanceof Http.RemoteError ? new BadInvitationError() : error;
  });
  // Stops: a hub that serves other shares.
  if (!equal(sha256(bytes), hash)) throw new BadInvitationError();
  return bytes;
}

/** A share sealed anew, to the one-time key of who recovers. */
export const reseal = (
  place: SeedShares.Place,
  share: Uint8Array,
  key: Uint8Array,
  network: Network,
): Uint8Array => SeedShares.seal(place, 'recovery', share, key, network.random);

export class TooFewError extends IsletError {
  override readonly name = 'Guarding.TooFewError';
  constructor() {
    super(
      'GUARDIANS_TOO_FEW',
      'Name two to sixteen other people, each once, of whom at least two must agree; or nobody, to have no guardians.',
    );
  }
}

export class UnknownError extends IsletError {
  override readonly name = 'Guarding.UnknownError';
  constructor() {
    super(
      'GUARDIANS_UNKNOWN',
      'A guardian has no account here, or the hub does not have their key. Ask them to register first.',
    );
  }
}

export class BadInvitationError extends IsletError {
  override readonly name = 'Guarding.BadInvitationError';
  constructor() {
    super(
      'GUARDIANS_BAD_INVITATION',
      'The invitation does not lead to a share of ours that its person signed. Copy it again, or ask them for a new one.',
    );
  }
}

export class NotOursError extends IsletError {
  override readonly name = 'Guarding.NotOursError';
  constructor() {
    super('GUARDIANS_NOT_OURS', 'This wallet is no guardian of that account. Accept the invitation first.');
  }
}
