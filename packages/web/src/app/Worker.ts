// Copyright the Islet authors. AGPL-3.0-or-later.
// The page's side of the worker.
import type { Failure, Step, Told } from './worker/Protocol.js';
import type { Calls, Follows } from './worker/worker.js';

type Asked<N extends keyof Calls> = Parameters<Calls[N]>[0];
type Answer<N extends keyof Calls> = Awaited<ReturnType<Calls[N]>>;
type Waiting = {
  resolve: (value: unknown) => void;
  reject: (failure: Failed) => void;
  onProgress: (step: Step) => void;
  onUpdate?: (update: unknown) => void;
};

let worker: Worker | undefined;
let next = 0;
const waiting = new Map<number, Waiting>();

function started(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module', name: 'islet' });
  worker.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    const one = waiting.get(data.id);
    if (!one) return;
    if (data.progress) return one.onProgress(data.progress);
    if (data.update !== undefined) return one.onUpdate?.(data.update);
    waiting.delete(data.id);
    if (data.failure) one.reject(new Failed(data.failure));
    else one.resolve(data.value);
  });
  worker.addEventListener('error', () => {
    const failure = { code: 'WEB_UNEXPECTED', message: 'The worker could not start.', place: null };
    for (const one of waiting.values()) one.reject(new Failed(failure));
    waiting.clear();
  });
  return worker;
}

/** Asks the worker. What it refuses or cannot do is thrown as `Failed`. */
export function ask<N extends keyof Calls>(
  name: N,
  asked?: Asked<N>,
  onProgress: (step: Step) => void = () => {},
): Promise<Answer<N>> {
  const id = ++next;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, onProgress });
    started().postMessage({ id, name, asked });
  });
}

type Update<N extends keyof Follows> =
  ReturnType<Follows[N]> extends AsyncGenerator<infer U, unknown, unknown> ? U : never;

/** Has the worker tell what comes, until `signal` says so or it ends by itself. */
export function follow<N extends keyof Follows>(
  name: N,
  asked: Parameters<Follows[N]>[0],
  onUpdate: (update: Update<N>) => void,
  signal: AbortSignal,
): Promise<void> {
  const id = ++next;
  return new Promise((resolve, reject) => {
    waiting.set(id, {
      resolve: () => resolve(),
      reject,
      onProgress: () => {},
      onUpdate: onUpdate as (update: unknown) => void,
    });
    signal.addEventListener('abort', () => started().postMessage({ id, stop: true }));
    started().postMessage({ id, name, asked });
  });
}

export class Failed extends Error {
  override readonly name = 'Failed';
  readonly code: string;
  readonly place: Failure['place'];
  constructor({ code, message, place }: Failure) {
    super(message);
    this.code = code;
    this.place = place;
  }
}
