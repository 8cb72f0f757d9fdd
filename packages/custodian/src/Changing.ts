// Copyright the Islet authors. AGPL-3.0-or-later.
// What the person tells us about who speaks for them, and what their guardians do.
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import type { Struct } from '@islet/core/crypto/typedData';
import { parseGuardians } from '@islet/core/Guardians';
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import * as Stated from '@islet/core/wire/Stated';
import type { Context } from './Context.js';
import { signersPerAccount, statementAheadMs } from './limits.js';
import { requirePatient } from './Patient.js';
import { Refusal } from './Refusal.js';

/**
 * A further signer of the account, by the word of one that speaks for it. It counts only while the chain has it too: so
 * neither the chain alone nor this message alone lets anyone in.
 */
export async function addSigner(context: Context, bytes: Uint8Array): Promise<void> {
  const { account, signer } = await checked(context, Message.addSigner, bytes);
  // Stops: a stolen key, removed once, coming back with the message that once added it.
  if (context.signers.wasRemoved(account, signer))
    throw new Refusal(403, 'SIGNER_WAS_REMOVED', 'This signer was removed. Draw a new key, and add that.');
  if (context.signers.speaks(account, signer)) return;
  // Stops: filling our disk with signers of one account.
  if (context.signers.count(account) >= signersPerAccount)
    throw new Refusal(403, 'SIGNER_TOO_MANY', `An account has at most ${signersPerAccount} signers here.`);
  await context.signers.add(account, signer);
}

/** Binds at once, whatever the chain says or withholds. What stood before stays, as it does on chain. */
export async function removeSigner(context: Context, bytes: Uint8Array): Promise<void> {
  const { account, signer } = await checked(context, Message.removeSigner, bytes);
  if (context.signers.wasRemoved(account, signer)) return;
  // Stops: an account that nobody speaks for any more, by mistake or by a thief's malice.
  if (context.signers.count(account) <= 1 && context.signers.speaks(account, signer))
    throw new Refusal(403, 'SIGNER_LAST', 'This is the account’s last signer. Add another first.');
  await context.signers.remove(account, signer, await standing(context, account));
}

/** The person's guardians, by a Statement. A newer one replaces it, and ends what was under way. */
export async function setGuardians(context: Context, body: Uint8Array): Promise<void> {
  const document = Stated.parseDocument(body);
  const { message, signer } = document.signed;
  const here = {
    chainId: context.deployment.chainId,
    identity: fromHex(context.deployment.identity),
    verifiers: context.verifiers,
  };
  // Stops: guardians of someone else's choosing.
  // Stops: one dated years ahead, which would outlast whoever signed it.
  const ahead = message.version - context.now() > statementAheadMs;
  const valid = !ahead && Stated.isDocument(document, 'guardians', here);
  await requirePatient(context, message.account, signer, valid);
  const rules = parseGuardians(document.bytes);
  // Stops: a statement for one account that names another's guardians, or the person as their own guardian.
  const own = equal(rules.account, message.account);
  if (!own || rules.guardians.some((g) => equal(g.account, message.account)))
    throw new Refusal(
      403,
      'GUARDIANS_NOT_YOURS',
      'The guardians are another account’s, or the account itself.',
    );
  const account = toHex(message.account);
  const known = context.signers.guardians(account);
  // Stops: guardians who were dismissed coming back with the old statement.
  if (known && message.version <= known.version) {
    if (message.version === known.version) return;
    throw new Refusal(403, 'GUARDIANS_OLD', 'A newer statement about guardians is known. State them anew.');
  }
  await context.signers.setGuardians(account, message.version, document.bytes);
}

/** The person's veto, handed straight to us: the attempt is over here, whatever the chain says. */
export async function object(context: Context, bytes: Uint8Array): Promise<void> {
  const signed = parseSigned(Message.object, bytes);
  const { message } = signed;
  const valid =
    isHere(context, message, 'recovery') && Message.verify(Message.object, signed, context.verifiers);
  await requirePatient(context, message.account, signed.signer, valid);
  const account = toHex(message.account);
  if (!context.signers.isOver(account, message.attempt))
    await context.signers.object(account, message.attempt);
}

async function checked(
  context: Context,
  struct: typeof Message.addSigner | typeof Message.removeSigner,
  bytes: Uint8Array,
): Promise<{ account: string; signer: string }> {
  const signed = parseSigned(struct as Struct, bytes) as unknown as Message.Signed<Message.AddSigner>;
  const { message } = signed;
  // Stops: anyone but the person, and a message for another chain or contract.
  const valid = isHere(context, message, 'identity') && Message.verify(struct, signed, context.verifiers);
  await requirePatient(context, message.account, signed.signer, valid);
  return { account: toHex(message.account), signer: toHex(message.signer) };
}

const isHere = (
  { deployment }: Context,
  { chain, target }: { chain: bigint; target: Uint8Array },
  contract: 'identity' | 'recovery',
): boolean => chain === BigInt(deployment.chainId) && equal(target, fromHex(deployment[contract]));

/** The account's grants that the chain has now. Where it cannot be followed, those we have heard of. */
export async function standing({ chain }: Context, account: string): Promise<string[]> {
  await chain.follow().catch(() => undefined);
  return [...chain.state.grants].filter(([, g]) => g.patient === account).map(([grantId]) => grantId);
}
