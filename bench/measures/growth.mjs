// Copyright the Islet authors. AGPL-3.0-or-later.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as Figure from '../Figure.mjs';
import * as Folder from '../Folder.mjs';
import * as Load from '../Load.mjs';

const targets = [
  { patients: 1_000, bytes: 15_000 },
  { patients: 20_000, bytes: 1_000 },
];
const daySeconds = 86_400;
/** Enough that every batch has something to hold, as with a thousand people's readings each five minutes. */
const rate = 5;

/**
 * What the chain keeps for ever: bytes of its journal while batches are anchored at their own pace. From 600 people on,
 * one posts every half second, so that batches are as dense as their delay allows and more people share the same ones.
 */
export async function measure(scene) {
  const { secrets, post } = await scene.live();
  const { folder } = await scene.islet();
  const { network } = await scene.network();
  const ledger = join(folder, 'ledger');
  const seconds = scene.quick ? 8 : 30;
  const look = async () => {
    await network.chain.follow();
    const { size } = await stat(join(ledger, 'blocks.journal'));
    const batches = [...network.chain.state.batches.values()].reduce((a, b) => a + b, 0);
    return { at: performance.now(), bytes: size, batches, folder: await Folder.size(ledger) };
  };
  scene.say(`chain growth, ${seconds} s`);
  const load = Load.open({ rate, seconds: seconds + 4, send: (n) => post(secrets[n % secrets.length]) });
  await sleep(3_000);
  // From batch to batch, so that no part of one is counted.
  const from = await nextBatch(look);
  await sleep(Math.max(0, from.at + (seconds - 6) * 1_000 - performance.now()));
  const to = await nextBatch(look);
  await load;
  const batches = to.batches - from.batches;
  const bytes = (to.bytes - from.bytes) / batches;
  const every = (to.at - from.at) / 1_000 / batches;
  const perDay = (daySeconds / every) * bytes;
  return targets.map(({ patients, bytes: target }, i) => ({
    what: `chain per patient-day at ${Figure.count(patients)} patients`,
    measured: `${Figure.kilobytes(perDay / patients)} (computed)`,
    value: perDay / patients,
    unit: 'bytes',
    target: `< ${Figure.kilobytes(target)}`,
    met: perDay / patients < target,
    note:
      i === 0
        ? `Measured: ${Figure.count(bytes)} bytes of journal a batch and a batch every ${Figure.count(every)} s, over ${batches} batches. Computed: ${daySeconds} s / ${Figure.count(every)} s × ${Figure.count(bytes)} bytes / patients. Registrations, grants and requests come on top; snapshots and the executor's own files are replaced, not added to (the whole folder grew by ${Figure.kilobytes(to.folder - from.folder)} meanwhile).`
        : undefined,
  }));
}

async function nextBatch(look) {
  const { batches } = await look();
  for (;;) {
    const now = await look();
    if (now.batches > batches) return now;
    await sleep(20);
  }
}
