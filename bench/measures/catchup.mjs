// Copyright the Islet authors. AGPL-3.0-or-later.
import * as People from '@islet/cli/People';
import { provision } from '@islet/cli/Provision';
import { keyDays } from '@islet/client/Horizon';
import * as Day from '@islet/core/Day';
import * as Figure from '../Figure.mjs';
import * as Load from '../Load.mjs';
import * as Quantile from '../Quantile.mjs';
import * as Uploader from '../Uploader.mjs';

/** "Minutes", as we read it, and what live posts may take meanwhile. */
const target = { seconds: 300, ms: 1_000 };
/** Live posts a second that go on: the sensors of 6,000 people. */
const rate = 20;
const inOnePost = 1_000;
/** Between two of the queued records: 200,000 of them reach back seventy days. */
const apartMs = 30_000;

/** A device that was away for weeks sends its queue through the Nightscout API while others post as ever. */
export async function measure(scene) {
  const { secrets, post } = await scene.live();
  const total = scene.quick ? 10_000 : 200_000;
  const secret = await newcomer(scene, Math.ceil((total * apartMs) / 86_400_000) + 2);
  const uploader = Uploader.open((await scene.islet()).gateway);
  const send = (n) => post(secrets[n % secrets.length]);
  const calm = await Load.open({ rate, seconds: scene.quick ? 3 : 15, send });
  scene.say(`${Figure.count(total)} queued records, live posts beside them`);
  const until = Date.now() - 60_000;
  const began = performance.now();
  let caughtUp;
  const queue = (async () => {
    for (let from = 0; from < total; from += inOnePost)
      await uploader.postMany(secret, until - (total - from) * apartMs, inOnePost, apartMs);
    caughtUp = (performance.now() - began) / 1_000;
  })();
  const live = { latencies: [], failures: [] };
  while (caughtUp === undefined) {
    const some = await Load.open({ rate, seconds: 2, send });
    live.latencies.push(...some.latencies);
    live.failures.push(...some.failures);
  }
  await queue;
  const p99 = Quantile.of(live.latencies, 0.99);
  return [
    {
      what: `catch-up of ${Figure.count(total)} queued records`,
      measured: `${Figure.time(caughtUp * 1_000)}, ${Figure.count(total / caughtUp)} records/s`,
      value: caughtUp,
      unit: 's',
      target: `≤ ${target.seconds / 60} min`,
      met: caughtUp <= target.seconds,
      note: `Nightscout entries in lists of ${Figure.count(inOnePost)}, one after the other, until the last was acknowledged.`,
    },
    {
      what: 'ack of a live post meanwhile',
      measured: `p99 ${Figure.time(p99)}, p50 ${Figure.time(Quantile.of(live.latencies, 0.5))}`,
      value: p99,
      unit: 'ms',
      baseline: `p99 ${Figure.time(Quantile.of(calm.latencies, 0.99))} without it`,
      target: `p99 ≤ ${Figure.time(target.ms)}`,
      met: p99 <= target.ms && live.failures.length === 0,
      note: `${live.latencies.length} posts of ${secrets.length} people, ${rate} a second${live.failures.length > 0 ? `; ${live.failures.length} failed, first: ${live.failures[0]}` : ''}.`,
    },
  ];
}

async function newcomer(scene, days) {
  const { home, network } = await scene.network();
  const person = await provision(home, network, 'catch-up', 'patient');
  const firstDay = Day.of(Date.now(), 0) - days;
  const runs = ['glucose/raw', 'glucose/hour', 'glucose/day'].map((stream) => ({
    stream,
    firstDay,
    days: days + 2,
  }));
  await keyDays(network, person, runs, People.keeper(home), () => {});
  return person.notes.devices.find((d) => d.may === 'write').secret;
}
