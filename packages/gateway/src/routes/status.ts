// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Days from '@islet/core/Day';
import type { Hono } from 'hono';
import type { Account } from '../Accounts.js';
import * as Backlog from '../Backlog.js';
import { SMALL_BODY_BYTES, WINDOW_DAYS } from '../limits.js';
import { RefusalError } from '../Refusal.js';
import { type AccountState, isRaw } from '../State.js';
import * as Window from '../Window.js';
import type { Context } from './Context.js';
import { bodyOf, pairedOf } from './request.js';

/** How things stand, for the person's devices; and what closes days now. */
export function status(app: Hono, context: Context): void {
  const { deviceKeys, closer, puts, now } = context;

  app.get('/health', (c) =>
    c.json({ ok: true, service: 'gateway', gatewayKey: toHex(context.keys.signer.publicKey) }),
  );

  app.get('/v1/status', (c) => c.json(statusOf(context, pairedOf(c, deviceKeys).account)));

  app.post('/v1/settle', async (c) => {
    const { account } = pairedOf(c, deviceKeys, 'write');
    // There is nothing to say in it; a large one is refused like everywhere.
    await bodyOf(c, SMALL_BODY_BYTES);
    const until = now() + context.settleTimeoutMs;
    await closer.settle(account);
    const done = await puts.flushed(account.hex, until);
    const { sealed, stored } = statusOf(context, account).segments;
    const days = closedDays(context.stateOf(account));
    if (!done)
      throw new RefusalError(
        503,
        'GATEWAY_NOT_SETTLED',
        `The hub lacks ${sealed - stored} segments, or the heads that speak of them. They are kept and put again: ask later.`,
      );
    return c.json({ days, segments: stored });
  });
}

/** Days of raw streams that stand as one compact segment. */
function closedDays(state: AccountState): number {
  let days = 0;
  for (const [stream, { calendar }] of state.streams) {
    if (!isRaw(stream)) continue;
    for (const entry of calendar.entries.values()) if (entry.closed && entry.open.length === 0) days++;
  }
  return days;
}

function statusOf(context: Context, account: Account) {
  const state = context.stateOf(account);
  const { waiting, parked, unanchored } = Backlog.countsOf(context.backlog, account.hex);
  const stored = state.segments - waiting - parked;
  const lateDays = [...state.streams.keys()].flatMap((stream) =>
    Window.list(state.window, { stream, day: null }).map(
      ({ reading }) => `${stream}/${Days.of(reading.at, account.offsets.get(stream) ?? 0)}`,
    ),
  );
  return {
    gatewayKey: toHex(context.keys.signer.publicKey),
    authorised: context.chain.isAuthorised(account.id),
    /** Readings taken and not withdrawn. */
    readings: state.known.size,
    segments: { sealed: state.segments, stored, anchored: stored - unanchored },
    /** Segments not with the hub yet; `refused` of them it will not take at present. */
    backlog: { segments: waiting + parked, refused: parked },
    /** Segments sealed to late keys, which the wallet seals anew, and the days in the window that lacked a key. */
    late: [...state.streams.values()].reduce((sum, at) => sum + at.late.length, 0),
    daysWithoutKeys: new Set(lateDays).size,
    /** Days that were added to after the window had lost their beginning. */
    waitsForWallet: context.closer.waitingOf(account),
    /** Until when there are keys, by stream. */
    keys: account.runs.map(({ stream, firstDay, days }) => ({
      stream,
      firstDay: Days.format(firstDay),
      lastDay: Days.format(Math.min(firstDay + Math.max(days, 1) - 1, Days.last)),
    })),
    windowDays: WINDOW_DAYS,
    chain: { stale: context.chain.isStale(), block: context.chain.blockNumber },
  };
}
