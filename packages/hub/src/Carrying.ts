// Copyright the Islet authors. AGPL-3.0-or-later.
import * as View from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import * as Head from '@islet/core/Head';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import type { Carried } from '@islet/core/wire/Carried';
import type { Part } from '@islet/core/wire/Fetch';
import * as Before from './Before.js';
import { ENDED_GRACE_MS, PUT_HEADS, PUT_SEGMENTS } from './limits.js';
import { badSignature, type Parsed } from './Putting.js';
import { Refusal } from './Refusal.js';

/** What an account brings from another hub, every part of it checked, and the receipts of before. */
export type Brought = { parsed: Parsed; receipts: { segment: Uint8Array; receipt: Uint8Array }[] };

/**
 * Takes apart what an account brings along. A gateway's put is believed by its signatures, from a gateway that may write
 * now; this is of gateways that may have ended long ago, and so of each segment and head it is asked that it stood on the
 * chain in time. Throws `FORMAT_MALFORMED`, `HUB_PUT_TOO_LONG`, `HUB_BAD_SIGNATURE`, `HUB_NOT_ANCHORED`,
 * `HUB_GATEWAY_ENDED`, `HUB_GATEWAY_NOT_AUTHORISED`, `HUB_NOT_THIS_ACCOUNT`.
 */
export async function parse(view: View.View, account: Uint8Array, { parts }: Carried): Promise<Brought> {
  requireShort(parts);
  const writers = view.accounts.get(toHex(account))?.gateways;
  const check = { view, account, until: (gateway: Uint8Array) => untilWhen(writers, gateway) };
  const receipts: Brought['receipts'] = [];
  const parsed: Parsed = { epochs: [], shares: [], segments: [], heads: [] };
  for (const part of parts) {
    if (part.segments.length === 0) parsed.heads.push({ head: headOf(part, check), nodes: part.nodes });
    for (const one of part.segments) {
      const segment = segmentOf(one, check);
      parsed.segments.push(segment);
      receipts.push({ segment: segment.hash, receipt: one.receipt });
    }
    parsed.epochs.push(...part.epochs.map(Epoch.parse));
    parsed.shares.push(...part.shares.map(Shares.parse));
  }
  requireNamed(parsed);
  const signed = await Promise.all([
    ...parsed.epochs.map(Epoch.verify),
    ...parsed.segments.map(Segment.verify),
    ...parsed.heads.map(({ head }) => Head.verify(head)),
  ]);
  if (signed.includes(false)) throw badSignature();
  return { parsed, receipts };
}

type Check = { view: View.View; account: Uint8Array; until: (gateway: Uint8Array) => number };

/** Until when what a gateway wrote counts, UTC ms. */
function untilWhen(gateways: View.Account['gateways'] | undefined, gateway: Uint8Array): number {
  const known = gateways?.get(toHex(gateway));
  // Stops: a writer that the account never had.
  if (!known)
    throw new Refusal(
      403,
      'HUB_GATEWAY_NOT_AUTHORISED',
      'The account has not authorised this writer. Have its wallet do so, then put again.',
    );
  return known.endedAt === null ? Number.POSITIVE_INFINITY : known.endedAt + ENDED_GRACE_MS;
}

function headOf(part: Part, { view, account, until }: Check): Head.Head {
  const head = Head.parse(part.head);
  const { stream, gateway, at } = head.statement;
  requireAccount(head.statement, account);
  const proof = Receipt.parseHeadProof(part.headProof);
  const key = Head.mapKey(account, stream, gateway);
  const root = Receipt.rootOfHead(proof, { key, headHash: head.hash });
  // Stops: whoever has the key of a gateway that ended, and states what it never did.
  if (!root || View.rootOf(view, proof.hub, proof.number) !== toHex(root)) throw notAnchored();
  if (at > until(gateway)) throw ended();
  return head;
}

function segmentOf({ segment: bytes, receipt }: Part['segments'][number], check: Check): Segment.Segment {
  const segment = Segment.parse(bytes);
  requireAccount(segment.header, check.account);
  const at = Before.anchoredAt(check.view, receipt, Segment.leaf(segment));
  // Stops: a receipt of another segment, and one that makes it older than it is.
  if (at === undefined) throw notAnchored();
  if (at > check.until(segment.header.gateway)) throw ended();
  return segment;
}

// Stops: another person's data brought under one's own name.
function requireAccount({ account }: { account: Uint8Array }, mine: Uint8Array): void {
  if (!equal(account, mine))
    throw new Refusal(
      403,
      'HUB_NOT_THIS_ACCOUNT',
      'Something is of another account than the one that brings it. Nothing was kept.',
    );
}

/** An epoch is on chain by the segments that name it. */
function requireNamed({ epochs, shares, segments }: Parsed): void {
  const named = new Set(segments.map(({ header }) => toHex(header.epochHash)));
  const all = [...epochs.map((e) => e.hash), ...shares.map((s) => s.record.epochHash)];
  // Stops: an epoch that no segment anchored, from the key of a gateway that ended.
  if (all.some((hash) => !named.has(toHex(hash)))) throw notAnchored();
}

function requireShort(parts: Part[]): void {
  const segments = parts.reduce((sum, part) => sum + part.segments.length, 0);
  if (segments > PUT_SEGMENTS || parts.length > PUT_HEADS)
    throw new Refusal(
      413,
      'HUB_PUT_TOO_LONG',
      `A put may hold ${PUT_SEGMENTS} segments and ${PUT_HEADS} heads. Send the rest with the next.`,
    );
}

/** Whether an emergency with that request id was this account's: its reason is sealed to it. */
export const isReason = (view: View.View, account: Uint8Array, about: Uint8Array): boolean =>
  equal(fromHex(view.emergencies.get(toHex(about))?.patient ?? ''), account);

const notAnchored = (): Refusal =>
  new Refusal(
    403,
    'HUB_NOT_ANCHORED',
    'Something that is brought from another hub has no receipt or proof that leads to a batch on chain. Nothing was kept.',
  );

const ended = (): Refusal =>
  new Refusal(
    403,
    'HUB_GATEWAY_ENDED',
    'The account has ended this writer. Have its wallet authorise a new one.',
  );
