// Copyright the Islet authors. AGPL-3.0-or-later.
import { DEVICE_READINGS, DEVICE_WAITING, RETRY_AFTER_S } from './limits.js';
import { tooMany } from './Refusal.js';

/**
 * Each device's own queue in front of what all share: a device that catches up on weeks has only so much under way at
 * once, so that another's reading of this minute waits for one turn, not for the weeks.
 */
export type FairLane = <T>(device: string, weight: number, work: () => Promise<T>) => Promise<T>;

type Lane = { weight: number; waiting: { weight: number; start: () => void }[] };

/** Throws 429 where a device has more waiting than it may. */
export function fairLane(): FairLane {
  const lanes = new Map<string, Lane>();

  function next(device: string, lane: Lane): void {
    for (let first = lane.waiting[0]; first; first = lane.waiting[0]) {
      if (lane.weight > 0 && lane.weight + first.weight > DEVICE_READINGS) return;
      lane.waiting.shift();
      lane.weight += first.weight;
      first.start();
    }
    if (lane.weight === 0) lanes.delete(device);
  }

  return async (device, weight, work) => {
    const lane = lanes.get(device) ?? { weight: 0, waiting: [] };
    lanes.set(device, lane);
    if (lane.waiting.length >= DEVICE_WAITING) throw tooMany(RETRY_AFTER_S);
    // Nothing is without weight: also an empty post takes a turn.
    const own = Math.max(1, weight);
    await new Promise<void>((start) => {
      lane.waiting.push({ weight: own, start });
      next(device, lane);
    });
    try {
      return await work();
    } finally {
      lane.weight -= own;
      next(device, lane);
    }
  };
}

/**
 * Does a long list in pieces, each in its own turn, so that what is small comes in between. A failure leaves the pieces
 * before it done: whoever sends all of it again is to find them known.
 */
export async function inPieces<A, B>(
  fair: FairLane,
  device: string,
  list: A[],
  length: number,
  work: (piece: A[]) => Promise<B[]>,
): Promise<B[]> {
  const done: B[] = [];
  for (let from = 0; from < Math.max(1, list.length); from += length) {
    const piece = list.slice(from, from + length);
    for (const one of await fair(device, piece.length, () => work(piece))) done.push(one);
  }
  return done;
}
