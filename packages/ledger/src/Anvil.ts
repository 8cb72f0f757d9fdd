// Copyright the Islet authors. AGPL-3.0-or-later.
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { IsletError } from '@islet/core/IsletError';
import type { Executor } from './Executor.js';
import { replace } from './files.js';
import * as Greeting from './Greeting.js';
import * as processes from './processes.js';
import type { Genesis } from './Records.js';
import * as RpcClient from './RpcClient.js';
import * as Runner from './Runner.js';

/** Runs as its own process: ends the executor when the ledger ends, however the ledger ends (its stdin closes). */
const watchdog = `
const child = require('node:child_process').spawn(process.argv[1], process.argv.slice(2), { stdio: ['ignore', 'inherit', 'inherit'] });
require('node:fs').writeSync(1, 'pid ' + child.pid + '\\n');
child.on('error', () => process.exit(1));
child.on('exit', () => process.exit(1));
process.stdin.on('end', () => { child.kill('SIGKILL'); process.exit(0); }).resume();
`;

/**
 * Starts the `anvil` binary for this chain on a free port of this machine. Sweeps the folder first and ends an
 * executor that an earlier, killed ledger may have left there. Throws `LEDGER_EXECUTOR_DOWN`,
 * `LEDGER_EXECUTOR_MISSING`.
 */
export async function start(folder: string, genesis: Genesis): Promise<Executor> {
  const pidPath = join(folder, 'pid');
  const cache = join(folder, 'cache');
  await endOrphan(pidPath, cache);
  await rm(folder, { recursive: true, force: true });
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const args = ['--max-old-space-size=16', '-e', watchdog, '--', binary(), ...flags(genesis, cache)];
  // Detached: an interrupt from the terminal is for the ledger, which then closes its executor in good order.
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { HOME: folder, PATH: process.env.PATH ?? '' },
  });
  const gone = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  child.stdin?.on('error', () => undefined);
  try {
    const { pid, port } = await Greeting.of(child);
    // Whole or not there: a number cut short would name another process.
    await replace(pidPath, (file) => file.writeFile(String(pid)));
    const rpc = RpcClient.connect(port, gone);
    const close = async (): Promise<void> => {
      child.stdin?.end();
      await gone;
      if (isOurs(pid, cache)) await processes.kill(pid);
      rpc.close();
    };
    // The watchdog may be killed alone: its executor then goes too.
    void gone.then(async () => {
      if (isOurs(pid, cache)) await processes.kill(pid);
    });
    return Runner.over(rpc, gone, close);
  } catch (error) {
    child.stdin?.end();
    await gone;
    throw error;
  }
}

function flags(genesis: Genesis, cache: string): string[] {
  return [
    ...['--hardfork', genesis.hardfork, '--chain-id', String(genesis.chainId)],
    ...['--timestamp', String(genesis.timestamp), '--gas-limit', String(genesis.gasLimit)],
    ...['--base-fee', '0', '--gas-price', '0', '--no-priority-fee'],
    ...['--no-mining', '--order', 'fifo', '--accounts', '0'],
    ...['--host', '127.0.0.1', '--port', '0', '--no-cors', '--no-request-size-limit'],
    // One old state stays in memory: stepping back one block after a load needs it (see Runner).
    ...['--prune-history', '1', '--transaction-block-keeper', '8', '--cache-path', cache],
  ];
}

async function endOrphan(pidPath: string, cache: string): Promise<void> {
  const pid = Number(await readFile(pidPath, 'utf8').catch(() => ''));
  if (Number.isSafeInteger(pid) && pid > 1 && isOurs(pid, cache)) await processes.kill(pid);
}

const isOurs = (pid: number, cache: string): boolean =>
  processes.commandOf(pid)?.includes(`--cache-path ${cache}`) === true;

/** The binary itself: its npm wrapper would leave it orphaned when killed. */
function binary(): string {
  const system = process.platform === 'win32' ? 'win32' : process.platform;
  const machine = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `@foundry-rs/anvil-${system}-${machine}`;
  try {
    // The platform's package is a dependency of the wrapper's, so it is looked up from there.
    const wrapper = createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json');
    const found = createRequire(wrapper).resolve(`${name}/package.json`);
    return join(dirname(found), 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
  } catch (cause) {
    throw new ExecutorMissingError(name, { cause });
  }
}

/** `LEDGER_EXECUTOR_MISSING`: npm did not install the binary of this platform. */
export class ExecutorMissingError extends IsletError {
  override readonly name = 'LedgerExecutorMissingError';
  constructor(name: string, options?: ErrorOptions) {
    super(
      'LEDGER_EXECUTOR_MISSING',
      `The package ${name} is not installed. Run npm install without --omit=optional on this platform.`,
      options,
    );
  }
}
