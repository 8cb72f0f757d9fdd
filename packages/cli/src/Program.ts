// Copyright the Islet authors. AGPL-3.0-or-later.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { IsletError } from '@islet/core/IsletError';
import { birthOf } from '@islet/ledger/processes';
import type * as LogFile from './LogFile.js';
import { LINE_BYTES, START_MS, STOP_MS } from './limits.js';
import type * as Services from './Services.js';

/** How to run a service. */
export type Spec = {
  name: Services.Name;
  /** The service's program and the guard loaded before it: paths of modules. */
  program: string;
  guard: string;
  env: Record<string, string>;
  log: LogFile.LogFile;
};

/** A service that said it is ready. */
export type Program = {
  run: Services.Run;
  port: number;
  /** Says how it ended, when it has. */
  ended: Promise<string>;
};

/**
 * Runs a service until it ends or `signal` stops it, which it does gently first. Resolves when it is ready; rejects when
 * it is gone without having been.
 */
export async function run(spec: Spec, signal: AbortSignal): Promise<Program> {
  signal.throwIfAborted();
  const child = launch(spec);
  const birth = child.pid === undefined ? undefined : birthOf(child.pid);
  const ended = endOf(child);
  const stop = (): void => stopGently(child);
  signal.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS);
  void ended.then(() => signal.removeEventListener('abort', stop));
  const complaint = listen(child, spec.log);
  const port = await Promise.race([readyPort(child, spec.log), ended.then(() => undefined)]);
  clearTimeout(timer);
  if (port === undefined || child.pid === undefined) {
    const how = await ended;
    signal.throwIfAborted();
    throw new ServiceFailedError(spec, how, complaint());
  }
  return { run: { pid: child.pid, birth: birth ?? '' }, port, ended };
}

function launch({ program, guard, env }: Spec): ChildProcess {
  return spawn(process.execPath, ['--import', guard, program], {
    env: { ...process.env, ...env },
    // Its own group: an interrupt from the keyboard reaches the supervisor only, which stops services in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started (${error.message})`));
    child.once('exit', (code, signal) =>
      resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`),
    );
  });
}

function stopGently(child: ChildProcess): void {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.once('exit', () => clearTimeout(timer));
}

/** Keeps what it writes to stderr; gives the last complaint. */
function listen(child: ChildProcess, log: LogFile.LogFile): () => string | undefined {
  let last: string | undefined;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => log.append(text));
  if (child.stderr)
    createInterface({ input: child.stderr }).on('line', (line) => {
      last = messageOf(line) ?? last;
    });
  return () => last;
}

function messageOf(line: string): string | undefined {
  const said = parsed(line);
  if (said === undefined) return undefined;
  const text = said.message ?? said.msg;
  return typeof text === 'string' ? text : undefined;
}

function readyPort(child: ChildProcess, log: LogFile.LogFile): Promise<number> {
  return new Promise((resolve) => {
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = parsed(line);
      if (said?.ready === true && typeof said.port === 'number') resolve(said.port);
      else log.append(`${line}\n`);
    });
  });
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (line.length > LINE_BYTES || !line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export class ServiceFailedError extends IsletError {
  override readonly name = 'ServiceFailedError';
  constructor({ name, log }: Spec, how: string, complaint: string | undefined) {
    super(
      'CLI_SERVICE_FAILED',
      `The ${name} ${how} before it was ready${complaint ? `: ${complaint}` : '.'} See ${log.path}`,
    );
  }
}
