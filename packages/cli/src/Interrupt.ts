// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type Interrupt = Disposable & { signal: AbortSignal; asked: Promise<void> };

/** Turns the first request to stop this process into an abort; the second ends it at once. */
export function listen(): Interrupt {
  const controller = new AbortController();
  const { signal } = controller;
  const hear = (): void => {
    if (signal.aborted) process.exit(130);
    controller.abort(new InterruptedError());
  };
  for (const name of signals) process.on(name, hear);
  const asked = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  return {
    signal,
    asked,
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, hear);
    },
  };
}

export class InterruptedError extends IsletError {
  override readonly name = 'InterruptedError';
  constructor() {
    super('CLI_INTERRUPTED', 'Stopped because you asked for it.');
  }
}
