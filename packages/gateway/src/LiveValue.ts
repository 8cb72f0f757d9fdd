// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Content from '@islet/core/Content';
import * as Days from '@islet/core/Day';
import * as Live from '@islet/core/Live';
import type { Glucose } from '@islet/core/Reading';
import { type Account, runOf } from './Accounts.js';
import type { ChainView } from './ChainView.js';
import type { Epochs } from './Epochs.js';
import type { Events } from './events.js';
import * as Sealer from './Sealer.js';
import type { AccountState } from './State.js';
import type { Changes } from './Writer.js';

/**
 * Seals the newest glucose value of a commit a second time, to `glucose/live`, whose keys open nothing else. Only a value
 * of now, and only while somebody holds a grant: nobody else could ever ask for it. That it cannot be sealed, as while
 * custodians are away, holds up nothing: the value is in `glucose/raw`.
 */
export type LiveValue = (
  account: Account,
  state: AccountState,
  into: Sealer.Draft,
  changes: Changes,
) => Promise<void>;

export type Options = {
  epochs: Epochs;
  sealer: Sealer.Options;
  chain: Pick<ChainView, 'mayBeRead'>;
  now: () => number;
  events: Events;
};

const stream = 'glucose/live';

export function liveValue({ epochs, sealer, chain, now, events }: Options): LiveValue {
  return async (account, state, into, changes) => {
    const offset = account.offsets.get(stream);
    if (offset === undefined) return;
    const value = newestIn(changes);
    if (!value || value.at < state.liveAt || Math.abs(now() - value.at) > Live.valueMs) return;
    const day = Days.of(value.at, offset);
    if (!runOf(account, stream, day) || !chain.mayBeRead(account.hex, now())) return;
    try {
      const open = await epochs.current(account, stream, day);
      await Sealer.seal(sealer, state, into, open, await Content.encodeReadings([value]));
      state.liveAt = value.at;
      events.recovered('live values');
    } catch (error) {
      events.troubled('live values', error);
    }
  };
}

/** By its own time; what a sensor measured by itself. */
function newestIn({ units }: Changes): Glucose | undefined {
  let newest: Glucose | undefined;
  for (const unit of units) {
    if (unit.stream !== 'glucose/raw') continue;
    for (const { readings } of unit.parts)
      for (const r of readings)
        if (r.kind === 'glucose' && r.method === 'cgm' && (!newest || r.at > newest.at)) newest = r;
  }
  return newest;
}
