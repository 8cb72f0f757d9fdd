// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Content from '@islet/core/Content';
import * as Days from '@islet/core/Day';
import type { Reading } from '@islet/core/Reading';
import { type Account, runOf } from './Accounts.js';
import type { Epochs, Open } from './Epochs.js';
import { EPOCHS_AT_ONCE } from './limits.js';
import * as Plan from './Plan.js';
import type { Entry, Part } from './Record.js';
import * as Sealer from './Sealer.js';
import { type AccountState, entryOf } from './State.js';
import type { Changes, Writer } from './Writer.js';

/** Seals units and makes them durable as one record; says which went to the late key. Throws a refusal. */
export type SealUnit = (account: Account, state: AccountState, units: Plan.Unit[]) => Promise<Plan.Unit[]>;

export type Options = { writer: Writer; epochs: Epochs; sealer: Sealer.Options; now: () => number };

export function sealUnits({ writer, epochs, sealer, now }: Options): SealUnit {
  return async (account, state, units) => {
    const late: Plan.Unit[] = [];
    await writer.commit(account, state, async (into) => {
      const jobs = await inTurns(units, EPOCHS_AT_ONCE, async (unit) => {
        const { stream } = unit;
        const day = runOf(account, stream, unit.day) ? unit.day : null;
        const whole = day !== null && bringsWholeDay(account, state, unit, now());
        const open = await (whole
          ? epochs.alone(account, stream, day, 0)
          : epochs.current(account, stream, day));
        return { unit, day, whole, open };
      });
      const changes: Changes = { units: [], entries: [], removed: [] };
      for (const { unit, day, whole, open } of jobs) {
        if (day === null) late.push(unit);
        const { ids, parts } = Plan.partsOf(unit);
        const closed = await sealReadings(sealer, state, into, open, parts);
        if (whole) changes.entries.push({ stream: unit.stream, day, closed, open: [] } satisfies Entry);
        changes.units.push({ stream: unit.stream, day, ids, counted: countedIn(unit.rows), parts });
      }
      return changes;
    });
    return late;
  };
}

/**
 * An import that brings a past day, of which nothing is known, in one go: it is sealed as the compact segment straight
 * away. If more of that day comes, it is closed again.
 */
const bringsWholeDay = (account: Account, state: AccountState, unit: Plan.Unit, now: number): boolean =>
  !unit.split &&
  unit.rows.every((row) => row.importId !== null) &&
  now >= Days.endOf(unit.day, account.offsets.get(unit.stream)!) &&
  isUntouched(entryOf(state, unit));

const isUntouched = (entry: ReturnType<typeof entryOf>): boolean =>
  !entry || (entry.closed === null && entry.open.length === 0);

export async function sealReadings(
  sealer: Sealer.Options,
  state: AccountState,
  into: Sealer.Draft,
  open: Open,
  parts: Part[],
): Promise<Uint8Array> {
  const readings = parts.flatMap((p) => p.readings).sort((a, b) => a.at - b.at);
  const plaintext = await Content.encodeReadings(readings);
  return (await Sealer.seal(sealer, state, into, open, plaintext)).hash;
}

/** Only what a sensor measured by itself enters summaries. */
const isCounted = (r: Reading): boolean => r.kind === 'glucose' && r.method === 'cgm';

/** How many of these a summary would count. */
export const countedIn = (held: readonly { reading: Reading }[]): number =>
  held.filter(({ reading }) => isCounted(reading)).length;

async function inTurns<A, B>(list: A[], width: number, work: (one: A) => Promise<B>): Promise<B[]> {
  const out: B[] = [];
  for (let from = 0; from < list.length; from += width)
    out.push(...(await Promise.all(list.slice(from, from + width).map(work))));
  return out;
}
