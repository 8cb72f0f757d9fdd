// Copyright the Islet authors. AGPL-3.0-or-later.
// Finds PostgreSQL on this machine, for tests and benchmarks that run one of their own; installs Debian's where it may.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const debian = '/usr/lib/postgresql';

/** The folder of `initdb` and `postgres`. Throws an error that says in one line what is missing. */
export function programs() {
  const found = find() ?? (install() && find());
  if (!found)
    throw new Error('PostgreSQL is missing and cannot be installed from here: apt-get install postgresql');
  return found;
}

function find() {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((v) => join(debian, v, 'bin')), ...(process.env.PATH ?? '').split(':')];
  return folders.find((f) => ['initdb', 'postgres'].every((name) => existsSync(join(f, name))));
}

function install() {
  if (process.getuid?.() !== 0) return false;
  console.error('installing PostgreSQL');
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  try {
    execFileSync('apt-get', ['update'], options);
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql'], options);
    return true;
  } catch {
    return false;
  }
}

/** Whom to run it as: itself refuses root, so then its own user, or nobody. Empty where we are not root. */
export function runner() {
  if (process.getuid?.() !== 0) return {};
  for (const user of ['postgres', 'nobody']) {
    try {
      const idOf = (flag) =>
        Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: idOf('-u'), gid: idOf('-g') };
    } catch {
      // The next one, then.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody to run it as');
}
