// Copyright the Islet authors. AGPL-3.0-or-later.
// What the patient may say to a custodian directly.
import { spokeFor } from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import * as Stated from '@islet/core/wire/Stated';
import type { Context } from './Context.js';
import { questionLifeMs } from './limits.js';
import { Refusal } from './Refusal.js';

/** A revocation handed straight to us binds at once, whatever the chain says or withholds. */
export async function revoke(context: Context, bytes: Uint8Array): Promise<void> {
  const signed = parseSigned(Message.revoke, bytes);
  const { message } = signed;
  const here =
    Number(message.chain) === context.deployment.chainId &&
    equal(message.target, fromHex(context.deployment.consent));
  await requirePatient(
    context,
    message.patient,
    signed.signer,
    here && Message.verify(Message.revoke, signed, context.verifiers),
  );
  const grant = context.chain.state.grants.get(toHex(message.grantId));
  // Our view may not have the grant yet; kept under whoever signed, it then binds no other patient's.
  if (grant && grant.patient !== toHex(message.patient))
    throw new Refusal(403, 'REVOKE_NOT_YOURS', 'The grant is another patient’s.');
  await context.record.keepRevoked(message.patient, message.grantId);
}

/** The signed notes of everything we released of the asking patient's data. */
export async function notes(context: Context, bytes: Uint8Array): Promise<Uint8Array[]> {
  const signed = parseSigned(Message.statement, bytes);
  const { message } = signed;
  const here =
    Number(message.chain) === context.deployment.chainId &&
    equal(message.target, fromHex(context.deployment.identity));
  // Stops: a question seen once and repeated later, or signed for something else.
  const current =
    equal(message.kind, Stated.kinds.askNotes) && Math.abs(context.now() - message.version) <= questionLifeMs;
  // Stops: another custodian, or whoever listens there, asking us with the patient's question to it.
  const ours = equal(message.hash, Stated.toCustodian(context.index));
  await requirePatient(
    context,
    message.account,
    signed.signer,
    here && current && ours && Message.verify(Message.statement, signed, context.verifiers),
  );
  return context.record.notes(message.account);
}

/** Throws `CUSTODIAN_NOT_THE_PATIENT` unless `valid`, and signed by who speaks for the account. */
export async function requirePatient(
  context: Context,
  account: Uint8Array,
  signer: Uint8Array,
  valid: boolean,
): Promise<void> {
  const theirs = valid && context.signers.speaks(toHex(account), toHex(signer));
  if (!theirs || !(await isKnown(context, account, signer)))
    throw new Refusal(403, 'CUSTODIAN_NOT_THE_PATIENT', 'This needs the patient’s own signature, made now.');
}

/**
 * Stops: a signer that was added with us alone, out of the sight of whoever removes an account's signers by what the chain
 * lists. The one pinned at enrolment counts whatever the chain says of it since.
 */
async function isKnown({ vault, chain }: Context, account: Uint8Array, signer: Uint8Array): Promise<boolean> {
  if (vault.signerOf(account) === toHex(signer) || spokeFor(chain.state, account, signer)) return true;
  // It may have come on chain a moment ago.
  await chain.follow().catch(() => undefined);
  return spokeFor(chain.state, account, signer);
}
