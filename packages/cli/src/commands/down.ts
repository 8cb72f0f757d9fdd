// Copyright the Islet authors. AGPL-3.0-or-later.
import { setTimeout as sleep } from 'node:timers/promises';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import type { Context } from '../Context.js';
import type * as Home from '../Home.js';
import { DOWN_MS } from '../limits.js';
import * as Services from '../Services.js';
import * as Stale from '../Stale.js';

export function registerDown(program: Command, context: Context): void {
  program
    .command('down')
    .description('stop Islet and wait until it has stopped')
    .option('--json', 'the outcome as JSON')
    .action(async (options: { json?: boolean }) => {
      const stopped = await down(context.home);
      context.output(options).result({ stopped }, stopped ? 'stopped' : 'Islet was not running.');
    });
}

/** Stops a running Islet; false where none runs. Throws `CLI_STILL_RUNNING`. */
export async function down(home: Home.Home, waitMs = DOWN_MS): Promise<boolean> {
  const record = await Services.read(home);
  const { supervisor } = record;
  if (!supervisor || !Services.isAlive(supervisor)) {
    await Stale.clear(record);
    return false;
  }
  process.kill(supervisor.pid, 'SIGTERM');
  for (let waited = 0; waited < waitMs; waited += 50) {
    if (!Services.isAlive(supervisor)) return true;
    await sleep(50);
  }
  throw new StillRunningError(supervisor.pid);
}

export class StillRunningError extends IsletError {
  override readonly name = 'StillRunningError';
  constructor(pid: number) {
    super(
      'CLI_STILL_RUNNING',
      `Islet (process ${pid}) was asked to stop and still runs. Wait, or end it with: kill -9 ${pid} (nothing acknowledged is lost)`,
    );
  }
}
