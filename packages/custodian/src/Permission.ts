// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Circles from '@islet/chain/Circles';
import { MAX_CLOCK_SKEW_MS } from '@islet/chain/limits';
import type { Decision, View } from '@islet/chain/View';
import { holdsRole, speaksFor, standingOf, usesBefore } from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import * as Hours from '@islet/core/Hours';
import * as Live from '@islet/core/Live';
import * as Message from '@islet/core/Message';
import { codeOf, sentenceOf } from '@islet/core/Reason';
import { followKeyHash, oneTimeKeyHash } from '@islet/core/Release';
import * as Rolling from '@islet/core/Rolling';
import type { Stream } from '@islet/core/Stream';
import * as Streams from '@islet/core/Stream';
import { parseSigned } from '@islet/core/signed';
import type { AskRelease } from '@islet/core/wire/Ask';
import type { Context } from './Context.js';
import { decisionLifeMs } from './limits.js';
import { Refusal } from './Refusal.js';
import { requireListed } from './Standing.js';

/** What a request may have: checked, so that only epochs remain to be judged. */
export type Permission = {
  requestId: Uint8Array;
  patient: Uint8Array;
  streams: Stream[];
  firstDay: Day;
  lastDay: Day;
  /** The patient looking at their own data. */
  own: boolean;
  /** A request to follow that is older than a look may be: opens only what was sealed since it was decided, UTC ms. */
  since: number | null;
  head: { number: number; hash: Uint8Array };
};

/**
 * Judges a request on our own view of the chain and the signatures themselves. The chain may forbid, never permit
 * by itself: without the pinned patient's signature on the grant and the reader's on the request, no decision helps.
 */
export async function judge(context: Context, ask: AskRelease): Promise<Permission> {
  const { chain, deployment, now } = context;
  const signed = parseSigned(Message.request, ask.request);
  const { message: request } = signed;
  // Stops: a request for another chain or contract, whose decision we could mistake for ours.
  if (Number(request.chain) !== deployment.chainId || !equal(request.target, fromHex(deployment.consent)))
    throw new Refusal(
      403,
      'RELEASE_WRONG_CHAIN',
      'The request is for another chain or contract. Sign it for this one.',
    );
  const requestId = Message.digestOf(Message.request, request);
  // Stops: anyone but the reader using a decision they saw on chain.
  if (!Message.verify(Message.request, signed, context.verifiers))
    throw new Refusal(
      403,
      'RELEASE_BAD_SIGNATURE',
      'The reader’s signature on the request does not hold. Sign it again.',
    );
  // Stops: shares sealed to a key that the reader did not choose.
  const follows = equal(followKeyHash(ask.oneTimeKey), request.oneTimeKeyHash);
  if (!follows && !equal(oneTimeKeyHash(ask.oneTimeKey), request.oneTimeKeyHash))
    throw new Refusal(
      403,
      'RELEASE_WRONG_KEY',
      'The one-time key is not the one in the request. Send that key.',
    );

  // Stops: a frozen, rolled-back or forged view. Throws CHAIN_STALE, CHAIN_MOVED_BACK, CHAIN_FORKED, CHAIN_…_FORGED.
  const head = await chain.freshHead();
  requireListed(context);
  const view = chain.state;
  // Judged by the later of the chain's time and ours; Head refuses where the two differ too much.
  const at = Math.max(head.at, now());

  // Stops: a stranger's key in place of the reader's.
  if (!speaksFor(view, request.reader, signed.signer))
    throw new Refusal(
      403,
      'RELEASE_NOT_THE_READER',
      'Who signed does not speak for the reader. Sign with the reader’s key.',
    );
  const decision = decisionOf(view, requestId, at, follows ? Live.followMs : decisionLifeMs);
  // Stops: a decision on chain whose words differ from the request we were shown.
  if (decision.patient !== toHex(request.patient) || decision.reader !== toHex(request.reader))
    throw new Refusal(403, 'RELEASE_DECISION_MISMATCH', 'The decision on chain is about someone else.');

  const pinned = context.vault.signerOf(request.patient);
  if (!pinned)
    throw new Refusal(
      404,
      'RELEASE_NOT_ENROLLED',
      'The patient is not enrolled with this custodian. Ask the others.',
    );
  const since = at - decision.at > decisionLifeMs ? decision.at : null;
  const { patient, firstDay, lastDay } = request;
  const scope = { requestId, patient, firstDay, lastDay, since };
  const headMark = { number: head.number, hash: fromHex(head.hash) };
  requireStreams(ask, request.streams);

  const purpose = Streams.purposeCode(ask.salt, ask.purpose);
  if (!equal(purpose, request.purpose)) throw denied(9);

  if (request.grantId.every((b) => b === 0)) {
    if (ask.grant) throw grantMismatch();
    // Stops: a chain that lets someone else pass as the patient.
    if (
      !equal(request.reader, request.patient) ||
      !context.signers.speaks(toHex(request.patient), toHex(signed.signer))
    )
      throw new Refusal(403, 'RELEASE_NOT_THE_PATIENT', 'Only the patient opens their data without a grant.');
    requireCooled(context, request.patient, toHex(signed.signer));
    return { ...scope, streams: ask.streams, own: true, head: headMark };
  }
  requireGrant(context, view, ask, request, decision, at);
  return { ...scope, streams: ask.streams, own: false, head: headMark };
}

// Stops: whoever took an account through its guardians reading it before the person could be heard.
function requireCooled({ signers, now }: Context, patient: Uint8Array, signer: string): void {
  const opensAt = signers.opensAt(toHex(patient));
  if (signers.speaks(toHex(patient), signer) && now() < opensAt)
    throw new Refusal(
      403,
      'RELEASE_RECOVERED_LATELY',
      `The account was recovered a short time ago. Custodians open nothing for its new key before ${new Date(opensAt).toISOString()}.`,
    );
}

function decisionOf(view: View, requestId: Uint8Array, at: number, lifeMs: number): Decision {
  const decision = view.decisions.get(toHex(requestId));
  // Stops: asking before or without the contract.
  if (!decision)
    throw new Refusal(
      403,
      'RELEASE_NOT_DECIDED',
      'The contract has not decided this request. Submit it through a member’s relay first.',
    );
  if (decision.reason !== 0)
    throw new Refusal(
      403,
      codeOf(decision.reason),
      `The contract denied the request: ${sentenceOf(decision.reason)}.`,
    );
  // Stops: a decision dated ahead, so as to last longer.
  if (decision.at - at > MAX_CLOCK_SKEW_MS)
    throw new Refusal(
      503,
      'CHAIN_CLOCK_SKEW',
      'The decision’s block is dated ahead of our clock. Set the clock of this machine, or the validator’s.',
    );
  // Stops: an old decision kept for later, out of the patient’s sight.
  if (at - decision.at > lifeMs)
    throw new Refusal(
      403,
      'RELEASE_TOO_LATE',
      'The decision is too old. Make a new request, which is decided and recorded anew.',
    );
  return decision;
}

function requireStreams(ask: AskRelease, codes: Uint8Array[]): void {
  const allowed = new Set(codes.map(toHex));
  // Stops: asking for glucose/raw with a decision about glucose/day.
  if (ask.streams.length === 0 || ask.streams.some((s) => !allowed.has(toHex(Streams.code(ask.salt, s)))))
    throw new Refusal(403, 'DENIED_WRONG_STREAM', 'The request does not name this kind of data.');
}

function requireGrant(
  context: Context,
  view: View,
  ask: AskRelease,
  request: Message.Request,
  decision: Decision,
  at: number,
): void {
  if (!ask.grant)
    throw new Refusal(
      400,
      'RELEASE_NO_GRANT',
      'The request rests on a grant. Send the signed grant with it.',
    );
  const signed = parseSigned(Message.grant, ask.grant);
  const { message: grant } = signed;
  const same =
    equal(grant.grantId, request.grantId) &&
    equal(grant.patient, request.patient) &&
    grant.chain === request.chain;
  // Stops: another grant of the patient's, or one signed for another chain or contract.
  if (!same || !equal(grant.target, request.target)) throw grantMismatch();
  // Stops: a chain, or all members together, inventing a grant: the patient's pinned key must have signed it.
  const [patient, signer] = [toHex(grant.patient), toHex(signed.signer)];
  const isTheirs = context.signers.granted(patient, signer, toHex(grant.grantId));
  if (!isTheirs || !Message.verify(Message.grant, signed, context.verifiers))
    throw new Refusal(403, 'RELEASE_GRANT_NOT_SIGNED', 'The patient’s signature on the grant does not hold.');
  requireReader(view, grant, request.reader, at);
  requireCooled(context, grant.patient, signer);
  const known = view.grants.get(toHex(grant.grantId));
  // Stops: a signed grant that was never submitted, or one of two with the same id.
  if (known?.grantHash !== toHex(Message.structHashOf(Message.grant, grant))) throw denied(1);
  // Stops: use after revocation, whether we heard it from the chain or from the patient.
  if (known.revokedAt !== null || context.record.isRevoked(grant.patient, grant.grantId)) throw denied(2);
  if (at >= grant.expiresAt * 1000) throw denied(3);
  if (at < grant.notBefore * 1000) throw denied(4);
  const codes = new Set(grant.streams.map(toHex));
  if (ask.streams.some((s) => !codes.has(toHex(Streams.code(ask.salt, s))))) throw denied(7);
  if (request.firstDay < grant.firstDay || request.lastDay > grant.lastDay) throw denied(8);
  // Stops: older days than the newest so many, decided before midnight or by a chain that counts otherwise.
  const { rollingDays, offsetMinutes } = grant;
  if (rollingDays > 0 && request.firstDay < Rolling.firstDay(at, offsetMinutes, rollingDays)) throw denied(8);
  if (!equal(request.purpose, grant.purpose)) throw denied(9);
  // Stops: a look after school hours with a decision made within them, or by a chain whose clock is elsewhere.
  if (!Hours.holds(grant, at)) throw denied(13);
  if (grant.emergency) requireStated(view, request, decision);
  // Stops: a chain that grants more often than the patient signed.
  if (grant.maxUses > 0 && usesBefore(view, decision) >= grant.maxUses) throw denied(10);
}

function requireReader(view: View, grant: Message.Grant, reader: Uint8Array, at: number): void {
  const { reader: granted, patient } = grant;
  // Stops: whoever was never in the role that the patient signed for, or was dismissed a moment ago, whatever the contract
  // decided before. Who registered an account under the role’s own id is nobody special.
  if (view.roles.has(toHex(granted))) {
    if (!holdsRole(view, granted, reader)) throw denied(14);
    // Stops: whoever the keeper never let in, or was taken out of the circle a moment ago, or is in another patient’s; and
    // everybody once the circle is over by either clock. Its id, which the patient signed, says who keeps it and for how many.
  } else if (view.circles.has(toHex(granted))) {
    if (!Circles.isIn(view.circles, granted, patient, reader, at)) throw denied(16);
  } else if (!equal(granted, reader)) throw denied(5);
  // Stops: a reader for whom their organisation has ceased to answer since the decision.
  if (standingOf(view, reader) === 'ended') throw denied(11);
}

function requireStated(view: View, request: Message.Request, { requestId }: Decision): void {
  // Stops: a chain that lets an emergency grant be used without a reason.
  if (request.statement.every((b) => b === 0)) throw denied(15);
  const opened = view.emergencies.get(requestId);
  // Stops: a chain that keeps an emergency, or the reason stated, out of the record that reviews go by.
  if (opened?.statement !== toHex(request.statement))
    throw new Refusal(
      403,
      'RELEASE_NO_EMERGENCY',
      'The chain has recorded no emergency with this request’s stated reason. Make a new request.',
    );
}

const grantMismatch = (): Refusal =>
  new Refusal(403, 'RELEASE_GRANT_MISMATCH', 'The grant is not the one that the request names.');

const denied = (reason: number): Refusal =>
  new Refusal(403, codeOf(reason), `This custodian refuses: ${sentenceOf(reason)}.`);
