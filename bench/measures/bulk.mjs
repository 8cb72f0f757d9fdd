// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Figure from '../Figure.mjs';
import * as Processes from '../Processes.mjs';

const target = 10_000;

/** Imports of whole years, as `islet import` does them: timed while posts are sealed and acknowledged. */
export async function measure(scene) {
  const { readings, sealing, whole, persons, days, stages, spent } = await scene.bulk();
  const rate = readings / sealing;
  const parts = Object.entries(stages)
    .map(([stage, seconds]) => `${stage} ${Figure.count(seconds)} s`)
    .join(', ');
  return [
    {
      what: 'bulk ingest, sealed and durable',
      measured: `${Figure.count(rate)} readings/s`,
      value: rate,
      unit: 'readings/s',
      target: `≥ ${Figure.count(target)}/s`,
      met: rate >= target,
      note: `${Figure.count(readings)} readings of ${persons.length} × ${days} days, all kinds, ${Figure.count(sealing)} s until the last was acknowledged (processor: ${Processes.spent(spent.before, spent.after, sealing)}). The whole import took ${Figure.count(whole)} s: ${parts}.`,
    },
    {
      what: 'the same, keys made first and receipts last',
      measured: `${Figure.count(readings / whole)} readings/s`,
      value: readings / whole,
      unit: 'readings/s',
      met: null,
    },
  ];
}
