// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Bundle from '@islet/core/Bundle';
import { MalformedError } from '@islet/core/codec';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { last as lastDay } from '@islet/core/Day';
import * as KeyTree from '@islet/core/KeyTree';
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import type { Enrol, MoreKeys, Wanted } from '@islet/core/wire/Ask';
import type { Context } from './Context.js';
import { daysPerQuestion, enrolmentsPerHour } from './limits.js';
import { Refusal } from './Refusal.js';
import { requireNotLeft } from './Standing.js';

/** How many accounts were pinned in which hour of our clock. */
export type Budget = { hour: number; spent: number };

/**
 * Pins who speaks for an account and hands out public keys. Both must agree: the patient's own signature on the
 * registration, and the chain that recorded it.
 */
export async function enrol(context: Context, budget: Budget, ask: Enrol): Promise<Uint8Array[]> {
  const signed = parseSigned(Message.register, ask.register);
  const { message } = signed;
  const { deployment, chain } = context;
  const here =
    Number(message.chain) === deployment.chainId && equal(message.target, fromHex(deployment.identity));
  // Stops: a chain or a hub enrolling someone who never signed.
  if (
    !here ||
    !equal(message.signer, signed.signer) ||
    !Message.verify(Message.register, signed, context.verifiers)
  )
    throw new Refusal(
      403,
      'ENROL_BAD_SIGNATURE',
      'The signature on the registration does not hold. Sign it for this chain.',
    );
  await chain.freshHead();
  requireNotLeft(context);
  // Stops: someone who signs a registration of another's account.
  const account = chain.state.accounts.get(toHex(message.account));
  if (!account?.signers.has(toHex(message.signer)))
    throw new Refusal(
      403,
      'ENROL_NOT_REGISTERED',
      'The chain does not have this registration. Register first, then enrol.',
    );
  // Stops: keys for an account that its person ended.
  if (context.vault.hasEnded(message.account))
    throw new Refusal(
      410,
      'ENROL_ERASED',
      'Everything of this account was erased. Begin again with a new one.',
    );
  spend(context, budget, message.account);
  // Stops: pinning anew after the account was taken over on chain.
  if (!(await context.vault.enrol(message.account, message.signer)))
    throw new Refusal(403, 'ENROL_OTHER_SIGNER', 'This account is enrolled with another key. Use that key.');
  return publicKeys(context, { account: message.account, wanted: ask.wanted });
}

// Stops: filling our disk with accounts. Only a new account counts, or junk and repetitions would lock others out.
function spend({ vault, now }: Context, budget: Budget, account: Uint8Array): void {
  if (vault.signerOf(account) !== undefined) return;
  const hour = Math.floor(now() / 3_600_000);
  if (budget.hour !== hour) Object.assign(budget, { hour, spent: 0 });
  if (budget.spent >= enrolmentsPerHour)
    throw new Refusal(429, 'ENROL_TOO_MANY', 'Too many people enrolled this hour. Try again in an hour.');
  budget.spent++;
}

/** Signed public keys of more days, for anyone: they only let one seal to us. */
export async function publicKeys(context: Context, ask: MoreKeys): Promise<Uint8Array[]> {
  requireModest(ask.wanted);
  requireNotLeft(context);
  const bundles: Uint8Array[] = [];
  for (const { stream, firstDay, days } of ask.wanted) {
    const tree = await context.vault.tree(ask.account, stream);
    if (!tree && context.vault.hasEnded(ask.account)) throw erasedDays();
    if (!tree)
      throw new Refusal(
        404,
        'KEYS_NOT_ENROLLED',
        'The account is not enrolled here. The patient enrols first.',
      );
    const about = { custodian: context.index, account: ask.account, stream };
    // Around days that were erased, which get no key for good.
    const runs = KeyTree.held(tree.nodes, firstDay, firstDay + days - 1);
    if (runs.length === 0) throw erasedDays();
    for (const { first, last } of runs) {
      const bundle = await Bundle.custodianKeysOf(tree.nodes, tree.late, about, first, last - first + 1);
      bundles.push(await Bundle.signCustodianKeys(bundle, context.signer));
    }
  }
  return bundles;
}

const erasedDays = (): Refusal =>
  new Refusal(410, 'KEYS_ERASED', 'These days were erased for good. There are no keys for them any more.');

function requireModest(wanted: Wanted): void {
  if (wanted.some((w) => w.days === 0 || w.firstDay + w.days - 1 > lastDay))
    throw new MalformedError('islet/more-keys', 'asks for days that do not exist');
  if (wanted.reduce((sum, w) => sum + w.days, 0) > daysPerQuestion)
    throw new Refusal(
      400,
      'KEYS_TOO_MANY',
      `At most ${daysPerQuestion} days of keys at a time. Ask in parts.`,
    );
}
