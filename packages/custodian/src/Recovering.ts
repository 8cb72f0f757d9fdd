// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import type { Guardian } from '@islet/core/Guardians';
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import { standing } from './Changing.js';
import type { Context } from './Context.js';
import { recoveryCoolDownMs, recoveryPatienceMs } from './limits.js';
import { Refusal } from './Refusal.js';

/** `waiting`: until when, at least, UTC ms. `recovered`: from when on we open anything for the new signer. */
export type Standing = { state: 'waiting'; until: number } | { state: 'recovered'; opensAt: number };

type Quorum = { account: string; attempt: number; signer: string; voices: string[]; delayMs: number };

/**
 * Guardians hand over their approvals, and again when the delay is over. We pin the new signer once the quorum that the
 * person named to us has signed, the delay has passed on our own clock since we first saw it, and the chain has carried
 * it out: neither the chain, nor too few guardians, nor both in a hurry can take an account.
 */
export async function recover(context: Context, approvals: Uint8Array[]): Promise<Standing> {
  const { signers, now, chain } = context;
  const quorum = quorumOf(context, approvals);
  const { account, attempt, signer } = quorum;
  if (signers.speaks(account, signer) && signers.opensAt(account) > 0)
    return { state: 'recovered', opensAt: signers.opensAt(account) };
  // Stops: approvals of an attempt that the person has objected to, or of one before the last.
  if (signers.isOver(account, attempt))
    throw new Refusal(403, 'RECOVERY_OVER', 'This attempt has ended. Guardians approve a new one.');
  // Stops: a signer that was removed once.
  if (signers.wasRemoved(account, signer))
    throw new Refusal(
      403,
      'SIGNER_WAS_REMOVED',
      'This signer was removed. Draw a new key, and recover to that.',
    );
  const known = signers.seen(account, attempt, signer);
  if (!known || quorum.voices.some((voice) => !known.voices.has(voice)))
    await signers.see(account, attempt, signer, quorum.voices, now());
  const seenAt = known?.at ?? now();
  // Stops: a chain whose clock runs ahead.
  if (now() < seenAt + quorum.delayMs) return { state: 'waiting', until: seenAt + quorum.delayMs };
  // Stops: an old quorum found again long after.
  if (now() > seenAt + quorum.delayMs + recoveryPatienceMs)
    throw new Refusal(403, 'RECOVERY_LAPSED', 'The attempt has lapsed. Guardians approve a new one.');
  await chain.freshHead();
  // Stops: guardians who go on although the person objected on chain, or withdrew.
  const there = chain.state.recoveries.get(account)?.attempts.get(attempt);
  if (there?.state !== 'recovered' || there.newSigner !== signer)
    throw new Refusal(
      403,
      'RECOVERY_NOT_ON_CHAIN',
      'The chain has not carried out this recovery. Finish it there first.',
    );
  const opensAt = now() + recoveryCoolDownMs;
  await signers.recover(account, attempt, signer, await standing(context, account), opensAt);
  return { state: 'recovered', opensAt };
}

/** A guardian takes their approval back, straight with us. Where too few are left, the delay begins anew. */
export async function withdraw(context: Context, bytes: Uint8Array): Promise<void> {
  const signed = parseSigned(Message.withdrawApproval, bytes);
  const { message } = signed;
  const account = toHex(message.account);
  const guardian = guardianOf(context, message, signed.signer);
  if (
    !guardian ||
    !isHere(context, message) ||
    !Message.verify(Message.withdrawApproval, signed, context.verifiers)
  )
    throw new Refusal(403, 'RECOVERY_NOT_A_GUARDIAN', 'Whoever signed this is no guardian of the account.');
  await context.signers.withdraw(account, message.attempt, toHex(guardian.account));
}

function quorumOf(context: Context, approvals: Uint8Array[]): Quorum {
  const all = approvals.map((bytes) => parseSigned(Message.approve, bytes));
  const first = all[0]?.message;
  if (!first) throw noQuorum();
  const account = toHex(first.account);
  const rules = context.signers.guardians(account)?.rules;
  const voices = new Set<string>();
  for (const signed of all) {
    const { message } = signed;
    // Stops: approvals of several signers or attempts adding up to one quorum.
    const same =
      equal(message.account, first.account) &&
      message.attempt === first.attempt &&
      equal(message.newSigner, first.newSigner);
    const guardian = guardianOf(context, message, signed.signer);
    // Stops: approvals by anyone but those whom the person named to us, with the signers they had then.
    const valid =
      guardian && isHere(context, message) && Message.verify(Message.approve, signed, context.verifiers);
    if (!same || !valid)
      throw new Refusal(
        403,
        'RECOVERY_NOT_A_GUARDIAN',
        'An approval is not by a guardian of this account, or is of another attempt.',
      );
    const voice = toHex(guardian.account);
    // Stops: one guardian counting twice, and one who took it back counting at all.
    if (!context.signers.hasWithdrawn(account, first.attempt, voice)) voices.add(voice);
  }
  // Stops: too few guardians, or an account without any.
  if (!rules || rules.threshold === 0 || voices.size < rules.threshold) throw noQuorum();
  return {
    ...{ account, attempt: first.attempt, signer: toHex(first.newSigner), voices: [...voices] },
    delayMs: rules.delay * 1000,
  };
}

function guardianOf(
  context: Context,
  message: { account: Uint8Array; guardian: Uint8Array; salt: Uint8Array },
  signer: Uint8Array,
): Guardian | undefined {
  const rules = context.signers.guardians(toHex(message.account))?.rules;
  return rules?.guardians.find(
    (g) =>
      equal(g.account, message.guardian) &&
      // Stops: approvals given before the person chose their guardians anew: those are of other salts.
      equal(g.salt, message.salt) &&
      g.signers.some((one) => equal(one, signer)),
  );
}

const isHere = ({ deployment }: Context, { chain, target }: { chain: bigint; target: Uint8Array }): boolean =>
  chain === BigInt(deployment.chainId) && equal(target, fromHex(deployment.recovery));

const noQuorum = (): Refusal =>
  new Refusal(403, 'RECOVERY_NO_QUORUM', 'Too few guardians approve, or the account has told us of none.');
