// Copyright the Islet authors. AGPL-3.0-or-later.
// What several measures need, each made once, when first asked for.
import * as Granting from '@islet/client/Granting';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import { send } from '@islet/cli/Importing';
import * as People from '@islet/cli/People';
import { keyDays, provision } from '@islet/cli/Provision';
import * as Day from '@islet/core/Day';
import * as Person from '@islet/sim/Person';
import * as Cleanup from './Cleanup.mjs';
import * as IsletChild from './IsletChild.mjs';
import * as Memory from './Memory.mjs';
import * as Uploader from './Uploader.mjs';

const dayMs = 86_400_000;
/** Days that a live person needs keys for: a bench may run over midnight. */
const liveDays = { before: 2, days: 4 };

export function open({ quick, people, say }) {
  const today = Day.of(Date.now(), 0);
  const importers = quick ? ['anna'] : ['anna', 'boris'];
  const importedDays = quick ? 60 : 365;

  const islet = once(async () => {
    say('starting Islet');
    const started = await IsletChild.start();
    return { ...started, idle: await Memory.ofServices(started.folder, started.pid) };
  });

  const network = once(async () => {
    const home = Home.at((await islet()).folder);
    const connected = await connect(home);
    Cleanup.onEnd(() => connected.close());
    return { home, network: connected };
  });

  /** Whose readings are imported: the days before today, all kinds. */
  const lives = once(async () =>
    importers.map((name) => {
      const firstAt = (Date.now() - (Date.now() % dayMs)) - importedDays * dayMs;
      const readings = Person.days(`bench/${name}`, { firstAt, days: importedDays, zone: 'UTC' });
      return { name, readings: readings.filter((r) => r.at < firstAt + importedDays * dayMs) };
    }),
  );

  /** Imports them as `islet import` does. Times in seconds. */
  const bulk = once(async () => {
    const { home, network: net } = await network();
    const list = await lives();
    const persons = [];
    for (const { name } of list) persons.push(await provision(home, net, name, 'patient'));
    const readings = list.reduce((n, l) => n + l.readings.length, 0);
    say(`importing ${readings} readings of ${list.length}`);
    const stages = new Map();
    const began = performance.now();
    let next = 0;
    // One after the other, so that the time of sealing is of sealing alone.
    for (const [i, person] of persons.entries()) {
      let label = '';
      let since = performance.now();
      const note = (what) => {
        const now = performance.now();
        stages.set(label, (stages.get(label) ?? 0) + (now - since) / 1_000);
        [label, since] = [what, now];
      };
      // A stage's last word says that it is done: what follows belongs to the next.
      const following = { 'making keys': 'sealing', sealing: 'noting', 'closing days': 'anchoring' };
      const progress = (what, done, of) => {
        note(done >= of ? (following[what] ?? what) : what);
      };
      note('making keys');
      const sent = await send(home, net, person, list[i].readings, progress);
      note('');
      next += sent.accepted;
    }
    if (next !== readings) throw new Error(`${readings} readings were sent and ${next} accepted`);
    const whole = (performance.now() - began) / 1_000;
    return { persons, readings, days: importedDays, stages, sealing: stages.get('sealing'), whole };
  });

  /** People whose uploaders post now. */
  const live = once(async () => {
    const { home, network: net } = await network();
    const { gateway } = await islet();
    say(`making ${people} people with an uploader each`);
    const streams = ['glucose/raw', 'glucose/hour', 'glucose/day'];
    const runs = streams.map((stream) => ({ stream, firstDay: today - liveDays.before, days: liveDays.days }));
    const secrets = [];
    for (let i = 1; i <= people; i++) {
      const person = await patiently(() => uploader(home, net, `live-${i}`, runs));
      secrets.push(person.notes.devices.find((d) => d.may === 'write').secret);
    }
    // Every reading of its own second, of the last hours: one device sends no two of one moment.
    const startedAt = Math.floor(Date.now() / 1_000) * 1_000;
    const posted = new Map();
    const momentOf = (secret) => {
      const n = (posted.get(secret) ?? 0) + 1;
      posted.set(secret, n);
      return startedAt - n * 1_000;
    };
    const { post: send, status } = Uploader.open(gateway);
    const post = (secret) => send(secret, momentOf(secret));
    // The first post of a person opens an epoch and asks the custodians for keys: once a day, not once a reading.
    for (const secret of secrets) await post(secret);
    return { secrets, post, status };
  });

  /** What a reader sees of the first importer. */
  const clinic = once(async () => {
    const { home, network: net } = await network();
    const { persons } = await bulk();
    const reader = await People.need(home, 'clinic');
    const wallet = persons[0].wallet;
    const grant = (days, streams = ['glucose/raw', 'glucose/day']) =>
      Granting.grant(net, wallet, {
        reader: reader.wallet.account,
        streams,
        firstDay: today - days,
        lastDay: today - 1,
        notBefore: Date.now() - 60_000,
        expiresAt: Date.now() + dayMs,
        purpose: 'treatment',
        maxUses: 0,
      });
    const patient = { account: wallet.account, dayOffsetMinutes: 0 };
    return { network: net, wallet, reader: reader.wallet, patient, grant, lastDay: today - 1 };
  });

  /** Ends Islet, where it runs, so that what comes next has the machine to itself. */
  const stop = async () => {
    if (!islet.made) return;
    say('stopping Islet');
    const started = await islet();
    if (network.made) await (await network()).network.close();
    await started.stop();
  };

  return { quick, people, say, today, islet, network, lives, bulk, live, clinic, stop, results: {} };
}

/** A person with an account, custodians and an uploader, and keys for these days alone. */
async function uploader(home, network, name, runs) {
  const person = await People.findOrCreate(home, name, 'patient');
  // Without it, keys for more than a year of live data would be made.
  person.notes.keyed ??= {};
  await People.remember(home, person);
  const ready = await provision(home, network, name, 'patient');
  await keyDays(home, network, ready, runs);
  return ready;
}

/** The relay takes so many messages a second; whoever makes many people waits. */
async function patiently(work) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error.status !== 429) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

function once(make) {
  const get = () => {
    get.made ??= make();
    return get.made;
  };
  return get;
}
