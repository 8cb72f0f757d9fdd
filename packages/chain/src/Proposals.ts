// Copyright the Islet authors. AGPL-3.0-or-later.
import { to0x, toHex } from '@islet/core/crypto/bytes';
import type { DecodedLog } from './Abi.js';
import type { membersAbi } from './abi/Members.js';
import type { Hex } from './Wire.js';

/** What `Members` has said of one proposal. */
export type Proposal = {
  /** The organisation that made it. */
  org: string;
  /** The call that it would carry out. */
  call: Hex;
  /** Organisations that voted for it; the vote of one suspended does not count until it is resumed. */
  approvedBy: Set<string>;
  /** UTC ms of the block. */
  proposedAt: number;
  /** Since when a counted majority stands and the delay runs, UTC ms; null without one. */
  quorumAt: number | null;
  /** UTC ms of the block; null before. */
  executedAt: number | null;
};

/** By number, from 1. */
export type State = Map<number, Proposal>;

/** Applies one event of `Members` in place; those that are about no proposal change nothing. `at`: UTC ms of its block. */
export function apply(state: State, log: DecodedLog<typeof membersAbi>, at: number): void {
  switch (log.name) {
    case 'Proposed':
      state.set(Number(log.args.id), {
        org: toHex(log.args.org),
        call: to0x(log.args.call),
        approvedBy: new Set(),
        proposedAt: at,
        quorumAt: null,
        executedAt: null,
      });
      return;
    case 'Approved':
      state.get(Number(log.args.id))?.approvedBy.add(toHex(log.args.org));
      return;
    case 'QuorumReached':
      change(state, log.args.id, { quorumAt: Number(log.args.at) * 1000 });
      return;
    case 'QuorumLost':
      change(state, log.args.id, { quorumAt: null });
      return;
    case 'Executed':
      change(state, log.args.id, { executedAt: at });
  }
}

function change(state: State, id: bigint, what: Partial<Proposal>): void {
  const found = state.get(Number(id));
  if (found) Object.assign(found, what);
}
