// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import type { Store } from '@islet/store/Store';
import type { Events } from './events.js';
import * as HeadStand from './HeadStand.js';
import type { Passed } from './Hot.js';
import type { KeyedLock } from './KeyedLock.js';
import { SWEEP_DELAY_MS } from './limits.js';

/**
 * Drops heads that no map shows any more, and the calendar nodes that only they had: every five minutes a head and its
 * page replace others, and would soon outweigh the data.
 */
export type Sweeper = {
  sweep(passed: Passed[]): void /** Drops what waits at once. */;
  close(): Promise<void>;
};

export function open(store: Store, locks: KeyedLock, events: Events): Sweeper {
  let last: Promise<void> = Promise.resolve();

  async function sweepAll(passed: Passed[]): Promise<void> {
    const byStand = new Map<HeadStand.Stand, HeadStand.Version[]>();
    for (const { stand, version } of passed) byStand.set(stand, [...(byStand.get(stand) ?? []), version]);
    let objects = 0;
    for (const [stand, versions] of byStand) {
      // No put of this writer meanwhile: it might be bringing back a node that we are about to drop.
      objects += await locks.run([toHex(stand.writer.gateway)], () => sweepOne(stand, versions));
    }
    if (objects > 0) events.swept(objects);
  }

  async function sweepOne(stand: HeadStand.Stand, versions: HeadStand.Version[]): Promise<number> {
    const needed = new Set(stand.versions.flatMap((v) => [...HeadStand.nodeKeys(v).values()]));
    const gone = new Set<string>();
    for (const version of versions) {
      gone.add(toHex(version.key));
      for (const key of HeadStand.nodeKeys(version).values()) if (!needed.has(key)) gone.add(key);
    }
    await Promise.all([...gone].map((key) => store.drop(key)));
    return gone.size;
  }

  let waiting: Passed[] = [];
  let timer: NodeJS.Timeout | undefined;
  function begin(): void {
    clearTimeout(timer);
    timer = undefined;
    const taken = waiting;
    waiting = [];
    if (taken.length > 0) last = last.then(() => sweepAll(taken)).catch((error) => events.sweepFailed(error));
  }

  return {
    sweep(passed) {
      waiting.push(...passed);
      // Not at once: an answer under way may still be reading them.
      if (waiting.length > 0) timer ??= setTimeout(begin, SWEEP_DELAY_MS).unref();
    },
    async close() {
      begin();
      await last;
    },
  };
}
