// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import type { LogData } from './Abi.js';
import * as Abi from './Abi.js';
import { erasureAbi } from './abi/Erasure.js';

/** What `Erasure` has said of one erasure. */
export type Erasure = {
  account: string;
  /** Salted codes; none: all streams. */
  streams: string[];
  firstDay: number;
  lastDay: number;
  scopeHash: string;
  /** The custodians who must confirm, and how many of them. */
  setVersion: number;
  needed: number;
  /** UTC ms of the block. */
  requestedAt: number;
  /** By custodian's index. */
  confirmations: Map<number, { receiptHash: string; at: number }>;
  /** UTC ms of the block in which enough had confirmed; null before. */
  erasedAt: number | null;
};

/** By erasure id. */
export type State = Map<string, Erasure>;

/** Whether someone asked for everything of theirs to be erased: their account has ended. `account` is hex. */
export const hasEnded = (state: State, account: string): boolean =>
  [...state.values()].some((one) => one.account === account && one.streams.length === 0);

/** Applies one event of `Erasure` in place. `at`: UTC ms of its block. */
export function apply(state: State, event: LogData, at: number): void {
  const log = Abi.decodeLog(erasureAbi, event);
  switch (log?.name) {
    case 'ErasureRequested':
      state.set(toHex(log.args.erasureId), {
        account: toHex(log.args.account),
        streams: log.args.streams.map(toHex),
        firstDay: Number(log.args.firstDay),
        lastDay: Number(log.args.lastDay),
        scopeHash: toHex(log.args.scopeHash),
        setVersion: Number(log.args.setVersion),
        needed: Number(log.args.needed),
        requestedAt: at,
        confirmations: new Map(),
        erasedAt: null,
      });
      return;
    case 'ErasureConfirmed':
      state
        .get(toHex(log.args.erasureId))
        ?.confirmations.set(Number(log.args.custodian), { receiptHash: toHex(log.args.receiptHash), at });
      return;
    case 'Erased': {
      const erasure = state.get(toHex(log.args.erasureId));
      if (erasure) erasure.erasedAt = at;
    }
  }
}
