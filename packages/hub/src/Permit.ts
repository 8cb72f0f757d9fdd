// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Circles from '@islet/chain/Circles';
import type { Deployment } from '@islet/chain/Deployment';
import type { Follower } from '@islet/chain/Follower';
import { verifiersOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Hours from '@islet/core/Hours';
import * as Live from '@islet/core/Live';
import * as Message from '@islet/core/Message';
import * as Reason from '@islet/core/Reason';
import * as Rolling from '@islet/core/Rolling';
import * as Stream from '@islet/core/Stream';
import { parseSigned } from '@islet/core/signed';
import type { Fetch } from '@islet/core/wire/Fetch';
import type { Archive } from './Archive.js';
import { FOLLOW_WAIT_MS, LOOK_SERVED_MS } from './limits.js';
import { Refusal } from './Refusal.js';

export type Options = {
  follower: Follower<View.View>;
  deployment: Deployment;
  now: () => number;
  pause: (ms: number) => Promise<void>;
};

/** Who may have what: the account whose data it is, and whether the reader is that person. */
export type Permit = {
  patient: Uint8Array;
  reader: Uint8Array;
  isOwn: boolean;
  signed: Message.Signed<Message.Request>;
};

/**
 * Whether this fetch is covered by a granted request, on our own view of the chain, now. A grant revoked or expired since
 * the decision is no leave any more. Throws `Refusal` with the reason.
 */
export async function permit(options: Options, fetch: Fetch): Promise<Permit> {
  const { follower, deployment } = options;
  const signed = parseSigned(Message.request, fetch.request);
  const { message } = signed;
  const here =
    message.chain === BigInt(deployment.chainId) && equal(message.target, fromHex(deployment.consent));
  if (!here) throw refuse('HUB_OTHER_CHAIN', 'The request is meant for another chain or contract.');
  if (!Message.verify(Message.request, signed, verifiersOf(deployment)))
    throw refuse('HUB_BAD_SIGNATURE', 'The request is not signed by the signer that it names.');
  await reach(options, fetch.blockNumber);
  const view = follower.state;
  if (!View.speaksFor(view, message.reader, signed.signer))
    throw refuse('HUB_NOT_A_SIGNER', 'Whoever signed the request does not speak for its reader.');
  requireGranted(view, toHex(Message.digestOf(Message.request, message)));
  requireInForce(view, message, momentOf(options));
  requireWithin(fetch, message);
  const { patient, reader } = message;
  return { patient, reader, isOwn: equal(reader, patient), signed };
}

/**
 * The grant as its patient signed it, of those kept here the one whose fingerprint is on the chain; null for the
 * patient's own. The chain keeps nothing of its words, so without it nobody here can tell when it holds: `HUB_NO_SUCH_GRANT`.
 */
export async function grantOf(
  { follower }: Options,
  archive: Archive,
  { signed, isOwn }: Permit,
): Promise<Message.Grant | null> {
  if (isOwn) return null;
  const { grantId } = signed.message;
  const hash = follower.state.grants.get(toHex(grantId))?.grantHash;
  const row = (await archive.find.grants(grantId)).find((one) => toHex(one.grant_hash) === hash);
  const bytes = row && (await archive.store.get(toHex(row.signed)));
  if (!bytes)
    throw new Refusal(
      404,
      'HUB_NO_SUCH_GRANT',
      'This hub does not keep the grant, so it cannot tell when it holds. Ask the hub that relayed it.',
    );
  return parseSigned(Message.grant, bytes).message;
}

/** Whether a look may be served now: by the grant's own words, as custodians judge it. Throws `Refusal` with the reason. */
export function requireLook(
  options: Options,
  { signed }: Permit,
  grant: Message.Grant | null,
  { firstDay }: Fetch,
): void {
  const at = momentOf(options);
  if (grant) requireTerms(grant, at);
  if (grant && firstDay < oldestDay(grant, at))
    throw refuse(
      'HUB_OUTSIDE_WINDOW',
      'The grant opens the newest days only, and the fetch begins before them. Make a new request.',
    );
  if (at - decidedAt(options, signed) > LOOK_SERVED_MS)
    throw refuse(
      'HUB_TOO_LATE',
      'The decision is too old. Make a new request, which is decided and recorded anew.',
    );
}

/** The first day that the grant opens at a moment, as far as its rolling window says. */
export const oldestDay = ({ rollingDays, offsetMinutes }: Message.Grant, at: number): number =>
  rollingDays > 0 ? Rolling.firstDay(at, offsetMinutes, rollingDays) : Number.NEGATIVE_INFINITY;

/**
 * Whether what was permitted before still is, on our view as it stands and by the grant's own words: for an answer that is
 * held open. Throws `Refusal` with the reason.
 */
export function requireStill(options: Options, { signed }: Permit, grant: Message.Grant | null): void {
  const { message, signer } = signed;
  const view = options.follower.state;
  const at = momentOf(options);
  if (!View.speaksFor(view, message.reader, signer))
    throw refuse('HUB_NOT_A_SIGNER', 'Whoever signed the request does not speak for its reader.');
  requireInForce(view, message, at);
  if (grant) requireTerms(grant, at);
  if (at - decidedAt(options, signed) > Live.followMs)
    throw refuse('HUB_FOLLOW_OVER', 'The decision has served as long as one may. Make a new request.');
}

/** By the later of the chain's time and ours, UTC ms. */
export const momentOf = ({ follower, now }: Options): number => Math.max(now(), follower.head?.at ?? 0);

const decidedAt = ({ follower }: Options, { message }: Permit['signed']): number =>
  follower.state.decisions.get(toHex(Message.digestOf(Message.request, message)))?.at ?? 0;

/** The chain keeps a fingerprint of the terms; what they say of times is in the grant itself. */
function requireTerms(grant: Message.Grant, at: number): void {
  if (at < grant.notBefore * 1000 || at >= grant.expiresAt * 1000)
    throw refuse('HUB_GRANT_EXPIRED', 'The grant has expired since.');
  if (!Hours.holds(grant, at))
    throw refuse('HUB_OUTSIDE_HOURS', 'The hours in which the grant holds are over.');
}

const refuse = (code: string, message: string): Refusal => new Refusal(403, code, message);

/** Our view must be fresh, and have come to the decision's block; it may be a moment behind the reader's. */
async function reach({ follower, now, pause }: Options, blockNumber: number): Promise<void> {
  const until = now() + FOLLOW_WAIT_MS;
  for (;;) {
    await follower.freshHead();
    if ((follower.mark?.number ?? -1) >= blockNumber) return;
    if (now() >= until)
      throw new Refusal(
        503,
        'HUB_BEHIND_CHAIN',
        'This hub has not seen the block of the decision yet. Try again in a moment.',
        { retryAfter: 2 },
      );
    await pause(100);
  }
}

function requireGranted(view: View.View, requestId: string): void {
  const decision = view.decisions.get(requestId);
  if (!decision)
    throw refuse('HUB_NOT_DECIDED', 'The chain holds no decision on this request. Relay it first.');
  if (decision.reason !== 0)
    throw refuse('HUB_NOT_GRANTED', `The request was denied: ${Reason.sentenceOf(decision.reason)}.`);
}

function requireInForce(view: View.View, message: Message.Request, at: number): void {
  if (message.grantId.every((b) => b === 0)) return;
  if (View.standingOf(view, message.reader) === 'ended')
    throw refuse('HUB_READER_SUSPENDED', 'The reader’s organisation has ceased to answer for them since.');
  const grant = view.grants.get(toHex(message.grantId));
  if (!grant || grant.revokedAt !== null)
    throw refuse('HUB_GRANT_REVOKED', 'The patient has revoked the grant since.');
  if (view.roles.has(grant.reader) && !View.holdsRole(view, fromHex(grant.reader), message.reader))
    throw refuse('HUB_NOT_IN_ROLE', 'The reader has left the role that the grant is for.');
  const [granted, patient] = [fromHex(grant.reader), fromHex(grant.patient)];
  if (view.circles.has(grant.reader) && !Circles.isIn(view.circles, granted, patient, message.reader, at))
    throw refuse('HUB_NOT_IN_CIRCLE', 'The reader is no longer in the circle that the grant is for.');
  if (at >= grant.expiresAt * 1000) throw refuse('HUB_GRANT_EXPIRED', 'The grant has expired since.');
}

function requireWithin(fetch: Fetch, message: Message.Request): void {
  const named = new Set(fetch.streams.map((stream) => toHex(Stream.code(fetch.salt, stream))));
  const asked = new Set(message.streams.map(toHex));
  const sameStreams =
    named.size === fetch.streams.length &&
    named.size === asked.size &&
    [...named].every((code) => asked.has(code));
  const { firstDay, lastDay } = fetch;
  const sameDays = message.firstDay <= firstDay && firstDay <= lastDay && lastDay <= message.lastDay;
  if (!sameStreams || !sameDays)
    throw refuse('HUB_OUTSIDE_REQUEST', 'The fetch asks for other streams or days than its request.');
}
