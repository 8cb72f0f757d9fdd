// Copyright the Islet authors. AGPL-3.0-or-later.
import { setTimeout as sleep } from 'node:timers/promises';
import * as People from '@islet/cli/People';
import { provision } from '@islet/cli/Provision';
import * as Follow from '@islet/client/Follow';
import * as Granting from '@islet/client/Granting';
import * as Held from '@islet/client/Held';
import * as Day from '@islet/core/Day';
import * as Figure from '../Figure.mjs';
import * as Quantile from '../Quantile.mjs';
import * as Uploader from '../Uploader.mjs';

const target = 1_000;
const everyMs = 1_000;
/** The gateway seals live values once it has seen the grant; it looks once a second. */
const patienceMs = 30_000;
const dayMs = 86_400_000;

/** From the sending of a reading to its verified value in the hands of a reader who follows `glucose/live`. */
export async function measure(scene) {
  const { home, network } = await scene.network();
  const person = await provision(home, network, 'followed', 'patient');
  const reader = (await People.need(home, 'clinic')).wallet;
  const { wallet, notes } = person;
  const { dayOffsetMinutes = 0 } = notes;
  const today = Day.of(Date.now(), dayOffsetMinutes);
  const terms = {
    streams: ['glucose/live'],
    firstDay: today,
    lastDay: today + 30,
    purpose: 'care-giving',
    maxUses: 0,
  };
  const times = { notBefore: Date.now() - 60_000, expiresAt: Date.now() + dayMs };
  await Granting.grant(network, wallet, { reader: reader.account, ...terms, ...times });
  const [held] = await Held.from(network, reader, wallet.account);
  const stop = new AbortController();
  const shown = new Map();
  let anchored = 0;
  let failed;
  const options = { streams: ['glucose/live'], dayOffsetMinutes, signal: stop.signal };
  const following = (async () => {
    for await (const update of Follow.granted(network, reader, held, options)) {
      if (update.kind === 'value') shown.set(update.reading.at, performance.now());
      if (update.kind === 'anchored') anchored++;
    }
  })().catch((error) => {
    failed = error;
  });
  const uploader = Uploader.open((await scene.islet()).gateway);
  const secret = notes.devices.find((d) => d.may === 'write').secret;
  const post = async () => {
    const at = Date.now();
    const began = performance.now();
    await uploader.post(secret, at);
    return { at, began };
  };
  scene.say('following live values');
  for (const until = Date.now() + patienceMs; shown.size === 0 && Date.now() < until && !failed; ) {
    await post();
    await sleep(everyMs);
  }
  if (failed || shown.size === 0) throw failed ?? new Error('no live value was shown');
  const posted = [];
  for (let i = 0; i < (scene.quick ? 10 : 60); i++) {
    posted.push(await post());
    await sleep(everyMs);
  }
  await sleep(5_000);
  stop.abort();
  await following;
  const took = posted.flatMap(({ at, began }) => (shown.has(at) ? [shown.get(at) - began] : []));
  const p95 = Quantile.of(took, 0.95);
  const lost = posted.length - took.length;
  return [
    {
      what: 'posted → shown to a live follower',
      measured: `p95 ${Figure.time(p95)}, p50 ${Figure.time(Quantile.of(took, 0.5))}`,
      value: p95,
      unit: 'ms',
      target: `p95 ≤ ${Figure.time(target)}`,
      met: p95 <= target && lost === 0,
      note: `${posted.length} values, one a second, ${lost} never shown; verified and opened in the reader; the slowest took ${Figure.time(Math.max(...took))}. Receipts came in ${anchored} messages after.`,
    },
  ];
}
