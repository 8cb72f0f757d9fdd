// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Days from '@islet/core/Day';
import type { Reading } from '@islet/core/Reading';
import * as Stream from '@islet/core/Stream';
import { type Account, runOf } from './Accounts.js';
import { fitting, hasEnded } from './CloseDay.js';
import * as Dedup from './Dedup.js';
import type { Epochs } from './Epochs.js';
import { isErased } from './Erasures.js';
import * as Plan from './Plan.js';
import type { Place } from './Record.js';
import { noKeys } from './Refusal.js';
import * as Sealer from './Sealer.js';
import { countedIn, sealReadings } from './SealUnits.js';
import { type AccountState, isWhole, keyOf } from './State.js';
import * as Window from './Window.js';
import type { Changes, Writer } from './Writer.js';

/** What one step adds, and what of earlier it puts in the place of. */
export type Revision = { add: Reading[]; gone: Reading[] };

export type Options = {
  writer: Writer;
  epochs: Epochs;
  sealer: Sealer.Options;
  localKey: Uint8Array;
  now: () => number;
};

/**
 * Adds readings and takes others out of the calendar, in one record of the journal: both are durable or neither. What
 * is taken out stays in the segments that held it, which no calendar names any more; where the window lacks a part of a
 * day, that day's readings stay. Only within the account's lane. Throws a refusal.
 */
export async function revise(
  options: Options,
  account: Account,
  state: AccountState,
  { add, gone }: Revision,
): Promise<void> {
  const plan = planned(options, account, state, add);
  const removed = removals(options, account, state, gone, new Set(plan.ids.keys()));
  if (plan.units.length === 0 && removed.size === 0) return;
  await options.writer.commit(account, state, async (into) => {
    const changes: Changes = { units: [], entries: [], removed: [] };
    const rest = new Set(plan.units);
    for (const { place, ids } of removed.values()) {
      const units = plan.units.filter(
        (unit) => unit.stream === place.stream && dayOf(account, unit) === place.day,
      );
      if (await replace(options, account, state, into, place, ids, units, changes))
        for (const unit of units) rest.delete(unit);
    }
    for (const unit of rest) {
      const day = dayOf(account, unit);
      const open = await options.epochs.current(account, unit.stream, day);
      const { ids, parts } = Plan.partsOf(unit);
      await sealReadings(options.sealer, state, into, open, parts);
      const counted = countedIn(unit.rows);
      changes.units.push({ stream: unit.stream, day, ids, counted, parts });
    }
    return changes;
  });
}

/** The day that a unit is sealed to; null where there is no key for it, and the stream's late key serves. */
const dayOf = (account: Account, { stream, day }: Plan.Unit): Days.Day | null =>
  runOf(account, stream, day) ? day : null;

function planned({ localKey }: Options, account: Account, state: AccountState, add: Reading[]): Plan.Plan {
  const plan = Plan.empty();
  for (const reading of add) {
    const stream = Stream.ofKind(reading.kind);
    const offset = account.offsets.get(stream);
    if (offset === undefined) throw noKeys(503);
    const id = Dedup.idOf(localKey, account.id, reading);
    if (state.known.has(id) || plan.ids.has(id)) continue;
    const day = Days.of(reading.at, offset);
    if (!isErased(state, stream, day)) Plan.add(plan, { stream, day }, reading, id, null);
  }
  return plan;
}

type Removal = { place: Place; ids: Set<Dedup.Id> };

function removals(
  { localKey }: Options,
  account: Account,
  state: AccountState,
  gone: Reading[],
  stays: Set<Dedup.Id>,
): Map<string, Removal> {
  const found = new Map<string, Removal>();
  for (const reading of gone) {
    const stream = Stream.ofKind(reading.kind);
    const offset = account.offsets.get(stream);
    const id = Dedup.idOf(localKey, account.id, reading);
    if (offset === undefined || !state.known.has(id) || stays.has(id)) continue;
    const places: Place[] = [
      { stream, day: Days.of(reading.at, offset) },
      { stream, day: null },
    ];
    const place = places.find((one) => Window.holds(state.window, one, id));
    if (!place) continue;
    const removal = found.get(keyOf(place)) ?? { place, ids: new Set() };
    found.set(keyOf(place), removal);
    removal.ids.add(id);
  }
  return found;
}

/** Seals a day anew without some of its readings and with some more. False where that cannot be: then nothing is. */
async function replace(
  { epochs, sealer, now }: Options,
  account: Account,
  state: AccountState,
  into: Sealer.Draft,
  place: Removal['place'],
  ids: Set<Dedup.Id>,
  units: Plan.Unit[],
  changes: Changes,
): Promise<boolean> {
  if (!isWhole(state, place)) return false;
  if (place.day !== null && !runOf(account, place.stream, place.day)) return false;
  const held = Window.list(state.window, place);
  const leaving = held.filter((one) => ids.has(one.id));
  const staying = held.filter((one) => !ids.has(one.id)).map((one) => one.reading);
  const readings = [...staying, ...units.flatMap((unit) => unit.rows.map((row) => row.reading))];
  readings.sort((a, b) => a.at - b.at);
  const plaintext = readings.length === 0 ? null : await fitting(readings);
  if (plaintext === undefined) return false;
  const counted = countedIn(leaving);
  changes.removed.push({ ...place, ids: leaving.map((one) => one.id), counted });
  for (const unit of units) {
    const { ids: added, parts } = Plan.partsOf(unit);
    const n = countedIn(unit.rows);
    changes.units.push({ stream: place.stream, day: place.day, ids: added, counted: n, parts });
  }
  if (plaintext === null) {
    changes.entries.push({ ...place, closed: null, open: [] });
    return true;
  }
  const { stream, day } = place;
  const compact = day !== null && hasEnded(account, { stream, day }, now());
  const open = await (compact ? epochs.alone(account, stream, day, 0) : epochs.current(account, stream, day));
  const { hash } = await Sealer.seal(sealer, state, into, open, plaintext);
  changes.entries.push(
    compact ? { ...place, closed: hash, open: [] } : { ...place, closed: null, open: [hash] },
  );
  return true;
}
