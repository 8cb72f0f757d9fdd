// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Circles from '@islet/chain/Circles';
import { isOpen } from '@islet/chain/Recoveries';
import * as View from '@islet/chain/View';
import type { Network } from '@islet/client/Network';
import { toHex } from '@islet/core/crypto/bytes';

/** Someone is taking the account over with guardians' help: its person, or not. */
export type UnderWay = { attempt: number; approvals: number; need: number; readyAt: number | null };

/** What of the chain concerns one person. Two that differ mean that something is to be loaded anew. */
export type News = {
  /** Grants by or for them. */
  grants: string;
  /** Circles of carers that they opened, keep or are in, with who is in them. */
  circles: string;
  /** Looks at their data, with what was said of emergencies. */
  looks: string;
  recoveries: UnderWay[];
  /** Asks to them, or of theirs, which no chain knows: the hub is asked now and then. */
  asks: string;
  /** How many of them wait for an answer of theirs. */
  waiting: number;
};

/** What the chain has of it. */
export function newsOf(
  { chain: { state }, now }: Pick<Network, 'chain' | 'now'>,
  account: Uint8Array,
): Omit<News, 'asks' | 'waiting'> {
  const me = toHex(account);
  const circles = Circles.circlesOf(state.circles, account, now());
  const mine = new Set([me, ...View.rolesOf(state, account), ...circles]);
  const grants = [...state.grants].filter(([, g]) => g.patient === me || mine.has(g.reader));
  const ended = grants.filter(([, g]) => g.revokedAt !== null || g.expiresAt * 1000 <= now()).length;
  const decisions = [...state.decisions.values()].filter((d) => d.patient === me);
  const said = [...state.emergencies.values()].filter((e) => e.patient === me).flatMap((e) => e.reviews);
  const known = state.recoveries.get(me);
  return {
    grants: [grants.length, ended, ...mine].join(),
    circles: [...state.circles]
      .filter(([, c]) => c.patient === me || c.keeper === me || c.people.has(me))
      .map(([id, c]) => [id, Circles.isOpen(c, now()), ...c.people.keys(), ...c.barred].join(' '))
      .join(),
    looks: [decisions.reduce((n, d) => n + d.count, 0), said.length].join(),
    recoveries: [...(known?.attempts ?? [])]
      .filter(([, a]) => isOpen(a, now()))
      .map(([attempt, a]) => ({
        ...{ attempt, approvals: a.approvals.size, readyAt: a.readyAt },
        need: known?.guardians?.threshold ?? 0,
      })),
  };
}
