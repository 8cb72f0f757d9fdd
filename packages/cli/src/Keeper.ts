// Copyright the Islet authors. AGPL-3.0-or-later.
import { BACKOFF_MS, LONGEST_BACKOFF_MS, RECOVERED_MS, START_TRIES } from './limits.js';
import * as Program from './Program.js';

export type Hooks = {
  /** The service runs, at first or again. */
  onRun: (program: Program.Program) => Promise<void>;
  /** The service ended by itself; it is started again after `waitMs`. */
  onEnd: (how: string, waitMs: number) => Promise<void>;
  /** ms */
  now: () => number;
};

/** Keeps a service running until closed. */
export type Keeper = AsyncDisposable & {
  /** Rejects with `CLI_SERVICE_FAILED` if the service cannot be started at all, or with the reason of a close. */
  ready: Promise<void>;
  close(): Promise<void>;
};

/** Starts a service, and starts it again whenever it ends. */
export function open(spec: Program.Spec, hooks: Hooks): Keeper {
  const stop = new AbortController();
  const starting = tryToRun(spec, stop.signal);
  const kept = starting.then((first) => keep(spec, first, hooks, stop.signal));
  // Whoever waits for `ready` hears of it.
  kept.catch(() => undefined);
  const close = async (): Promise<void> => {
    stop.abort();
    await kept.catch(() => undefined);
  };
  const ready = starting.then(hooks.onRun);
  return { ready, close, [Symbol.asyncDispose]: close };
}

async function tryToRun(spec: Program.Spec, signal: AbortSignal): Promise<Program.Program> {
  for (let failures = 1; ; failures++) {
    try {
      return await Program.run(spec, signal);
    } catch (error) {
      if (failures >= START_TRIES || signal.aborted) throw error;
      await pause(backoff(failures), signal);
    }
  }
}

async function keep(
  spec: Program.Spec,
  first: Program.Program,
  hooks: Hooks,
  signal: AbortSignal,
): Promise<void> {
  let program: Program.Program | undefined = first;
  for (let failures = 0; ; ) {
    const since = hooks.now();
    const how: string = program ? await program.ended : 'could not be started again';
    if (signal.aborted) return;
    failures = program && hooks.now() - since > RECOVERED_MS ? 1 : failures + 1;
    await hooks.onEnd(how, backoff(failures));
    await pause(backoff(failures), signal);
    if (signal.aborted) return;
    program = await Program.run(spec, signal).catch(() => undefined);
    if (program) await hooks.onRun(program);
  }
}

export const backoff = (failures: number): number =>
  Math.min(BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);

/** Ends early when stopped. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
