// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Figure from '../Figure.mjs';
import * as Load from '../Load.mjs';
import * as Processes from '../Processes.mjs';
import * as Quantile from '../Quantile.mjs';

const target = { rate: 500, ms: 50 };
const workers = 32;

/** Single readings, as uploaders post them, by many people: at a fixed rate, then as fast as answers come. */
export async function measure(scene) {
  const { secrets, post } = await scene.live();
  const seconds = scene.quick ? 3 : 15;
  const of = (n) => secrets[n % secrets.length];
  scene.say(`${target.rate} posts a second, ${seconds} s`);
  const islet = await scene.islet();
  const before = Processes.processor(islet);
  const open = await Load.open({ rate: target.rate, seconds, send: (n) => post(of(n)) });
  const spent = Processes.spent(before, Processes.processor(islet), open.seconds);
  scene.say(`posts as fast as they are answered, ${seconds} s`);
  const closed = await Load.closed({ workers, seconds, send: (n) => post(of(n)) });
  const p99 = Quantile.of(open.latencies, 0.99);
  scene.results.posts = Load.rateOf(closed);
  const failed = (load) =>
    load.failures.length > 0 ? `; ${load.failures.length} failed, first: ${load.failures[0]}` : '';
  return [
    {
      what: `ack of a single post, at ${target.rate}/s`,
      measured: `p99 ${Figure.time(p99)}, p50 ${Figure.time(Quantile.of(open.latencies, 0.5))}`,
      value: p99,
      unit: 'ms',
      target: `p99 ≤ ${Figure.time(target.ms)}`,
      met: p99 <= target.ms && open.failures.length === 0,
      note: `${open.latencies.length} posts of ${secrets.length} people in turn, each timed from when it was due; the slowest ${Figure.time(Quantile.of(open.latencies, 1))}; ${Figure.count(Load.rateOf(open))} a second were acknowledged (processor in ${Figure.count(open.seconds)} s: ${spent})${failed(open)}.`,
    },
    {
      what: `single posts, ${workers} at once`,
      measured: `${Figure.count(Load.rateOf(closed))} posts/s`,
      value: Load.rateOf(closed),
      unit: 'posts/s',
      target: `≥ ${target.rate}/s`,
      met: Load.rateOf(closed) >= target.rate && closed.failures.length === 0,
      note: `p50 ${Figure.time(Quantile.of(closed.latencies, 0.5))}, p99 ${Figure.time(Quantile.of(closed.latencies, 0.99))}${failed(closed)}.`,
    },
  ];
}
