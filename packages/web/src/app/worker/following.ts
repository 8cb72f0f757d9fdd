// Copyright the Islet authors. AGPL-3.0-or-later.
// Values as they come, until whoever asked has enough or may no longer see them.
import * as Access from '@islet/client/Access';
import * as Follow from '@islet/client/Follow';
import * as Held from '@islet/client/Held';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Glucose from '@islet/core/Glucose';
import { IsletError } from '@islet/core/IsletError';
import { isAway } from './Away.js';
import { type Latest, trendOf } from './data.js';
import { type News, newsOf } from './News.js';
import * as Session from './Session.js';

export type Told =
  | { kind: 'value'; value: Latest }
  /** Nobody answers at the moment; it is tried again. */
  | { kind: 'away' }
  /** The gateway sealed something that the hub did not pass on. */
  | { kind: 'missing' };

/** One's own values. One look on record for a day. */
export async function* followOwn(_: undefined, signal: AbortSignal): AsyncGenerator<Told> {
  const { network, vault } = await Session.need();
  const { dayOffsetMinutes = 0 } = vault.keeper.notes;
  const options = { streams: ['glucose/raw' as const], dayOffsetMinutes, signal };
  yield* told(Follow.own(network, vault.keeper.wallet, options));
}

/** The live values of whoever granted them. A refusal is thrown, and is on record. */
export async function* followGrant(
  asked: { account: string; grant: string },
  signal: AbortSignal,
): AsyncGenerator<Told> {
  const { network, vault } = await Session.need();
  const { wallet } = vault.keeper;
  const account = fromHex(asked.account);
  const held = (await Held.from(network, wallet, account)).find((h) => toHex(h.grantId) === asked.grant);
  if (!held) {
    const today = Day.of(network.now(), 0);
    const wanted = { streams: ['glucose/live' as const], firstDay: today, lastDay: today };
    await Access.withoutGrant(network, wallet, account, wanted);
    return;
  }
  const dayOffsetMinutes = held.message.offsetMinutes;
  const options = { streams: ['glucose/live' as const], dayOffsetMinutes, signal };
  yield* told(Follow.granted(network, wallet, held, options));
}

/** What the hub says when it ends a follower, as the refusals that it stands for. */
const endings: Record<string, string> = {
  HUB_GRANT_REVOKED: 'DENIED_REVOKED',
  HUB_GRANT_EXPIRED: 'DENIED_EXPIRED',
  HUB_OUTSIDE_HOURS: 'DENIED_OUTSIDE_HOURS',
};

async function* told(updates: AsyncGenerator<Follow.Update>): AsyncGenerator<Told> {
  try {
    for await (const update of updates) {
      if (update.kind === 'value') yield { kind: 'value', value: latestOf(update) };
      else if (update.kind === 'away' || update.kind === 'missing') yield { kind: update.kind };
    }
  } catch (error) {
    const code = error instanceof Follow.EndedError ? endings[error.reason] : undefined;
    throw code && error instanceof Error ? new EndedError(code, error.message) : error;
  }
}

function latestOf({ reading, speed }: Extract<Follow.Update, { kind: 'value' }>): Latest {
  const { at, beyond } = reading;
  return {
    at,
    mgdl: Glucose.toMgdl(reading.value, reading.unit),
    beyond,
    trend: trendOf(speed ?? undefined),
  };
}

/** Following ended for a reason that does not pass. */
class EndedError extends IsletError {
  override readonly name = 'EndedError';
}

/** How often the chain is asked for what is new, ms. */
const newsEveryMs = 5_000;
/** How often the hub is asked for asks: in so many of these. */
const asksEvery = 3;

/** What concerns the person, each time that it changes. */
export async function* followNews(_: undefined, signal: AbortSignal): AsyncGenerator<News> {
  let before = '';
  let asks: Pick<News, 'asks' | 'waiting'> | undefined;
  for (let round = 0; !signal.aborted; round++) {
    try {
      if (navigator.onLine) asks = (await lookForAsks(round % asksEvery === 0)) ?? asks;
      const news = navigator.onLine ? await lookForNews(asks) : undefined;
      const text = JSON.stringify(news);
      if (news && text !== before) yield news;
      if (news) before = text;
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    await pause(newsEveryMs, signal);
  }
}

/** Not before someone is open: most of this is loaded for it alone. What was done here shows at once. */
async function lookForAsks(isDue: boolean): Promise<Pick<News, 'asks' | 'waiting'> | undefined> {
  const asking = await import('./asking.js');
  return asking.takeChanged() || isDue ? asking.askNews() : undefined;
}

async function lookForNews(asks: Pick<News, 'asks' | 'waiting'> = { asks: '', waiting: 0 }): Promise<News> {
  const { network, vault } = await Session.need();
  await network.chain.follow();
  return { ...newsOf(network, vault.keeper.wallet.account), ...asks };
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
