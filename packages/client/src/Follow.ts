// Copyright the Islet authors. AGPL-3.0-or-later.
import { ChainRpcError } from '@islet/chain/Rpc';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import type { Glucose } from '@islet/core/Reading';
import * as Release from '@islet/core/Release';
import type { Stream } from '@islet/core/Stream';
import { encodeFetch } from '@islet/core/wire/Fetch';
import { parseFollowed } from '@islet/core/wire/Followed';
import * as Access from './Access.js';
import * as Erased from './Erased.js';
import { attendant } from './FollowAttend.js';
import type { Held } from './Held.js';
import * as HeldAnswer from './HeldAnswer.js';
import { RemoteError, UnreachableError } from './Http.js';
import * as Hubs from './Hubs.js';
import { FOLLOW_RETRY_MAX_MS, FOLLOW_RETRY_MS } from './limits.js';
import type { Network } from './Network.js';
import type { Ticket } from './Opening.js';
import type { Wallet } from './Wallet.js';

/** What a follower learns. */
export type Update =
  | {
      kind: 'value';
      stream: Stream;
      reading: Glucose;
      /** mg/dL a minute; null before two values are known. */
      speed: number | null;
      /** When its gateway sealed it, UTC ms. */
      sealedAt: number;
      /** Whether its receipt leads to the chain already. If not, `anchored` tells when it does. */
      anchored: boolean;
    }
  /** All that was told of what was sealed up to this moment is proven to be on the chain. */
  | { kind: 'anchored'; until: number }
  /** Something told has waited for its receipt for a minute or more: proven by its gateway's signature alone. */
  | { kind: 'unproven'; since: number }
  /** The gateway states that until this moment there was nothing else. */
  | { kind: 'heard'; until: number }
  /** The gateway states that it sealed something that the hub did not tell. */
  | { kind: 'missing'; stream: Stream }
  /** The hub, or too many custodians, are away; it is tried again. */
  | { kind: 'away'; code: string };

export type Options = {
  streams: Stream[];
  /** Where the person's days begin, minutes east of UTC. */
  dayOffsetMinutes: number;
  signal: AbortSignal;
};

/** The patient's own values as they come. One decision on chain, recorded like any other look. */
export const own = (
  network: Network,
  wallet: Wallet,
  options: Options,
): AsyncGenerator<Update, void, undefined> =>
  follow(network, wallet, Access.rightOfOwner(network, wallet), todayOf(network, options), options);

/**
 * A patient's values under a grant, as they come, until `signal` says so: then it just ends. One decision on chain serves
 * for a day; then it asks for the next. Throws `DeniedError`, `DENIED_ERASED`, `FOLLOW_ENDED` where the hub cuts it off, a custodian's
 * refusal by policy, and `TamperedError` where something told does not hold.
 */
export function granted(
  network: Network,
  reader: Wallet,
  held: Held,
  options: Options,
): AsyncGenerator<Update, void, undefined> {
  const days = (): Days => {
    const { firstDay, lastDay } = todayOf(network, options)();
    return { firstDay, lastDay: Math.max(firstDay, Math.min(held.message.lastDay, lastDay)) };
  };
  return follow(network, reader, Access.rightOfGrant(held), days, options);
}

type Days = { firstDay: Day.Day; lastDay: Day.Day };

/** A decision serves for a day at most, so from today to tomorrow. */
const todayOf =
  (network: Network, { dayOffsetMinutes }: Options): (() => Days) =>
  () => {
    const firstDay = Day.of(network.now(), dayOffsetMinutes);
    return { firstDay, lastDay: firstDay + 1 };
  };

/** Passing trouble: the hub, the network or too many custodians. Nothing in it says that following is not allowed. */
const passing = [
  'HUB_ACCOUNT_LEFT',
  'HUB_CLOSING',
  'HUB_FOLLOWER_SLOW',
  'HUB_BEHIND_CHAIN',
  'HUB_BYTES_LOST',
  'HUB_BUSY',
  'HUB_TOO_MANY',
  'HUB_TOO_MANY_FOLLOWERS',
  'TOO_FEW_CUSTODIANS',
  'CHAIN_STALE',
];
/** The decision has served long enough. */
const over = ['HUB_FOLLOW_OVER', 'RELEASE_TOO_LATE'];

async function* follow(
  installed: Network,
  reader: Wallet,
  right: Access.Right,
  daysOf: () => Days,
  { streams, signal }: Options,
): AsyncGenerator<Update, void, undefined> {
  let retry = FOLLOW_RETRY_MS;
  let network = installed;
  const away = async function* (code: string): AsyncGenerator<Update, void, undefined> {
    yield { kind: 'away', code };
    await pause(retry, signal);
    retry = Math.min(retry * 2, FOLLOW_RETRY_MAX_MS);
  };
  let isFirst = true;
  while (!signal.aborted) {
    const wanted = { streams, ...daysOf() };
    let ticket: Ticket;
    try {
      // Of what was erased nothing will ever come: better said than waited for.
      await installed.chain.follow();
      network = await Hubs.at(installed, right.patient);
      Erased.requireSomeLeft(await Erased.of(network, right.patient), wanted);
      ticket = await Access.ask(network, reader, wanted, right, Release.followKeyHash);
    } catch (error) {
      // Who has followed for a day is not to stop because the hub is started anew just then.
      if (isFirst) throw error;
      yield* away(codeOf(error));
      continue;
    }
    isFirst = false;
    const { request, blockNumber } = ticket;
    const body = encodeFetch({ ...wanted, request, salt: right.salt, blockNumber });
    const attend = attendant(network, { ...wanted, patient: right.patient }, right, ticket);
    for (let isOver = false; !isOver && !signal.aborted; ) {
      let code = 'SERVICE_UNREACHABLE';
      try {
        for await (const bytes of HeldAnswer.messages(network.hub, '/v1/follow', body, signal)) {
          const told = parseFollowed(bytes);
          yield* attend(told);
          retry = FOLLOW_RETRY_MS;
          if (told.ended !== null) code = told.ended;
        }
      } catch (error) {
        code = codeOf(error);
      }
      // They went to another hub: it goes on there, on the same decision.
      if (code === 'HUB_ACCOUNT_LEFT') network = await Hubs.at(installed, right.patient);
      if (signal.aborted) return;
      isOver = over.includes(code);
      if (isOver) continue;
      if (code.startsWith('HUB_') && !passing.includes(code)) throw new EndedError(code);
      yield* away(code);
    }
  }
}

/** The code of trouble that passes, of a decision that is over, or of the hub's refusal; anything else is thrown on. */
function codeOf(error: unknown): string {
  if (!(error instanceof IsletError)) throw error;
  const { code } = error;
  const isRemote = error instanceof RemoteError && (error.status >= 500 || code.startsWith('HUB_'));
  const isAway = error instanceof UnreachableError || error instanceof ChainRpcError;
  if (isRemote || isAway || passing.includes(code) || over.includes(code)) return code;
  throw error;
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      done();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish);
  });

const reasons: Record<string, string> = {
  HUB_GRANT_REVOKED: 'The patient has revoked the grant',
  HUB_GRANT_EXPIRED: 'The grant has expired',
  HUB_OUTSIDE_HOURS: 'The hours of the grant are over',
};

/** The hub ended it, for a reason that does not pass. */
export class EndedError extends IsletError {
  override readonly name = 'Follow.EndedError';
  /** The hub's code. */
  readonly reason: string;
  constructor(reason: string) {
    super(
      'FOLLOW_ENDED',
      `${reasons[reason] ?? 'The hub no longer allows it'}: nothing that comes from now on is shown (${reason}). Ask the patient for a grant.`,
    );
    this.reason = reason;
  }
}
