// Copyright the Islet authors. AGPL-3.0-or-later.
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOf, kill } from '@islet/ledger/processes';
import { STALE_MS } from './limits.js';
import * as Services from './Services.js';

/**
 * Waits until services that a killed supervisor left are gone, and kills those that stay. Only processes of the recorded
 * start time whose command line carries our guard are touched.
 */
export async function clear(record: Services.Record, waitMs = STALE_MS): Promise<void> {
  const runs = Services.names.flatMap((name) => record.entries[name]?.run ?? []);
  for (let waited = 0; waited < waitMs && runs.some(isOurs); waited += 50) await sleep(50);
  for (const run of runs) if (isOurs(run)) await kill(run.pid);
}

const isOurs = (run: Services.Run): boolean =>
  Services.isAlive(run) && (commandOf(run.pid)?.includes('childGuard') ?? false);
