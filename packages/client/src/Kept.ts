// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Day from '@islet/core/Day';
import { isStream } from '@islet/core/Stream';
import * as z from 'zod';
import { askGateway } from './Account.js';
import type { Network } from './Network.js';
import type { Wallet } from './Wallet.js';

const count = z.int().min(0);

const schema = z.object({
  days: z.array(
    z.object({
      day: z.string(),
      stream: z.string().refine(isStream),
      received: count,
      segments: count,
      stored: count,
      anchored: count,
      closed: z.boolean(),
    }),
  ),
  backlog: z.object({ waiting: count, refused: count, unanchored: count }),
});

export type Kept = z.infer<typeof schema>;

/** The most days that one question is about. */
const mostDays = 400;

/** What the gateway says became of the readings of some days. To be believed is what was opened and verified. */
export async function kept(
  network: Network,
  wallet: Wallet,
  firstDay: Day.Day,
  lastDay: Day.Day,
): Promise<Kept> {
  const days: Kept['days'] = [];
  let backlog: Kept['backlog'] = { waiting: 0, refused: 0, unanchored: 0 };
  for (let from = firstDay; from <= lastDay; from += mostDays) {
    const to = Math.min(lastDay, from + mostDays - 1);
    const path = `/v1/days?from=${Day.format(from)}&to=${Day.format(to)}`;
    const told = schema.parse(await askGateway(network, wallet, 'askDays', path));
    days.push(...told.days);
    backlog = told.backlog;
  }
  return { days, backlog };
}
