// Copyright the Islet authors. AGPL-3.0-or-later.
// What several measures need, each made once, when first asked for.

import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import * as Granting from '@islet/client/Granting';
import * as Day from '@islet/core/Day';
import * as Cleanup from './Cleanup.mjs';
import * as Importers from './Importers.mjs';
import * as IsletChild from './IsletChild.mjs';
import * as Processes from './Processes.mjs';
import * as Uploaders from './Uploaders.mjs';

const dayMs = 86_400_000;

export function open({ quick, people, say }) {
  const days = quick ? 60 : 365;

  const islet = once(async () => {
    say('starting Islet');
    const started = await IsletChild.start();
    return { ...started, idle: Processes.memory(started) };
  });

  const network = once(async () => {
    const home = Home.at((await islet()).folder);
    const connected = await connect(home);
    Cleanup.onEnd(() => connected.close());
    return { home, network: connected };
  });

  const lives = once(async () => Importers.lives(quick ? ['anna'] : ['anna', 'boris'], days));

  /** Whole lives imported. */
  const bulk = once(async () => {
    const list = await lives();
    const parts = { ...(await network()), islet: await islet() };
    say(`importing ${days} days of ${list.map(({ name }) => name).join(' and ')}`);
    return { days, ...(await Importers.run(parts, list)) };
  });

  /** People whose uploaders post now. */
  const live = once(async () => {
    const parts = { ...(await network()), gateway: (await islet()).gateway };
    say(`making ${people} people with an uploader each`);
    return Uploaders.make(parts, people);
  });

  /** The clinic, and grants to it by the first who imported. */
  const clinic = once(async () => {
    const parts = await network();
    const { wallet } = (await bulk()).persons[0];
    const reader = (await People.need(parts.home, 'clinic')).wallet;
    const lastDay = Day.of(Date.now(), 0) - 1;
    const grant = (count) =>
      Granting.grant(parts.network, wallet, {
        reader: reader.account,
        streams: ['glucose/raw', 'glucose/day'],
        firstDay: lastDay - count + 1,
        lastDay,
        notBefore: Date.now() - 60_000,
        expiresAt: Date.now() + dayMs,
        purpose: 'treatment',
        maxUses: 0,
      });
    const patient = { account: wallet.account, dayOffsetMinutes: 0 };
    return { network: parts.network, wallet, reader, patient, grant, lastDay };
  });

  /** Ends Islet, where it runs, so that what comes next has the machine to itself. */
  const stop = once(async () => {
    if (!islet.made) return;
    say('stopping Islet');
    if (network.made) await (await network()).network.close();
    await (await islet()).stop();
  });

  return { quick, people, say, islet, network, lives, bulk, live, clinic, stop, results: {} };
}

function once(make) {
  const get = () => {
    get.made ??= make();
    return get.made;
  };
  return get;
}
