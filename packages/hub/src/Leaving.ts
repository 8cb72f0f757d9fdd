// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Follower } from '@islet/chain/Follower';
import type * as View from '@islet/chain/View';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Days from '@islet/core/Day';
import type { Archive } from './Archive.js';
import * as Erasing from './Erasing.js';
import type { Events } from './events.js';
import type { KeyedLock } from './KeyedLock.js';
import type { Places } from './Places.js';

/** Drops what accounts leave behind that went to another hub. Their hashes and leaves stay: other people's receipts are paths through them. */
export type Leaving = {
  /** All that is kept of an account that has left. Says how many objects went. May be repeated. */
  drop(account: Uint8Array): Promise<Dropped>;
  close(): Promise<void>;
};

export type Dropped = Awaited<ReturnType<typeof Erasing.drop>>;

export type Options = {
  archive: Archive;
  follower: Follower<View.View>;
  locks: KeyedLock;
  places: Places;
  events: Events;
};

const everything = { streams: [], firstDay: Days.first, lastDay: Days.last };

/** Goes on with what was cut short, at once. */
export function open(options: Options): Leaving {
  const { archive, follower, places, events } = options;
  let closed = false;

  async function drop(account: Uint8Array): Promise<Dropped> {
    const counts = await Erasing.drop(options, { account, extent: everything, grants: [] });
    await dropPapers(archive, follower.state, account);
    await places.dropped(account);
    events.left();
    return counts;
  }

  async function rest(): Promise<void> {
    for (const { account } of places.leaving()) {
      if (closed) return;
      await drop(account).catch((error) => events.leavingFailed(error));
    }
  }
  const resting = rest();
  return {
    drop,
    async close() {
      closed = true;
      await resting;
    },
  };
}

/** What it signed of its grants, and the sealed reasons of emergencies. */
async function dropPapers({ find, store }: Archive, view: View.View, account: Uint8Array): Promise<void> {
  const id = toHex(account);
  for (const [grantId, grant] of view.grants)
    if (grant.patient === id)
      for (const row of await find.grants(fromHex(grantId))) await store.drop(toHex(row.signed));
  for (const [requestId, emergency] of view.emergencies)
    if (emergency.patient === id)
      for (const key of await find.papers(fromHex(requestId))) await store.drop(key);
}
