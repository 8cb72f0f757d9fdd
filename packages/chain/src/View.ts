// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import type * as Circles from './Circles.js';
import type * as Erasures from './Erasures.js';
import type * as Proposals from './Proposals.js';
import type * as Recoveries from './Recoveries.js';
import type { Hex } from './Wire.js';

/**
 * What Islet's contracts have said so far, from their events alone: the state that custodians, hubs, gateways
 * and readers each build from blocks they verified themselves. Ids and keys are lower-case hex without prefix.
 */
export type View = {
  accounts: Map<string, Account>;
  /** Guardians and attempts, by account. */
  recoveries: Recoveries.State;
  /** By erasure id. */
  erasures: Erasures.State;
  grants: Map<string, Grant>;
  /** Every decision, granted or refused, by request id. */
  decisions: Map<string, Decision>;
  /** The requests that were granted under each grant, by grant id, in the order in which we learnt of them. */
  uses: Map<string, Set<string>>;
  /** Batch roots by `hub/number`. */
  roots: Map<string, string>;
  /** When each batch was anchored, by `hub/number`: UTC ms of its block. */
  anchoredAt: Map<string, number>;
  /** The newest batch of each hub. */
  batches: Map<string, number>;
  custodians: Map<number, { org: string; signingKey: string; account: string }>;
  /** Signing keys of those who were replaced, whether or not they came back since. */
  formerCustodians: Set<string>;
  custodianSetVersion: number;
  threshold: number;
  organisations: Map<string, Organisation>;
  /** For which organisation each address relays. */
  relays: Map<string, string>;
  /** What members voted on, by number. */
  proposals: Proposals.State;
  /** Readers for whom an organisation vouches or did, by account. */
  vouches: Map<string, Vouch>;
  roles: Map<string, Role>;
  circles: Circles.State;
  /** Emergency looks that were granted, by request id. */
  emergencies: Map<string, Emergency>;
};

/** `admin` is an address. */
export type Organisation = { admin: string; active: boolean };

/** `number` counts a reader's vouches: an appointment lasts as long as the one it was made under. */
export type Vouch = { org: string; number: number; active: boolean };

export type Role = {
  org: string;
  keyHash: string;
  /** Under which vouch each reader was appointed, by account. */
  appointments: Map<string, number>;
};

export type Emergency = {
  patient: string;
  reader: string;
  grantId: string;
  /** The salted hash of the stated reason. */
  statement: string;
  /** UTC ms of the block. */
  at: number;
  /** What was said of it afterwards, by the patient or an organisation (`by`). */
  reviews: { by: string; justified: boolean; at: number }[];
};

export type Account = {
  signers: Set<string>;
  /** Who spoke for the account once: what they signed then still stands. */
  formerSigners: Set<string>;
  /** When each of them was added last, UTC ms of the block, by signer. */
  addedAt: Map<string, number>;
  encryptionKeyHash: string;
  /** Gateways by key; those ended stay, so that what they sealed before can still be judged. */
  gateways: Map<string, { authorisedAt: number; endedAt: number | null }>;
};

export type Grant = {
  grantHash: string;
  patient: string;
  reader: string;
  /** Seconds, as on chain. */
  expiresAt: number;
  grantedAt: number;
  revokedAt: number | null;
};

export type Decision = {
  requestId: string;
  patient: string;
  reader: string;
  grantId: string;
  reason: number;
  /** Present except on a folded repetition. */
  scope: {
    streams: string[];
    firstDay: number;
    lastDay: number;
    purpose: string;
    oneTimeKeyHash: string;
  } | null;
  /** How often this same denial was decided before and now; 1 unless folded. */
  count: number;
  number: number;
  blockNumber: number;
  /** UTC ms of the block. */
  at: number;
};

/** As much of a verified log and its block as the view needs. */
export type Event = {
  address: Hex;
  topics: readonly Hex[];
  data: Hex;
  blockNumber: number;
  timestamp: number;
};

export const empty = (): View => ({
  accounts: new Map(),
  recoveries: new Map(),
  erasures: new Map(),
  grants: new Map(),
  decisions: new Map(),
  uses: new Map(),
  roots: new Map(),
  anchoredAt: new Map(),
  batches: new Map(),
  custodians: new Map(),
  formerCustodians: new Set(),
  custodianSetVersion: 0,
  threshold: 0,
  organisations: new Map(),
  relays: new Map(),
  proposals: new Map(),
  vouches: new Map(),
  roles: new Map(),
  circles: new Map(),
  emergencies: new Map(),
});

/** Keeps a decision, in place of what was decided of the same request before. */
export function recordDecision(view: View, decision: Decision): void {
  const { requestId, grantId, reason } = decision;
  view.decisions.set(requestId, decision);
  if (reason !== 0) return;
  const uses = view.uses.get(grantId) ?? new Set();
  view.uses.set(grantId, uses.add(requestId));
}

/** How many requests were granted under the same grant before this one. */
export function usesBefore(view: View, { requestId, grantId }: Decision): number {
  let uses = 0;
  for (const other of view.uses.get(grantId) ?? []) {
    if (other === requestId) break;
    uses++;
  }
  return uses;
}

/** The root that a hub anchored, in hex; `undefined` where it anchored no such batch. */
export const rootOf = (view: View, hub: Uint8Array, number: number): string | undefined =>
  view.roots.get(`${toHex(hub)}/${number}`);

/** When a hub anchored that batch, UTC ms of the block; `undefined` where it did not. */
export const anchoredAt = (view: View, hub: Uint8Array, number: number): number | undefined =>
  view.anchoredAt.get(`${toHex(hub)}/${number}`);

/** Whether a signer (ERC-7913 form) speaks for an account now. */
export const speaksFor = (view: View, account: Uint8Array, signer: Uint8Array): boolean =>
  view.accounts.get(toHex(account))?.signers.has(toHex(signer)) ?? false;

/** Who answers for a reader: `none` ever did (a relative, say), one does, or nobody does any more. As `Members` says. */
export function standingOf(view: View, reader: Uint8Array): 'none' | 'good' | 'ended' {
  const vouch = view.vouches.get(toHex(reader));
  if (!vouch) return 'none';
  return vouch.active && view.organisations.get(vouch.org)?.active ? 'good' : 'ended';
}

/** Whether a reader holds a role now: appointed, and vouched for ever since by its organisation, which is active. */
export function holdsRole(view: View, role: Uint8Array, reader: Uint8Array): boolean {
  const found = view.roles.get(toHex(role));
  const vouch = view.vouches.get(toHex(reader));
  const appointed = found?.appointments.get(toHex(reader));
  if (!found || !vouch || appointed !== vouch.number) return false;
  return vouch.active && vouch.org === found.org && view.organisations.get(found.org)?.active === true;
}

/** The ids of the roles that a reader holds now. */
export const rolesOf = (view: View, reader: Uint8Array): string[] =>
  [...view.roles.keys()].filter((role) => holdsRole(view, fromHex(role), reader));

/** Whether a signer speaks for an account, or did when something was put on chain that still stands. */
export const spokeFor = (view: View, account: Uint8Array, signer: Uint8Array): boolean =>
  speaksFor(view, account, signer) ||
  (view.accounts.get(toHex(account))?.formerSigners.has(toHex(signer)) ?? false);
