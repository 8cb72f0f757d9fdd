// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Home from '@islet/cli/Home';
import * as Access from '@islet/client/Access';
import * as Export from '@islet/client/Export';
import * as Day from '@islet/core/Day';
import { streams } from '@islet/core/Stream';
import * as Figure from '../Figure.mjs';
import * as Processes from '../Processes.mjs';

const target = 2_000;

/** What `islet verify` and `islet verify FILE --chain` do with all of one person: a patient-year, unless quick. */
export async function measure(scene) {
  const { persons, days } = await scene.bulk();
  const { home, network } = await scene.network();
  const islet = await scene.islet();
  const name = days >= 365 ? 'one patient-year' : `${days} patient-days`;
  const everything = { streams: [...streams], firstDay: Day.first, lastDay: Day.last };
  scene.say(`verifying ${name}`);
  const before = Processes.processor(islet);
  const began = performance.now();
  const opened = await Access.own(network, persons[0].wallet, everything);
  const online = performance.now() - began;
  const spent = Processes.spent(before, Processes.processor(islet), online / 1_000);
  const file = Export.build(network, await Home.validators(home), opened);
  scene.say(`verifying an export of ${name}`);
  const offlineBegan = performance.now();
  const checked = await Export.verify(file.text, { chainUrl: islet.chain, now: Date.now });
  const offline = performance.now() - offlineBegan;
  return [
    {
      what: `verify ${name}, from what is stored`,
      measured: Figure.time(online),
      value: online,
      unit: 'ms',
      target: `≤ ${Figure.time(target)}`,
      met: online <= target,
      note: `${opened.verified.segments} segments of all streams fetched, released by custodians, opened and checked (processor: ${spent}).`,
    },
    {
      what: `verify ${name}, from an export`,
      measured: Figure.time(offline),
      value: offline,
      unit: 'ms',
      target: `≤ ${Figure.time(target)}`,
      met: offline <= target,
      note: `${Figure.count(checked.readings)} readings in ${checked.segments} segments, ${Figure.megabytes(file.text.length)} of text; opened again from their sealed bytes and compared, receipts checked against the chain.`,
    },
  ];
}
