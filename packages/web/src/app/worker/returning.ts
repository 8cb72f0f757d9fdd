// Copyright the Islet authors. AGPL-3.0-or-later.
// Coming back after every device was lost, with guardians' help; and being let in by a device that is still there.
import * as Handover from '@islet/client/Handover';
import * as KeyRequest from '@islet/client/KeyRequest';
import type { Network } from '@islet/client/Network';
import type { Progress } from '@islet/client/Person';
import * as Recovery from '@islet/client/Recovery';
import * as Signers from '@islet/client/Signers';
import * as Takeover from '@islet/client/Takeover';
import * as Wallet from '@islet/client/Wallet';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { usualDelay } from '@islet/core/Guardians';
import { IsletError } from '@islet/core/IsletError';
import * as Code from './Code.js';
import { random } from './Connection.js';
import * as Handed from './Handed.js';
import { NoGuardiansError } from './NoGuardiansError.js';
import { NothingPendingError } from './NothingPendingError.js';
import * as Session from './Session.js';
import { UnknownAccountError } from './UnknownAccountError.js';
import * as Vault from './Vault.js';

/** What custodians usually wait before they open for whom guardians brought back, ms: until one of them says. */
const usualWaitMs = 24 * 3_600_000;

type Is = Vault.Pending['is'];

/** Begins on a browser that has nothing of the account but its code. Throws `WEB_UNKNOWN_ACCOUNT`, `WEB_NO_GUARDIANS`. */
export async function comeBack(
  asked: { is: Is; code: string; name: string; way: Vault.Way },
  onProgress: Progress,
): Promise<Session.Who> {
  const account = Code.toAccount(asked.code);
  onProgress('unlocking', 0, 1);
  // Keys of this browser's own stand in the wallet until those of the person come.
  const own = { ...Wallet.create(asked.name, random), account };
  const pending: Vault.Pending = { is: asked.is, answers: [], custodians: [] };
  const kept = await Session.storage();
  const vault = await Vault.create(
    kept,
    { wallet: own, notes: { role: 'patient', pending } },
    asked.way,
    random,
  );
  try {
    const { network, keep } = await Session.begin(vault, onProgress);
    const { state } = network.chain;
    if (!state.accounts.has(toHex(account))) throw new UnknownAccountError();
    if (asked.is === 'recovery' && !state.recoveries.get(toHex(account))?.guardians)
      throw new NoGuardiansError();
    const { newcomer } = await Signers.newcomer(network, account);
    vault.keeper.wallet = {
      ...own,
      signerKey: newcomer.signerKey,
      encryptionSeed: newcomer.oneTimeSeed,
    };
    await keep(vault.keeper);
    return Session.whoOf(vault);
  } catch (error) {
    await kept.removeVault(vault.id);
    Session.end();
    throw error;
  }
}

export type Waiting = {
  is: Is;
  request: string;
  words: string;
  /** How many guardians answered, and how many must. */
  answers: number;
  need: number;
  /** How the attempt stands on chain; `none` until a guardian approves. */
  state: 'none' | 'open' | 'objected' | 'superseded' | 'recovered';
  /** From when it can be finished, as chain and custodians say, UTC ms; null while too few approve. */
  readyAt: number | null;
  now: number;
};

function pendingOf({ keeper: { wallet, notes } }: Vault.Opened) {
  const { pending } = notes;
  if (!pending) throw new NothingPendingError();
  const { account, signerKey, encryptionSeed: oneTimeSeed } = wallet;
  const newcomer: Signers.Newcomer = { account, signerKey, oneTimeSeed };
  return { pending, attempt: { newcomer, answers: pending.answers.map(fromHex) } };
}

/** How far it is. */
export async function waiting(): Promise<Waiting> {
  const { network, vault } = await Session.need();
  const { pending, attempt } = pendingOf(vault);
  await network.chain.follow();
  const request = Signers.requestOf(network, attempt.newcomer);
  const known = network.chain.state.recoveries.get(toHex(request.account));
  const mine = [...(known?.attempts.values() ?? [])].findLast((a) => a.newSigner === toHex(request.signer));
  const waits = pending.custodians.filter((c) => c.state === 'waiting').map((c) => c.at);
  const readyAt = mine?.readyAt == null ? null : Math.max(mine.readyAt, ...waits);
  return {
    is: pending.is,
    request: KeyRequest.print(request),
    words: KeyRequest.words(request),
    answers: pending.answers.length,
    need: known?.guardians?.threshold ?? 0,
    state: mine?.state ?? 'none',
    readyAt,
    now: network.now(),
  };
}

/** Takes a guardian's answer in. With enough of them custodians' clocks begin. Throws `RECOVERY_BAD_ANSWER`. */
export async function takeAnswer(answer: Handed.Handed): Promise<Waiting> {
  const { network, vault, keep } = await Session.need();
  const { pending, attempt } = pendingOf(vault);
  await network.chain.follow();
  const taken = takenIn(network, attempt, Handed.bytesOf(answer));
  pending.answers = taken.answers.map(toHex);
  await keep(vault.keeper);
  pending.custodians = await Recovery.present(network, taken);
  await keep(vault.keeper);
  return waiting();
}

function takenIn(network: Network, attempt: Recovery.Attempt, bytes: Uint8Array): Recovery.Attempt {
  try {
    return Recovery.take(network, attempt, bytes);
  } catch (error) {
    if (error instanceof IsletError && error.code === 'FORMAT_MALFORMED') throw new Handed.BadAnswerError();
    throw error;
  }
}

/** After the delay: account and keys are this browser's. */
export async function finishRecovery(_: undefined, onProgress: Progress): Promise<Session.Who> {
  const { network, vault, keep } = await Session.need();
  const { attempt } = pendingOf(vault);
  onProgress('recovering', 0, 1);
  const { name } = vault.keeper.wallet;
  const { wallet, role, dayOffsetMinutes, custodians } = await Recovery.finish(network, attempt, name);
  const opens = custodians.filter((c) => c.state === 'recovered').map((c) => c.at);
  const all = opens.length === custodians.length;
  if (role === 'clinician') vault.keeper = { wallet, notes: { role } };
  else
    vault.keeper = {
      wallet,
      notes: {
        ...{ role, enrolled: true, hasData: true, dayOffsetMinutes },
        opensAt: opens.length > 0 ? Math.max(...opens) : network.now() + usualWaitMs,
        ...(!all && {
          recoveredBy: { answers: attempt.answers.map(toHex), signer: toHex(attempt.newcomer.oneTimeSeed) },
        }),
      },
    };
  await keep(vault.keeper);
  return Session.whoOf(vault);
}

/** Custodians that did not follow the recovery are asked again, with the same approvals. */
export async function remind(): Promise<number | null> {
  const { network, vault, keep } = await Session.need();
  const { notes, wallet } = vault.keeper;
  const { recoveredBy } = notes;
  if (!recoveredBy) return notes.opensAt ?? null;
  const newcomer = {
    account: wallet.account,
    signerKey: wallet.signerKey,
    oneTimeSeed: fromHex(recoveredBy.signer),
  };
  const custodians = await Recovery.present(network, { newcomer, answers: recoveredBy.answers.map(fromHex) });
  const opens = custodians.filter((c) => c.state === 'recovered').map((c) => c.at);
  if (opens.length > 0) notes.opensAt = Math.max(...opens);
  if (opens.length === custodians.length) delete notes.recoveredBy;
  await keep(vault.keeper);
  return notes.opensAt ?? null;
}

/** What another device of the person handed to this one. Throws `REQUEST_NOT_FOR_US`. */
export async function receiveKeys(handed: Handed.Handed): Promise<Session.Who> {
  const { network, vault, keep } = await Session.need();
  const { attempt } = pendingOf(vault);
  const { newcomer } = attempt;
  const { wallet, role, dayOffsetMinutes } = Signers.receive(network, newcomer, Handed.bytesOf(handed));
  // Stops: keys of one account handed for another.
  if (!equal(wallet.account, newcomer.account)) throw new UnknownAccountError();
  vault.keeper = {
    wallet: { ...wallet, name: vault.keeper.wallet.name },
    notes: { role, enrolled: true, hasData: true, dayOffsetMinutes },
  };
  await keep(vault.keeper);
  return Session.whoOf(vault);
}

/**
 * As a young person: takes the account over from who kept it. From the first step on those others are out; what of it could
 * not be done yet is gone on with by `goOnTakingOver`. Throws `REQUEST_NOT_FOR_US`, `HANDOVER_OTHER_KEYS`.
 */
export async function takeOver(handed: Handed.Handed, onProgress: Progress): Promise<Session.Who> {
  const { network, vault, keep } = await Session.need();
  onProgress('recovering', 0, 1);
  // Cut short before, it is gone on with.
  if (!vault.keeper.notes.taking) {
    const { newcomer } = pendingOf(vault).attempt;
    const { added, wallet, notes } = await Handover.receive(network, newcomer, Handed.bytesOf(handed));
    // Guardians are named on their own page; until then there are none.
    const choice: Takeover.Choice = { guardians: [], need: 0, delay: usualDelay, ends: 'people' };
    vault.keeper = {
      wallet: { ...wallet, name: vault.keeper.wallet.name },
      notes: { ...notes, taking: Takeover.begin(network, added, choice) },
    };
    await keep(vault.keeper);
  }
  await Takeover.run(network, vault.keeper, keep);
  return Session.whoOf(vault);
}

/** Whoever could not be reached is told now. */
export async function goOnTakingOver(): Promise<Session.Who> {
  const { network, vault, keep } = await Session.need();
  await Takeover.run(network, vault.keeper, keep);
  return Session.whoOf(vault);
}
