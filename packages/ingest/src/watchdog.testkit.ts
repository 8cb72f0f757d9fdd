// Copyright the Islet authors. AGPL-3.0-or-later.
// Stops work that does not end: a test's own time limit cannot, while the work holds the only thread.
import { runInThisContext } from 'node:vm';

/** What a file of these tests' sizes takes is a small part of a second. */
export const patienceMs = 10_000;

const place = Symbol.for('islet/ingest/watched');
const held = globalThis as { [place]?: () => void };

/** Runs it, and throws where it takes longer than `ms`. */
export function watched<T>(run: () => T, ms = patienceMs): T {
  let result: { is: T } | undefined;
  held[place] = () => {
    result = { is: run() };
  };
  runInThisContext("globalThis[Symbol.for('islet/ingest/watched')]()", { timeout: ms });
  return result!.is;
}
