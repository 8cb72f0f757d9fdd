// Copyright the Islet authors. AGPL-3.0-or-later.
import type * as z from 'zod';
import { MAX_BATCH_BYTES, MAX_BATCH_CALLS } from './limits.js';
import type { Call, Rpc } from './Rpc.js';

/** Asks one thing, together with whatever else waits in the same lane. */
export type Lane = <T>(method: string, params: readonly unknown[], answer: z.ZodType<T>) => Promise<T>;

type Waiting = {
  call: Call<unknown>;
  bytes: number;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
};

/**
 * A lane through which calls go in the order given, one exchange at a time. While one is under way, calls gather
 * for the next: the busier, the larger the batches.
 */
export function open(rpc: Rpc): Lane {
  const queue: Waiting[] = [];
  let busy = false;

  async function drain(): Promise<void> {
    busy = true;
    // Those who come in the same moment go together.
    await new Promise((done) => setTimeout(done, 0));
    while (queue.length > 0) {
      const together = take(queue);
      try {
        const outcomes = await rpc.settle(together.map((w) => w.call));
        for (const [i, outcome] of outcomes.entries()) {
          if (outcome.status === 'fulfilled') together[i]!.resolve(outcome.value);
          else together[i]!.reject(outcome.reason);
        }
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    busy = false;
  }

  return <T>(method: string, params: readonly unknown[], answer: z.ZodType<T>) =>
    new Promise<T>((resolve, reject) => {
      const bytes = JSON.stringify(params).length;
      queue.push({ call: { method, params, answer }, bytes, resolve: resolve as never, reject });
      if (!busy) void drain();
    });
}

/** The first that fit one batch; at least one. */
function take(queue: Waiting[]): Waiting[] {
  let bytes = 0;
  const over = queue.findIndex((w, i) => {
    bytes += w.bytes;
    return i > 0 && (i >= MAX_BATCH_CALLS || bytes > MAX_BATCH_BYTES);
  });
  return queue.splice(0, over === -1 ? queue.length : over);
}
