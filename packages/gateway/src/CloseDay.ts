// Copyright the Islet authors. AGPL-3.0-or-later.
import { maxInflated } from '@islet/core/Compress';
import * as Content from '@islet/core/Content';
import * as Days from '@islet/core/Day';
import * as Readings from '@islet/core/Readings';
import { maxPlaintext } from '@islet/core/Segment';
import type { Account } from './Accounts.js';
import type { Epochs } from './Epochs.js';
import type { Place } from './Record.js';
import * as Sealer from './Sealer.js';
import { type AccountState, entryOf, isWhole, keyOf } from './State.js';
import * as Summaries from './Summaries.js';
import * as Window from './Window.js';
import type { Changes, Writer } from './Writer.js';

/** `waits`: the window no longer holds all of the day's readings, so only the wallet can bring it together. */
export type Outcome = 'closed' | 'summarised' | 'nothing' | 'waits';

export type Options = { writer: Writer; epochs: Epochs; sealer: Sealer.Options };

export type RawDay = Place & { day: Days.Day };

/** Whether a stream day has ended at a moment. */
export const hasEnded = (account: Account, { stream, day }: RawDay, at: number): boolean =>
  Days.endOf(day, account.offsets.get(stream) ?? 0) <= at;

/**
 * Brings a past day of a raw stream together: one compact segment under its own epoch for all of its readings, and the
 * summaries that are due. What came after an earlier closing is taken in. Throws a refusal; then the day stays as it was.
 */
export const closeDay = (
  options: Options,
  account: Account,
  state: AccountState,
  place: RawDay,
): Promise<Outcome> => account.lane(() => close(options, account, state, place));

async function close(
  options: Options,
  account: Account,
  state: AccountState,
  place: RawDay,
): Promise<Outcome> {
  const { writer, epochs, sealer } = options;
  // Whatever comes while we are at it makes the day due again.
  state.due.delete(keyOf(place));
  const entry = entryOf(state, place);
  const isOpen = (entry?.open.length ?? 0) > 0;
  const streams = place.stream === 'glucose/raw' ? Summaries.due(account, state, place.day) : [];
  if (!isOpen && streams.length === 0) {
    Window.freeze(state.window, place);
    return 'nothing';
  }
  if (!isWhole(state, place)) return isOpen ? 'waits' : 'nothing';
  const readings = Window.list(state.window, place).map((held) => held.reading);
  if (readings.length === 0) return 'nothing';
  const plaintext = isOpen ? await fitting(readings) : undefined;
  if (!plaintext && streams.length === 0) return 'nothing';
  try {
    await writer.commit(account, state, async (into): Promise<Changes> => {
      const entries = await Summaries.seal(options, account, state, into, place.day, readings, streams);
      if (plaintext) {
        const open = await epochs.alone(account, place.stream, place.day, 0);
        const { hash } = await Sealer.seal(sealer, state, into, open, plaintext);
        entries.push({ ...place, closed: hash, open: [] });
      }
      return { units: [], entries, removed: [] };
    });
  } catch (error) {
    state.due.set(keyOf(place), place);
    throw error;
  }
  Window.freeze(state.window, place);
  return plaintext ? 'closed' : 'summarised';
}

/** A day's readings as one segment's plaintext; `undefined` where they are more than one segment takes. */
export async function fitting(
  readings: Parameters<typeof Readings.encodeRun>[0],
): Promise<Uint8Array | undefined> {
  if (readings.length > Readings.maxReadings) return undefined;
  const run = Readings.encodeRun(readings);
  // What packs well can be small and still more than a reader unpacks.
  if (run.length > maxInflated) return undefined;
  const plaintext = await Content.packRun(run);
  return plaintext.length <= maxPlaintext ? plaintext : undefined;
}
