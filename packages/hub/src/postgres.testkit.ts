// Copyright the Islet authors. AGPL-3.0-or-later.
// A PostgreSQL of our own, on a socket in a temporary folder.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { programs, runner } from '../../../scripts/postgres.mjs';

export type Server = AsyncDisposable & {
  /** Makes an empty database and gives its address. */
  database(name: string): Promise<string>;
};

const user = 'islet';
const patienceMs = 30_000;

export async function start(): Promise<Server> {
  const bin = programs();
  const { uid, gid } = runner();
  const identity = uid === undefined || gid === undefined ? {} : { uid, gid };
  const folder = mkdtempSync(join(tmpdir(), 'islet-pg-'));
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  const data = join(folder, 'data');
  const options = { ...identity, cwd: folder, env: { ...process.env, HOME: folder, LC_ALL: 'C.UTF-8' } };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', user], { ...options, stdio: 'pipe' });
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses='], {
    ...options,
    stdio: 'ignore',
  });
  const urlOf = (name: string): string => `postgres://${user}@/${name}?host=${folder}`;
  const run = async (sql: string): Promise<void> => {
    const { Pool } = await import('pg');
    const pool = new Pool({ connectionString: urlOf('postgres'), max: 1 });
    try {
      await pool.query(sql);
    } finally {
      await pool.end();
    }
  };
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      await run('select 1');
      break;
    } catch (error) {
      if (Date.now() > until || server.exitCode !== null) throw error;
      await sleep(50);
    }
  }
  return {
    async database(name) {
      await run(`create database ${name}`);
      return urlOf(name);
    },
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
