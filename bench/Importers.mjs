// Copyright the Islet authors. AGPL-3.0-or-later.
import { send } from '@islet/cli/Importing';
import { provision } from '@islet/cli/Provision';
import * as Person from '@islet/sim/Person';
import * as Processes from './Processes.mjs';

const dayMs = 86_400_000;

/** The readings of these people in the days before today, of all kinds. The same at every call of one day. */
export function lives(names, days) {
  const firstAt = Math.floor(Date.now() / dayMs) * dayMs - days * dayMs;
  return names.map((name) => {
    const readings = Person.days(`bench/${name}`, { firstAt, days, zone: 'UTC' });
    // The sensor's clock is a second off now and then: what falls into today or before the first day is left out.
    return { name, readings: readings.filter((r) => r.at >= firstAt && r.at < firstAt + days * dayMs) };
  });
}

/**
 * Imports them as `islet import` does, one person after the other, so that the time of sealing is of sealing alone.
 * `stages` are seconds, `sealing` those until the last reading was acknowledged; `spent` is what processors did meanwhile.
 */
export async function run({ home, network, islet }, list) {
  const persons = [];
  for (const { name } of list) persons.push(await provision(home, network, name, 'patient'));
  const spent = { before: {}, after: {} };
  const mark = (when) => {
    for (const [name, used] of Object.entries(Processes.processor(islet)))
      spent[when][name] = (spent[when][name] ?? 0) + used;
  };
  const stages = {};
  let accepted = 0;
  for (const [i, { readings }] of list.entries()) {
    const watch = stopwatch(stages, mark);
    accepted += (await send(home, network, persons[i], readings, watch.progress)).accepted;
    watch.stop();
  }
  const readings = list.reduce((n, life) => n + life.readings.length, 0);
  if (accepted !== readings) throw new Error(`${readings} readings were sent and ${accepted} accepted`);
  const whole = Object.values(stages).reduce((sum, seconds) => sum + seconds, 0);
  return { persons, readings, stages, spent, sealing: stages.sealing, whole };
}

/** A stage's last word says that it is done: what follows belongs to the next. */
const following = { 'making keys': 'sealing', sealing: 'noting', 'closing days': 'anchoring' };

function stopwatch(stages, mark) {
  let stage = 'making keys';
  let since = performance.now();
  const enter = (next) => {
    const now = performance.now();
    stages[stage] = (stages[stage] ?? 0) + (now - since) / 1_000;
    if (next !== stage && next === 'sealing') mark('before');
    if (next !== stage && stage === 'sealing') mark('after');
    [stage, since] = [next, now];
  };
  return {
    progress: (what, done, of) => enter(done >= of ? (following[what] ?? what) : what),
    stop: () => enter('done'),
  };
}
