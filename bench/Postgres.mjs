// Copyright the Islet authors. AGPL-3.0-or-later.
// A PostgreSQL of our own, with its defaults: fsync and synchronous_commit are on, and the bench checks that they are.
import { execFileSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { programs, runner } from '../scripts/postgres.mjs';
import * as Child from './Child.mjs';
import * as Folder from './Folder.mjs';

const startMs = 20_000;

/** Starts a server, or throws an error that says in one line what is missing. */
export async function start() {
  const bin = programs();
  const identity = runner();
  const folder = await Folder.temporary('postgres');
  if (identity.uid !== undefined) chownSync(folder, identity.uid, identity.gid);
  const data = join(folder, 'data');
  const options = { ...identity, cwd: folder, env: { ...process.env, HOME: folder, LC_ALL: 'C.UTF-8' } };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'bench'], {
    ...options,
    stdio: 'pipe',
  });
  // SIGINT is PostgreSQL's fast shutdown.
  const args = ['-D', data, '-k', folder, '-c', 'listen_addresses='];
  const stdio = ['ignore', 'ignore', 'pipe'];
  const { stop } = Child.start(join(bin, 'postgres'), args, { ...options, stdio, signal: 'SIGINT' });
  const pool = (max) => {
    const made = new pg.Pool({ host: folder, user: 'bench', database: 'postgres', max });
    // A connection that the server ends as it stops is no failure; a query that fails says so itself.
    made.on('error', () => {});
    return made;
  };
  const first = pool(1);
  const { rows } = await patiently(() =>
    first.query(
      `select version(), current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
    ),
  );
  await first.end();
  if (rows[0].fsync !== 'on' || rows[0].commit !== 'on')
    throw new Error('PostgreSQL does not commit durably here');
  return { pool, stop, version: rows[0].version.split(' ').slice(0, 2).join(' ') };
}

async function patiently(work) {
  const until = Date.now() + startMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(50);
    }
  }
}
