// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import * as Abi from '@islet/chain/Abi';
import { circlesAbi } from '@islet/chain/abi/Circles';
import { consentAbi } from '@islet/chain/abi/Consent';
import { erasureAbi } from '@islet/chain/abi/Erasure';
import { identityAbi } from '@islet/chain/abi/Identity';
import { membersAbi } from '@islet/chain/abi/Members';
import type { Deployment } from '@islet/chain/Deployment';
import * as Followed from '@islet/chain/Followed';
import type { Change, Mark } from '@islet/chain/Follower';
import { MAX_HEAD_AGE_MS } from '@islet/chain/limits';
import type { Rpc } from '@islet/chain/Rpc';
import type * as View from '@islet/chain/View';
import { toHex } from '@islet/core/crypto/bytes';
import * as ChangeLog from '@islet/store/ChangeLog';
import type { Events } from './events.js';
import { FOLLOW_MS } from './limits.js';

/** Our own verified view of the chain, and what of it ends an epoch. */
export type ChainView = AsyncDisposable & {
  readonly view: View.View;
  /** The last block verified; null before the first. */
  readonly blockNumber: number | null;
  /** Whether no validator has stated its head to us within the last 30 s. */
  isStale(): boolean;
  /** Follows now. Failures are told to the operator; the view then stays where it was. */
  refresh(): Promise<void>;
  isAuthorised(account: Uint8Array): boolean;
  /** Grows with whatever changes who may read the account. An epoch lives within one generation. */
  generationOf(account: string): number;
  /** Whether a grant or a circle of the account ran out after `since` and up to `now`, UTC ms. */
  expiredBetween(account: string, since: number, now: number): boolean;
  /** Whether anybody but the person holds a grant that may still open something, at a moment in UTC ms. */
  mayBeRead(account: string, at: number): boolean;
  close(): Promise<void>;
};

export type Options = {
  folder: string;
  rpc: Rpc;
  deployment: Deployment;
  validators: Uint8Array[];
  gatewayKey: Uint8Array;
  now: () => number;
  events: Events;
};

export async function open(options: Options): Promise<ChainView> {
  const { rpc, deployment, validators, now, events } = options;
  const gateway = toHex(options.gatewayKey);
  const generations = new Map<string, number>();
  const grantsOf = new Map<string, Set<string>>();
  const circlesOf = new Map<string, Set<string>>();
  let everyone = 0;
  let log: ChangeLog.ChangeLog<Mark, Change> | undefined;

  const turn = (account: string) => generations.set(account, (generations.get(account) ?? 0) + 1);
  const noteIn = (of: Map<string, Set<string>>, account: string, id: string) =>
    of.set(account, (of.get(account) ?? new Set()).add(id));

  function onEvent(event: View.Event): void {
    if (event.address === deployment.consent) {
      const said = Abi.decodeLog(consentAbi, event);
      if (said?.name !== 'Granted' && said?.name !== 'Revoked') return;
      const account = toHex(said.args.patient);
      if (said.name === 'Granted') noteIn(grantsOf, account, toHex(said.args.grantId));
      turn(account);
    } else if (event.address === deployment.identity) {
      const said = Abi.decodeLog(identityAbi, event);
      if (said && said.name !== 'EIP712DomainChanged') turn(toHex(said.args.account));
    } else if (event.address === deployment.erasure) {
      const said = Abi.decodeLog(erasureAbi, event);
      if (said?.name === 'ErasureRequested') turn(toHex(said.args.account));
    } else if (event.address === deployment.circles) {
      // Who was taken out of a circle is to open nothing that is sealed from now on.
      const said = Abi.decodeLog(circlesAbi, event);
      if (!said || !('patient' in said.args)) return;
      const account = toHex(said.args.patient);
      if (said.name === 'CircleOpened') noteIn(circlesOf, account, toHex(said.args.circle));
      else turn(account);
    } else if (event.address === deployment.members) {
      // A suspended organisation, an ended vouch, other custodians: it may concern anybody's readers.
      const said = Abi.decodeLog(membersAbi, event);
      if (said && !said.name.startsWith('Quorum') && said.name !== 'Proposed') everyone++;
    }
  }

  const follower = await Followed.open({
    rpc,
    deployment,
    validators,
    now,
    onEvent,
    async openLog(keep, replay) {
      log = await ChangeLog.open(join(options.folder, 'chain'), keep, replay);
      return log;
    },
  });
  for (const [id, grant] of follower.state.grants) noteIn(grantsOf, grant.patient, id);
  for (const [id, circle] of follower.state.circles) noteIn(circlesOf, circle.patient, id);

  async function refresh(): Promise<void> {
    try {
      await follower.follow();
      events.recovered('chain');
    } catch (error) {
      events.troubled('chain', error);
    }
  }

  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  const again = (): void => {
    timer = setTimeout(() => {
      running = refresh().then(() => {
        if (!closing) again();
      });
    }, FOLLOW_MS);
  };
  again();

  const close = async (): Promise<void> => {
    closing = true;
    clearTimeout(timer);
    await running;
    await log?.close();
  };
  return {
    get view() {
      return follower.state;
    },
    get blockNumber() {
      return follower.mark?.number ?? null;
    },
    isStale: () => follower.head === null || now() - follower.head.at > MAX_HEAD_AGE_MS,
    refresh,
    isAuthorised(account) {
      const found = follower.state.accounts.get(toHex(account))?.gateways.get(gateway);
      return found !== undefined && found.endedAt === null;
    },
    generationOf: (account) => everyone + (generations.get(account) ?? 0),
    expiredBetween(account, since, until) {
      const { grants, circles } = follower.state;
      const ends = [
        ...[...(grantsOf.get(account) ?? [])].map((id) => grants.get(id)?.expiresAt ?? 0),
        ...[...(circlesOf.get(account) ?? [])].map((id) => circles.get(id)?.until ?? 0),
      ];
      return ends.some((at) => at * 1000 > since && at * 1000 <= until);
    },
    mayBeRead(account, at) {
      for (const id of grantsOf.get(account) ?? []) {
        const grant = follower.state.grants.get(id);
        if (grant && grant.revokedAt === null && grant.expiresAt * 1000 > at) return true;
      }
      return false;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
