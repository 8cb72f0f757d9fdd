// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Days from '@islet/core/Day';
import { covers, type Extent } from '@islet/core/Erasure';
import { IsletError } from '@islet/core/IsletError';
import type { Stream } from '@islet/core/Stream';
import { parseOrder } from '@islet/core/wire/Erasing';
import * as Http from './Http.js';
import * as Hubs from './Hubs.js';
import type { Network } from './Network.js';

/** An erasure that the chain has recorded, in words; when, UTC ms, and whether enough custodians have confirmed. */
export type Erased = { erasureId: string; extent: Extent; at: number; complete: boolean };

/**
 * What of a person's data was erased, as our own view of the chain has it. Streams are on chain as salted codes; a hub
 * keeps the words, which are believed only where they hash to what the patient signed. Without the words an erasure is left
 * out, so that no hub can pass off withheld data as erased.
 */
export async function of(network: Network, patient: Uint8Array): Promise<Erased[]> {
  const found: Erased[] = [];
  for (const [erasureId, on] of network.chain.state.erasures) {
    if (on.account !== toHex(patient)) continue;
    const { firstDay, lastDay } = on;
    const streams = on.streams.length === 0 ? [] : await streamsOf(network, erasureId, on.scopeHash);
    if (!streams) continue;
    const extent = { streams, firstDay, lastDay };
    found.push({ erasureId, extent, at: on.erasedAt ?? on.requestedAt, complete: on.erasedAt !== null });
  }
  return found;
}

async function streamsOf(
  network: Network,
  id: string,
  scopeHash: string,
): Promise<readonly Stream[] | undefined> {
  try {
    const told = Http.json(await Hubs.get(network, `/v1/erasures/${id}`), network.hub.name);
    const order = parseOrder(fromHex(String(told.handover)));
    const same = order && toHex(order.signed.message.scopeHash) === scopeHash;
    return same ? order.extent.streams : undefined;
  } catch (error) {
    if (error instanceof Http.UnreachableError) throw error;
    return undefined;
  }
}

export const isErased = (erased: readonly Erased[], stream: Stream, day: Days.Day | null): boolean =>
  erased.some(({ extent }) => covers(extent, stream, day));

type Wanted = { streams: readonly Stream[]; firstDay: Days.Day; lastDay: Days.Day };

/** Those that take something of what is wanted. */
export const touching = (erased: readonly Erased[], { streams, firstDay, lastDay }: Wanted): Erased[] =>
  erased.filter(
    ({ extent }) =>
      extent.firstDay <= lastDay &&
      extent.lastDay >= firstDay &&
      streams.some((stream) => covers(extent, stream, null)),
  );

/** Throws `DENIED_ERASED` where nothing is left of what is wanted. */
export function requireSomeLeft(erased: readonly Erased[], wanted: Wanted): void {
  const took = touching(erased, wanted);
  if (took.length === 0) return;
  for (const stream of wanted.streams)
    for (let day = wanted.firstDay; day <= wanted.lastDay; day++) if (!isErased(took, stream, day)) return;
  throw new ErasedError(Math.max(...took.map(({ at }) => at)));
}

/** Everything that was asked for was erased by its person: no fault of anybody's. */
export class ErasedError extends IsletError {
  override readonly name = 'ErasedError';
  readonly at: number;
  constructor(at: number) {
    super(
      'DENIED_ERASED',
      `This was erased on ${new Date(at).toISOString().slice(0, 10)} by the person whose it was. Nobody can open it any more.`,
    );
    this.at = at;
  }
}

/** In words, for whoever reads what is left. */
export const sentence = ({ extent, at }: Erased): string => {
  const what = extent.streams.length === 0 ? 'Everything' : extent.streams.join(', ');
  const all = extent.firstDay === Days.first && extent.lastDay === Days.last;
  const days = all ? '' : ` of ${Days.format(extent.firstDay)} to ${Days.format(extent.lastDay)}`;
  return `${what}${days} was erased on ${new Date(at).toISOString().slice(0, 10)} by the person whose it was.`;
};
