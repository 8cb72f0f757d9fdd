// Copyright the Islet authors. AGPL-3.0-or-later.
// One command of the real program, as a person types it: its words, not only its JSON.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../packages/cli/bin/islet.mjs', import.meta.url));

export type Told = { code: number | null; out: string; err: string };

/** A command that hangs is killed after this, and then has no code. */
const longestMs = 90_000;

export function command(folder: string, args: string[], env: Record<string, string> = {}): Promise<Told> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, ISLET_HOME: folder, TZ: 'UTC', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), longestMs);
    let out = '';
    let err = '';
    child.stdout.on('data', (bytes) => (out += bytes));
    child.stderr.on('data', (bytes) => (err += bytes));
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, out, err });
    });
  });
}
