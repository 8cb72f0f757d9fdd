// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Account } from './Accounts.js';
import { fitting, hasEnded, type Options } from './CloseDay.js';
import { WITHDRAW_DAYS } from './limits.js';
import type { Entry, Place, Removed } from './Record.js';
import { RefusalError } from './Refusal.js';
import * as Sealer from './Sealer.js';
import { countedIn } from './SealUnits.js';
import { type AccountState, entryOf, isWhole } from './State.js';
import * as Summaries from './Summaries.js';
import * as Window from './Window.js';
import type { Changes } from './Writer.js';

/**
 * Undoes an import: its readings leave the window and the set of known ones, and its days are sealed anew without them.
 * The segments that held them stay with the hub, but no calendar names them any more. Works while the window holds all
 * readings of the days concerned. Throws 404 for an import of which nothing is in the window, 409 where a day is not whole.
 */
export const withdraw = (
  options: Options & { now: () => number },
  account: Account,
  state: AccountState,
  importId: string,
): Promise<{ readings: number; days: number }> =>
  account.lane(async () => {
    const places = Window.placesOfImport(state.window, importId);
    if (places.length === 0) throw unknownImport();
    if (!places.every((place) => isWhole(state, place))) throw beyondWindow();
    let readings = 0;
    for (let from = 0; from < places.length; from += WITHDRAW_DAYS) {
      await options.writer.commit(account, state, async (into) => {
        const changes: Changes = { units: [], entries: [], removed: [] };
        for (const place of places.slice(from, from + WITHDRAW_DAYS)) {
          const { removed, entries } = await undo(options, account, state, into, place, importId);
          readings += removed.ids.length;
          changes.removed.push(removed);
          changes.entries.push(...entries);
        }
        return changes;
      });
    }
    return { readings, days: places.length };
  });

async function undo(
  options: Options & { now: () => number },
  account: Account,
  state: AccountState,
  into: Sealer.Draft,
  place: Place,
  importId: string,
): Promise<{ removed: Removed; entries: Entry[] }> {
  const held = Window.list(state.window, place);
  const gone = held.filter((h) => h.importId === importId);
  const rest = held.filter((h) => h.importId !== importId).map((h) => h.reading);
  const removed = {
    ...place,
    ids: gone.map((h) => h.id),
    counted: countedIn(gone),
  };
  const { stream, day } = place;
  if (rest.length === 0) {
    const entries: Entry[] = [{ ...place, closed: null, open: [] }];
    if (stream === 'glucose/raw' && day !== null) {
      // Nothing is left that a difference could show.
      for (const summary of Summaries.summaryStreams)
        if (entryOf(state, { stream: summary, day })?.closed)
          entries.push({ stream: summary, day, closed: null, open: [] });
    }
    return { removed, entries };
  }
  const plaintext = await fitting(rest);
  if (!plaintext) throw beyondWindow();
  const compact = day !== null && hasEnded(account, { stream, day }, options.now());
  const open = await (compact
    ? options.epochs.alone(account, stream, day, 0)
    : options.epochs.current(account, stream, day));
  const { hash } = await Sealer.seal(options.sealer, state, into, open, plaintext);
  // The summaries follow by their own rule: the day is due once this is committed.
  const entry: Entry = compact
    ? { ...place, closed: hash, open: [] }
    : { ...place, closed: null, open: [hash] };
  return { removed, entries: [entry] };
}

const unknownImport = (): RefusalError =>
  new RefusalError(
    404,
    'GATEWAY_IMPORT_UNKNOWN',
    'Nothing of this import is in the local window: it was never made here, is undone already, or is older than 16 days.',
  );

const beyondWindow = (): RefusalError =>
  new RefusalError(
    409,
    'GATEWAY_IMPORT_BEYOND_WINDOW',
    'Some days of this import also hold readings that the gateway can no longer open. Undo it in the wallet.',
  );
