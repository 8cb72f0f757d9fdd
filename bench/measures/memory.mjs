// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Figure from '../Figure.mjs';
import * as Processes from '../Processes.mjs';

const target = 512 * 1_048_576;
const people = 1_000;
const ofChain = ['ledger', 'executor'];

/** Resident memory of all services after what ran before, beside a fresh start. */
export async function measure(scene) {
  const islet = await scene.islet();
  const known = (scene.live.made ? scene.people : 0) + (scene.bulk.made ? (await scene.lives()).length : 0);
  const after = Processes.memory(islet);
  const total = aboveChain(after, 'now');
  const told = Object.entries(after).map(([name, { now }]) => `${name} ${Figure.count(now / 1_048_576)}`);
  const enough = known >= people;
  return [
    {
      what: `memory above the chain's, ${Figure.count(known)} people`,
      measured: Figure.megabytes(total),
      value: total,
      unit: 'bytes',
      baseline: `${Figure.megabytes(aboveChain(islet.idle, 'now'))} just started`,
      target: `≤ ${Figure.megabytes(target)} for ${Figure.count(people)}`,
      // Too much for few is too much for many; little for few says nothing of many.
      met: total > target ? false : enough ? true : null,
      note: `Resident, after all that ran before, in MiB: ${told.join(', ')}; at most ${Figure.count(aboveChain(after, 'most') / 1_048_576)} above the chain's, each at its own worst moment. Pages that processes share count for each; shared out among them it is ${Figure.count(aboveChain(after, 'fair') / 1_048_576)}.${enough ? '' : ` For ${Figure.count(known)} people, not ${Figure.count(people)}: see --people.`}`,
    },
  ];
}

const aboveChain = (services, when) =>
  Object.entries(services).reduce(
    (sum, [name, memory]) => sum + (ofChain.includes(name) ? 0 : memory[when]),
    0,
  );
