// Copyright the Islet authors. AGPL-3.0-or-later.
import { useCallback, useEffect, useRef, useState } from 'react';
import { Failed } from '../Worker.js';
import type { Step } from '../worker/Protocol.js';

type State<T> =
  | { is: 'idle' }
  | { is: 'busy'; step: Step | null }
  | { is: 'done'; value: T }
  | { is: 'failed'; failed: Failed };

export type Call<T, A extends unknown[]> = {
  state: State<T>;
  /** The newest result, also while a newer one is on its way. */
  last: T | undefined;
  run: (...args: A) => Promise<T | undefined>;
  reset: () => void;
};

/** What was thrown, as what screens can tell. */
export const unexpected = (error: unknown): Failed =>
  error instanceof Failed
    ? error
    : new Failed({ code: 'WEB_UNEXPECTED', message: String(error), place: null });

/** One thing that takes a while, with its progress, its result or what went wrong. A newer run replaces an older one. */
export function useCall<T, A extends unknown[]>(
  work: (onProgress: (step: Step) => void, ...args: A) => Promise<T>,
): Call<T, A> {
  const [state, setState] = useState<State<T>>({ is: 'idle' });
  const [last, setLast] = useState<T>();
  const latest = useRef(0);
  const kept = useRef(work);
  kept.current = work;
  const run = useCallback(async (...args: A): Promise<T | undefined> => {
    const mine = ++latest.current;
    const set = (next: State<T>): void => {
      if (mine === latest.current) setState(next);
    };
    set({ is: 'busy', step: null });
    try {
      const value = await kept.current((step) => set({ is: 'busy', step }), ...args);
      set({ is: 'done', value });
      setLast(value);
      return value;
    } catch (error) {
      set({ is: 'failed', failed: unexpected(error) });
      return undefined;
    }
  }, []);
  const reset = useCallback(() => {
    latest.current++;
    setState({ is: 'idle' });
  }, []);
  return { state, last, run, reset };
}

/** The same, begun when the screen opens. */
export function useLoaded<T>(work: (onProgress: (step: Step) => void) => Promise<T>): Call<T, []> {
  const call = useCall(work);
  const { run } = call;
  useEffect(() => void run(), [run]);
  return call;
}
