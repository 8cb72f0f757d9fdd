// Copyright the Islet authors. AGPL-3.0-or-later.
// What the members of a consortium decide together. They vote on who is a member, who relays and who keeps shares:
// nothing here, and nothing that `Members` can do, opens a person's data or alters what is on record.
import * as Abi from '@islet/chain/Abi';
import { membersAbi } from '@islet/chain/abi/Members';
import type { Proposal } from '@islet/chain/Proposals';
import type { View } from '@islet/chain/View';
import type { Hex } from '@islet/chain/Wire';
import { concat, fromHex, toHex, utf8 } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import { IsletError } from '@islet/core/IsletError';
import type { Network } from './Network.js';
import { type Admin, NotAnAdminError } from './Roles.js';

/** A change that needs a vote. Ids, keys and addresses are lower-case hex without prefix. */
export type Change =
  | { kind: 'add'; org: string; admin: string }
  /** `reason`: what `reasonOf` gives for the written reasons. */
  | { kind: 'suspend'; org: string; reason: string }
  | { kind: 'resume'; org: string }
  | { kind: 'relay'; relay: string; org: string }
  | { kind: 'no-relay'; relay: string }
  | { kind: 'custodian'; index: number; org: string; signingKey: string; account: string }
  | { kind: 'threshold'; threshold: number };

/** The written reasons of a suspension. The salt, 32 bytes, keeps anyone from guessing them from their hash on chain. */
export type Reasons = { salt: Uint8Array; text: string };

/** `waiting`: a majority was counted, and the delay runs or is over. */
export type State = 'voting' | 'waiting' | 'executed';

export type Listed = Proposal & { id: number; change: Change | undefined; state: State };

/** What a suspension records on chain: the SHA-256 of salt and text (UTF-8), which stay with the members. */
export const reasonOf = ({ salt, text }: Reasons): Uint8Array => sha256(concat(salt, utf8(text)));

/** The call of `Members` that makes the change. */
export function callOf(change: Change): Hex {
  switch (change.kind) {
    case 'add':
      return Abi.encodeCall(membersAbi, 'addOrganisation', {
        org: fromHex(change.org),
        admin: `0x${change.admin}`,
      });
    case 'suspend':
      return Abi.encodeCall(membersAbi, 'suspendOrganisation', {
        org: fromHex(change.org),
        reason: fromHex(change.reason),
      });
    case 'resume':
      return Abi.encodeCall(membersAbi, 'resumeOrganisation', { org: fromHex(change.org) });
    case 'relay':
      return Abi.encodeCall(membersAbi, 'setRelay', {
        relay: `0x${change.relay}`,
        org: fromHex(change.org),
      });
    case 'no-relay':
      return Abi.encodeCall(membersAbi, 'removeRelay', { relay: `0x${change.relay}` });
    case 'custodian':
      return Abi.encodeCall(membersAbi, 'setCustodian', {
        index: BigInt(change.index),
        org: fromHex(change.org),
        signingKey: fromHex(change.signingKey),
        account: `0x${change.account}`,
      });
    case 'threshold':
      return Abi.encodeCall(membersAbi, 'setThreshold', { threshold_: BigInt(change.threshold) });
  }
}

/** What a proposed call would change; `undefined` where it is no call that we know, which nobody should vote for. */
export function changeOf(call: Hex): Change | undefined {
  try {
    const found = decoded(call);
    // Stops: bytes that read as one change and do another.
    return found && callOf(found) === call ? found : undefined;
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

function decoded(call: Hex): Change | undefined {
  const added = Abi.decodeCall(membersAbi, 'addOrganisation', call);
  if (added) return { kind: 'add', org: toHex(added.org), admin: bare(added.admin) };
  const suspended = Abi.decodeCall(membersAbi, 'suspendOrganisation', call);
  if (suspended) return { kind: 'suspend', org: toHex(suspended.org), reason: toHex(suspended.reason) };
  const resumed = Abi.decodeCall(membersAbi, 'resumeOrganisation', call);
  if (resumed) return { kind: 'resume', org: toHex(resumed.org) };
  const relay = Abi.decodeCall(membersAbi, 'setRelay', call);
  if (relay) return { kind: 'relay', relay: bare(relay.relay), org: toHex(relay.org) };
  const removed = Abi.decodeCall(membersAbi, 'removeRelay', call);
  if (removed) return { kind: 'no-relay', relay: bare(removed.relay) };
  const custodian = Abi.decodeCall(membersAbi, 'setCustodian', call);
  if (custodian) {
    const { index, org, signingKey, account } = custodian;
    const keys = { signingKey: toHex(signingKey), account: bare(account) };
    return { kind: 'custodian', index: Number(index), org: toHex(org), ...keys };
  }
  const threshold = Abi.decodeCall(membersAbi, 'setThreshold', call);
  return threshold && { kind: 'threshold', threshold: Number(threshold.threshold_) };
}

const bare = (address: string): string => address.slice(2).toLowerCase();

/** Every proposal there ever was, in order. */
export const proposals = ({ proposals }: View): Listed[] =>
  [...proposals].map(([id, proposal]) => ({
    ...proposal,
    id,
    change: changeOf(proposal.call),
    state: proposal.executedAt !== null ? 'executed' : proposal.quorumAt !== null ? 'waiting' : 'voting',
  }));

/** Proposes a change, which is the organisation's vote for it as well. Gives the proposal's number. */
export async function propose(network: Network, { sender }: Admin, change: Change): Promise<number> {
  const org = await organisationOf(network, sender.address);
  const call = callOf(change);
  const before = new Set(network.chain.state.proposals.keys());
  await sender.send({
    to: network.deployment.members,
    data: Abi.encodeCall(membersAbi, 'propose', { call: fromHex(call) }),
  });
  await network.chain.follow();
  for (const [id, made] of [...network.chain.state.proposals].reverse())
    if (!before.has(id) && made.org === org && made.call === call) return id;
  throw new NoSuchProposalError(0);
}

/** Votes for a proposal. */
export const approve = (network: Network, admin: Admin, id: number): Promise<void> =>
  vote(network, admin, id, 'approve');

/** Counts the votes again after organisations changed; the delay begins anew. */
export const recount = (network: Network, admin: Admin, id: number): Promise<void> =>
  vote(network, admin, id, 'recount');

async function vote(network: Network, { sender }: Admin, id: number, call: 'approve' | 'recount') {
  await organisationOf(network, sender.address);
  needProposal(network, id);
  const data = Abi.encodeCall(membersAbi, call, { id: BigInt(id) });
  await sender.send({ to: network.deployment.members, data });
  await network.chain.follow();
}

/**
 * Carries a proposal out, once its majority has stood for the delay. Throws `CHAIN_REVERTED` with the contract's word
 * otherwise.
 */
export async function execute(network: Network, { sender }: Admin, id: number): Promise<void> {
  await organisationOf(network, sender.address);
  const proposal = needProposal(network, id);
  const data = Abi.encodeCall(membersAbi, 'execute', { id: BigInt(id) });
  const message = { to: network.deployment.members, data };
  // Tried at the time of the last block, it would be too early for as long as nothing else happens. Without a
  // majority no time helps, so that is tried first.
  if (proposal.quorumAt === null || proposal.executedAt !== null) await sender.send(message);
  else await sender.sendUntried(message);
  await network.chain.follow();
}

async function organisationOf({ chain }: Network, address: string): Promise<string> {
  await chain.follow();
  for (const [org, { admin, active }] of chain.state.organisations)
    if (active && admin === bare(address)) return org;
  throw new NotAnAdminError();
}

function needProposal({ chain }: Network, id: number): Proposal {
  const found = chain.state.proposals.get(id);
  if (!found) throw new NoSuchProposalError(id);
  return found;
}

export class NoSuchProposalError extends IsletError {
  override readonly name = 'Governing.NoSuchProposalError';
  constructor(id: number) {
    super('MEMBERS_NO_SUCH_PROPOSAL', `The chain has no proposal ${id}. See: npx islet members`);
  }
}
