// Copyright the Islet authors. AGPL-3.0-or-later.
// The command line as people run it, from the sources of this moment: Node 20 runs no TypeScript. The ledger is real;
// hub, custodians and gateway are small stand-ins that serve /health.
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as Home from './Home.js';
import { compileRoom, linkPackages, root, writeRoom } from './rooms.testkit.js';

const rooms = ['core', 'chain', 'store', 'ingest', 'client', 'ledger', 'cli'];
const standIns = ['hub', 'custodian', 'gateway', 'web'];

export type Installation = AsyncDisposable & {
  /** A data folder that does not exist yet. */
  home(): Home.Home;
  /** Runs the command line to its end. */
  run(home: Home.Home, args: string[], env?: Record<string, string>): Promise<Ended>;
  /** Starts the command line; resolves with its first line of output, already parsed. */
  up(home: Home.Home, env?: Record<string, string>): Promise<Up>;
  /** Starts it without waiting. */
  start(home: Home.Home, args: string[], env?: Record<string, string>): ChildProcess;
};

export type Ended = { code: number | null; out: string; err: string };
export type Up = { child: ChildProcess; ready: Ready; ended: Promise<number | null> };
export type Ready = { ready: boolean; gateway: string; hub: string; chain: string; home: string };

export async function install(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-cli-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@islet'), { recursive: true });
  await linkPackages(modules);
  for (const room of rooms) await compileRoom(join(root, 'packages', room), join(modules, '@islet', room));
  for (const name of standIns) await writeRoom(join(modules, '@islet', name), { 'main.js': standIn });
  const cli = join(modules, '@islet', 'cli');
  await cp(join(root, 'packages', 'cli', 'bin'), join(cli, 'bin'), { recursive: true });
  await writeFile(join(cli, 'dist', 'commands', 'people.js'), stumbling);
  // People need the real services.
  await writeFile(
    join(cli, 'dist', 'Defaults.js'),
    'export async function people() {}\nexport async function renew() {}',
  );

  const bin = join(cli, 'bin', 'islet.mjs');
  const started = new Set<ChildProcess>();
  let homes = 0;
  function start(home: Home.Home, args: string[], env: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, [bin, ...args], {
      env: { PATH: process.env.PATH, ...env, ISLET_HOME: home.root },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.add(child);
    child.once('exit', () => started.delete(child));
    return child;
  }
  return {
    home: () => Home.at(join(folder, `home-${++homes}`)),
    start,
    run: (home, args, env) => outcomeOf(start(home, args, env)),
    up: (home, env) => readyOf(start(home, ['up', '--json'], env)),
    async [Symbol.asyncDispose]() {
      await Promise.all([...started].map(stop));
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

export async function outcomeOf(child: ChildProcess): Promise<Ended> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (text) => {
    out += text;
  });
  child.stderr?.on('data', (text) => {
    err += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

async function readyOf(child: ChildProcess): Promise<Up> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let err = '';
  child.stderr?.on('data', (text) => {
    err += text;
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    child.once('close', (code) => reject(new Error(`ended with ${code} before it was ready: ${err}`)));
  });
  return { child, ready: JSON.parse(line), ended };
}

const standIn = `
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
const { env } = process;
const kind = env.ISLET_WEB_PORT ? 'WEB' : env.ISLET_GATEWAY_FOLDER ? 'GATEWAY' : env.ISLET_HUB_FOLDER ? 'HUB' : 'CUSTODIAN';
const fail = (message) => { console.error(JSON.stringify({ message })); process.exit(7); };
if (existsSync(env['ISLET_' + kind + '_FOLDER'] + '/broken')) fail('the stand-in is broken');
JSON.parse(readFileSync(env.ISLET_DEPLOYMENT, 'utf8'));
const islet = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('ISLET_')));
const server = createServer((request, response) => response.end(JSON.stringify({ status: 'ok', islet })));
server.listen(Number(env['ISLET_' + kind + '_PORT']), '127.0.0.1', () =>
  console.log(JSON.stringify({ ready: true, service: kind.toLowerCase(), port: server.address().port })));
process.on('SIGTERM', () => process.exit(0));
`;

const stumbling = `
import { IsletError } from '@islet/core/IsletError';
const fail = (name, error) => async () => (program) =>
  program.command(name).option('--json').action(() => { throw error; });
export const people = {
  stumble: fail('stumble', new TypeError('a stumble\\nwith a second line')),
  ask: fail('ask', new IsletError('DENIED_REVOKED', 'The patient revoked the grant.')),
  miss: fail('miss', new IsletError('CLI_MISSING', 'It is not there. Look elsewhere.')),
};
`;
