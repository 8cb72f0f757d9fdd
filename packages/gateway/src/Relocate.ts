// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Days from '@islet/core/Day';
import { type Stream, streams } from '@islet/core/Stream';
import { type Account, runOf } from './Accounts.js';
import { fitting, type Options } from './CloseDay.js';
import * as Plan from './Plan.js';
import type { Place } from './Record.js';
import * as Sealer from './Sealer.js';
import { countedIn, sealReadings } from './SealUnits.js';
import { type AccountState, isRaw, isWhole } from './State.js';
import * as Window from './Window.js';
import type { Changes } from './Writer.js';

/**
 * Moves late readings to their days once there are keys for these: until then only the patient can open them. One record
 * takes them out of the late segments and seals them where they belong, so that at no moment they are in both places or
 * in none. Works while the window holds all that is late of a stream; the wallet moves the rest. Says how many moved.
 */
export async function relocate(options: Options, account: Account, state: AccountState): Promise<number> {
  let moved = 0;
  for (const stream of streams) {
    if (!isRaw(stream) || Window.count(state.window, { stream, day: null }) === 0) continue;
    for (;;) {
      const some = await account.lane(() => moveSome(options, account, state, stream));
      moved += some;
      if (some === 0) break;
    }
  }
  return moved;
}

/** As many as one record of the journal takes. */
async function moveSome(
  options: Options,
  account: Account,
  state: AccountState,
  stream: Stream,
): Promise<number> {
  const late: Place = { stream, day: null };
  const offset = account.offsets.get(stream);
  if (offset === undefined || !isWhole(state, late)) return 0;
  const held = Window.list(state.window, late);
  const plan = Plan.empty();
  for (const { reading, id, importId } of held) {
    const day = Days.of(reading.at, offset);
    if (runOf(account, stream, day)) Plan.add(plan, { stream, day }, reading, id, importId);
  }
  const units = Plan.records(plan)[0] ?? [];
  const going = new Set(units.flatMap((unit) => unit.rows.map((row) => row.id)));
  if (going.size === 0) return 0;
  const staying = held.filter((one) => !going.has(one.id)).map((one) => one.reading);
  const rest = staying.length === 0 ? null : await fitting(staying);
  if (rest === undefined) return 0;
  await options.writer.commit(account, state, async (into) => {
    const gone = held.filter((one) => going.has(one.id));
    const changes: Changes = {
      units: [],
      entries: [],
      removed: [{ ...late, ids: gone.map((one) => one.id), counted: countedIn(gone) }],
    };
    for (const unit of units) {
      const { ids, parts } = Plan.partsOf(unit);
      const open = await options.epochs.current(account, stream, unit.day);
      await sealReadings(options.sealer, state, into, open, parts);
      changes.units.push({ stream, day: unit.day, ids, counted: countedIn(unit.rows), parts });
    }
    const left: Uint8Array[] = [];
    if (rest !== null) {
      const open = await options.epochs.current(account, stream, null);
      left.push((await Sealer.seal(options.sealer, state, into, open, rest)).hash);
    }
    changes.entries.push({ ...late, closed: null, open: left });
    return changes;
  });
  return going.size;
}
