// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { FolderLock, FolderLockedError } from '@islet/store/FolderLock';
import * as Environment from './Environment.js';
import * as FirstDeployment from './FirstDeployment.js';
import * as Home from './Home.js';
import * as Keeper from './Keeper.js';
import * as KeyFile from './KeyFile.js';
import * as LogFile from './LogFile.js';
import * as Programs from './Programs.js';
import * as Registry from './Registry.js';
import * as Services from './Services.js';
import * as Stale from './Stale.js';
import type * as Tls from './Tls.js';

/** What starts now: a service, or the contracts once. */
export type Step = { what: Services.Name | 'contracts' | 'clearing'; done: number; of: number };

export type Options = {
  onProgress?: (step: Step) => void;
  /** Told of services that end and are started again. */
  log?: (line: string) => void;
  /** Stops a start under way; afterwards nothing. */
  signal?: AbortSignal;
  programs?: Programs.Programs;
  /** Serves the app to other devices too. */
  tls?: Tls.Tls;
  env?: Record<string, string | undefined>;
  /** ms */
  now?: () => number;
};

export type Supervised = AsyncDisposable & {
  services: Services.Services;
  /** Stops the services, the last started first. */
  stop(): Promise<void>;
};

/**
 * Starts all of Islet on a data folder and keeps it running. A fresh folder gets keys, a chain and its contracts; any other
 * goes on from where it was, however it ended. Throws `CLI_ALREADY_RUNNING`, `CLI_SERVICE_FAILED`, `CLI_KEY_FILE`,
 * `CLI_STOPPED`.
 */
export async function start(home: Home.Home, options: Options = {}): Promise<Supervised> {
  const { signal } = options;
  await Home.prepare(home);
  const lock = await lockOf(home);
  const stack: (() => Promise<void>)[] = [() => lock.release()];
  let stopping = Promise.resolve();
  const stop = (): Promise<void> => {
    stopping = stopping.then(() => unwind(stack));
    return stopping;
  };
  const stopEarly = (): void => void stop().catch(() => undefined);
  signal?.addEventListener('abort', stopEarly, { once: true });
  try {
    const services = await startAll(home, options, (close) => {
      stack.push(close);
      signal?.throwIfAborted();
    });
    signal?.throwIfAborted();
    return { services, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw signal?.aborted ? new StoppedError() : error;
  } finally {
    signal?.removeEventListener('abort', stopEarly);
  }
}

async function lockOf(home: Home.Home): Promise<FolderLock> {
  try {
    return await FolderLock.acquire(home.root);
  } catch (error) {
    if (error instanceof FolderLockedError) throw new AlreadyRunningError(home, error);
    throw error;
  }
}

async function unwind(stack: (() => Promise<void>)[]): Promise<void> {
  const close = stack.pop();
  if (!close) return;
  try {
    await close();
  } finally {
    await unwind(stack);
  }
}

async function startAll(
  home: Home.Home,
  options: Options,
  onStop: (close: () => Promise<void>) => void,
): Promise<Services.Services> {
  const { onProgress = () => {}, now = Date.now } = options;
  const deployed = await FirstDeployment.read(home);
  const of = Services.names.length + (deployed ? 0 : 1);
  let done = 0;
  onProgress({ what: 'clearing', done, of });
  const last = await Services.read(home);
  await Stale.clear(last);
  const registry = await Registry.open(home, last, options.env ?? process.env);
  onStop(() => registry.clear());
  await (deployed ? KeyFile.requireAll(home) : KeyFile.createMissing(home));
  const validators = [await KeyFile.validator(home)];
  await Home.writeValidators(home, validators);

  const launch = launcher(home, options, registry, onStop);
  /** Starts one service and gives its URL. */
  async function next(
    what: Services.Name,
    program: keyof Programs.Programs,
    envOf: (port: number) => Record<string, string>,
  ): Promise<string> {
    onProgress({ what, done, of });
    const url = await launch(what, program, envOf);
    done++;
    return url;
  }

  const url = await next('ledger', 'ledger', (port) => Environment.ledger(home, port));
  const chain = { url, validators };
  if (!deployed) {
    onProgress({ what: 'contracts', done, of });
    await FirstDeployment.create(home, url, now);
    done++;
  }
  const custodians: string[] = [];
  for (const index of Home.custodianIndices())
    custodians.push(
      await next(`custodian-${index}` as Services.Name, 'custodian', (port) =>
        Environment.custodian(home, port, chain, index),
      ),
    );
  const hub = await next('hub', 'hub', (port) => Environment.hub(home, port, chain, custodians));
  const gateway = await next('gateway', 'gateway', (port) =>
    Environment.gateway(home, port, chain, hub, custodians),
  );
  await next('web', 'web', (port) =>
    Environment.web(home, port, chain, { hub, gateway, custodians }, options.tls),
  );
  return registry.ready();
}

type Launch = (
  name: Services.Name,
  program: keyof Programs.Programs,
  envOf: (port: number) => Record<string, string>,
) => Promise<string>;

function launcher(
  home: Home.Home,
  options: Options,
  registry: Registry.Registry,
  onStop: (close: () => Promise<void>) => void,
): Launch {
  const { log = () => {}, now = Date.now } = options;
  const programs = options.programs ?? Programs.installed();
  // Trouble with the record must not stop a service from being kept.
  const unwritten = (error: Error): void => log(error.message);
  return async (name, program, envOf) => {
    const port = await registry.portFor(name);
    const spec = {
      name,
      program: programs[program],
      guard: programs.guard,
      env: envOf(port),
      log: LogFile.open(Home.log(home, name)),
    };
    const keeper = Keeper.open(spec, {
      now,
      onRun: ({ port, run }) => registry.running(name, port, run).catch(unwritten),
      onEnd: async (how, waitMs) => {
        log(`The ${name} ${how}; it is started again in ${waitMs / 1000} s.`);
        await registry.ended(name).catch(unwritten);
      },
    });
    onStop(() => keeper.close());
    await keeper.ready;
    return `http://127.0.0.1:${port}`;
  };
}

export class AlreadyRunningError extends IsletError {
  override readonly name = 'AlreadyRunningError';
  constructor(home: Home.Home, cause: unknown) {
    super(
      'CLI_ALREADY_RUNNING',
      `Islet already runs on ${home.root}. Use it as it is, or stop it with: npx islet down`,
      { cause },
    );
  }
}

export class StoppedError extends IsletError {
  override readonly name = 'StoppedError';
  constructor() {
    super(
      'CLI_STOPPED',
      'Islet was stopped while it started. Nothing is lost: start it again with: npx islet up',
    );
  }
}
