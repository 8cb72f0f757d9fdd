// Copyright the Islet authors. AGPL-3.0-or-later.
import { spawn } from 'node:child_process';
import { birthOf } from '@islet/ledger/processes';
import { afterEach, expect, test } from 'vitest';
import type * as Services from './Services.js';
import * as Stale from './Stale.js';

const spawned: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of spawned.splice(0)) child.kill('SIGKILL');
});

function sleeper(...args: string[]): Services.Run {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', ...args], { stdio: 'ignore' });
  spawned.push(child);
  return { pid: child.pid!, birth: birthOf(child.pid!)! };
}

const recordOf = (run: Services.Run): Services.Record => ({
  ready: true,
  supervisor: null,
  entries: { hub: { port: 1, url: 'http://127.0.0.1:1', run } },
});

test('a service that stays is killed', async () => {
  const run = sleeper('childGuard.js');
  await Stale.clear(recordOf(run), 100);
  expect(birthOf(run.pid)).toBeUndefined();
});

test('a stranger is left alone, with our process number or our name', async () => {
  const [otherProgram, otherTime] = [sleeper('other.js'), sleeper('childGuard.js')];
  await Stale.clear(recordOf(otherProgram), 100);
  await Stale.clear(recordOf({ ...otherTime, birth: `${otherTime.birth}0` }), 100);
  expect(birthOf(otherProgram.pid)).toBe(otherProgram.birth);
  expect(birthOf(otherTime.pid)).toBe(otherTime.birth);
});
