// Copyright the Islet authors. AGPL-3.0-or-later.
import { setTimeout as sleep } from 'node:timers/promises';

const tickMs = 2;

/**
 * Calls `send(n)` at a fixed rate, whether or not earlier ones were answered, and counts each from the moment it was due:
 * a stall is felt by all that come during it. Times in ms.
 */
export async function open({ rate, seconds, send }) {
  const total = Math.round(rate * seconds);
  const outcome = { latencies: [], failures: [], seconds: 0 };
  const began = performance.now();
  const flights = [];
  for (let next = 0; next < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * rate) + 1);
    for (; next < due; next++) flights.push(one(outcome, () => send(next), began + (next * 1_000) / rate));
    await sleep(tickMs);
  }
  await Promise.all(flights);
  outcome.seconds = (performance.now() - began) / 1_000;
  return outcome;
}

/** So many workers, each with one call under way, for so long. */
export async function closed({ workers, seconds, send }) {
  const outcome = { latencies: [], failures: [], seconds: 0 };
  const began = performance.now();
  const until = began + seconds * 1_000;
  let next = 0;
  const worker = async () => {
    while (performance.now() < until) await one(outcome, () => send(next++), performance.now());
  };
  await Promise.all(Array.from({ length: workers }, worker));
  outcome.seconds = (performance.now() - began) / 1_000;
  return outcome;
}

async function one({ latencies, failures }, send, dueAt) {
  try {
    await send();
    latencies.push(performance.now() - dueAt);
  } catch (error) {
    failures.push(error.message);
  }
}

/** What was answered in a second. */
export const rateOf = ({ latencies, seconds }) => latencies.length / seconds;
