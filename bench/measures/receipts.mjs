// Copyright the Islet authors. AGPL-3.0-or-later.
import { setTimeout as sleep } from 'node:timers/promises';
import * as Figure from '../Figure.mjs';
import * as Load from '../Load.mjs';
import * as Quantile from '../Quantile.mjs';

const target = 5_000;
const pollMs = 50;
const patienceMs = 60_000;
/** Posts a second that go on meanwhile: the live readings of 15,000 people. */
const rate = 50;

/**
 * From a post's acknowledgement until the gateway has the segment's receipt and found its root in its own view of the
 * chain. Some people post and wait, the others keep the batches filled.
 */
export async function measure(scene) {
  const { secrets, post, status } = await scene.live();
  const half = Math.ceil(secrets.length / 2);
  const [waiting, busy] = [secrets.slice(0, half), secrets.slice(-half)];
  const seconds = scene.quick ? 6 : 25;
  scene.say(`waiting for receipts, ${seconds} s`);
  await Promise.all(waiting.map((secret) => anchored(status, secret)));
  const took = [];
  const until = performance.now() + seconds * 1_000;
  const waiter = async (secret, i) => {
    // Not all in step with one another and with the batches.
    await sleep((i * 2_000) / waiting.length);
    while (performance.now() < until) {
      await post(secret);
      const began = performance.now();
      await anchored(status, secret);
      took.push(performance.now() - began);
      await sleep(Math.random() * 500);
    }
  };
  const load = Load.open({ rate, seconds, send: (n) => post(busy[n % busy.length]) });
  await Promise.all([load, ...waiting.map(waiter)]);
  const p99 = Quantile.of(took, 0.99);
  return [
    {
      what: 'acknowledged → receipt checkable',
      measured: `p99 ${Figure.time(p99)}, p50 ${Figure.time(Quantile.of(took, 0.5))}`,
      value: p99,
      unit: 'ms',
      target: `p99 ≤ ${Figure.time(target)}`,
      met: p99 <= target,
      note: `${took.length} posts of ${waiting.length} people, while ${rate} others a second came in; the slowest ${Figure.time(Math.max(...took))}. The gateway asks for receipts once a second, so a reader may see them up to that earlier.`,
    },
  ];
}

async function anchored(status, secret) {
  const until = performance.now() + patienceMs;
  for (;;) {
    const { segments } = await status(secret);
    if (segments.anchored >= segments.sealed) return;
    if (performance.now() > until) throw new Error('a receipt never came');
    await sleep(pollMs);
  }
}
