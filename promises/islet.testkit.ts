// Copyright the Islet authors. AGPL-3.0-or-later.
// Islet as a person has it: the real program, in its own processes, on a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../packages/cli/bin/islet.mjs', import.meta.url));

export type Result = { code: number; json: Record<string, any>; text: string };

export type Islet = {
  folder: string;
  ready: Record<string, any>;
  child: ChildProcess;
  /** Runs one command with `--json`. */
  run(...args: string[]): Promise<Result>;
  /** Stops what runs, however, and starts again on the same folder. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** `args` go to `islet up`, `settings` to its environment. */
export async function start(args: string[] = [], settings: NodeJS.ProcessEnv = {}): Promise<Islet> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-promise-'));
  const env = { ...process.env, ...settings, ISLET_HOME: folder, TZ: 'UTC' };
  const first = await up(env, args);
  const islet: Islet = {
    folder,
    ...first,
    run: (...args) => command(env, [...args, '--json']),
    async restart(signal = 'SIGTERM') {
      await end(islet.child, signal);
      Object.assign(islet, await up(env, args));
    },
    async [Symbol.asyncDispose]() {
      await end(islet.child, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
  return islet;
}

async function up(env: NodeJS.ProcessEnv, args: string[]): Promise<Pick<Islet, 'child' | 'ready'>> {
  const child = spawn(process.execPath, [program, 'up', '--json', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  const ready = await new Promise<Record<string, any>>((resolve, reject) => {
    child.stderr.on('data', (bytes) => (err += bytes));
    child.stdout.on('data', (bytes) => {
      out += bytes;
      const line = out.indexOf('\n');
      if (line !== -1) resolve(JSON.parse(out.slice(0, line)));
    });
    child.once('exit', (code) => reject(new Error(`islet up ended with ${code}: ${out}${err}`)));
  });
  if (ready.error) throw new Error(JSON.stringify(ready));
  return { child, ready };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

function command(env: NodeJS.ProcessEnv, args: string[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (bytes) => (out += bytes));
    child.stderr.on('data', (bytes) => (err += bytes));
    child.once('error', reject);
    child.once('exit', (code) => {
      const line = out.trim().split('\n').at(-1) ?? '';
      try {
        resolve({ code: code ?? -1, json: JSON.parse(line), text: out + err });
      } catch {
        reject(new Error(`islet ${args.join(' ')} said no JSON: ${out}${err}`));
      }
    });
  });
}
