// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import type { LogData } from './Abi.js';
import * as Abi from './Abi.js';
import { recoveryAbi } from './abi/Recovery.js';
import { ATTEMPT_LIFE_MS } from './limits.js';

/** What `Recovery` has said of one account. */
export type Recoveries = {
  /** null: none were ever named, or they were taken away. */
  guardians: Guardians | null;
  /** By number, from 1. */
  attempts: Map<number, Attempt>;
};

export type Guardians = {
  /** For each keccak256 of guardian's account and salt. */
  commitments: string[];
  threshold: number;
  /** Seconds, as on chain. */
  delay: number;
  /** UTC ms of the block. */
  setAt: number;
};

export type Attempt = {
  newSigner: string;
  /** The accounts of the guardians who approve now. */
  approvals: Set<string>;
  openedAt: number;
  /** From when it can be finished, UTC ms; null while too few approve. */
  readyAt: number | null;
  /** `superseded`: guardians were set anew, or another attempt succeeded. */
  state: 'open' | 'objected' | 'superseded' | 'recovered';
  /** UTC ms; null while open. */
  endedAt: number | null;
};

/** By account. */
export type State = Map<string, Recoveries>;

/** Whether an attempt has neither ended nor lapsed at that time, UTC ms. */
export const isOpen = (attempt: Attempt, now: number): boolean =>
  attempt.state === 'open' && now <= (attempt.readyAt ?? attempt.openedAt) + ATTEMPT_LIFE_MS;

/** When guardians last put a new signer in place of all others, UTC ms; null: never. */
export function recoveredAt(state: State, account: Uint8Array): number | null {
  const attempts = state.get(toHex(account))?.attempts.values() ?? [];
  const times = [...attempts].flatMap((a) => (a.state === 'recovered' ? [a.endedAt!] : []));
  return times.length === 0 ? null : Math.max(...times);
}

/** Applies one event of `Recovery` in place. `at`: UTC ms of its block. */
export function apply(state: State, event: LogData, at: number): void {
  const log = Abi.decodeLog(recoveryAbi, event);
  if (!log || log.name === 'EIP712DomainChanged') return;
  const id = toHex(log.args.account);
  const account = state.get(id) ?? { guardians: null, attempts: new Map<number, Attempt>() };
  state.set(id, account);
  if (log.name === 'GuardiansSet') {
    supersede(account, at);
    const { guardians, threshold, delay } = log.args;
    account.guardians =
      guardians.length === 0
        ? null
        : {
            commitments: guardians.map(toHex),
            threshold: Number(threshold),
            delay: Number(delay),
            setAt: at,
          };
    return;
  }
  const number = Number(log.args.attempt);
  if (log.name === 'RecoveryOpened') {
    account.attempts.set(number, {
      newSigner: toHex(log.args.newSigner),
      approvals: new Set(),
      openedAt: at,
      readyAt: null,
      state: 'open',
      endedAt: null,
    });
    return;
  }
  const attempt = account.attempts.get(number);
  if (!attempt) return;
  switch (log.name) {
    case 'RecoveryApproved':
      attempt.approvals.add(toHex(log.args.guardian));
      return;
    case 'ApprovalWithdrawn':
      attempt.approvals.delete(toHex(log.args.guardian));
      return;
    case 'RecoveryReady':
      attempt.readyAt = Number(log.args.readyAt) * 1000;
      return;
    case 'RecoveryHalted':
      attempt.readyAt = null;
      return;
    case 'RecoveryObjected':
      end(attempt, 'objected', at);
      return;
    case 'Recovered':
      end(attempt, 'recovered', at);
      supersede(account, at);
  }
}

function supersede(account: Recoveries, at: number): void {
  for (const attempt of account.attempts.values())
    if (attempt.state === 'open') end(attempt, 'superseded', at);
}

function end(attempt: Attempt, state: Attempt['state'], at: number): void {
  attempt.state = state;
  attempt.endedAt = at;
}
