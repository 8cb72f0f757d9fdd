// Copyright the Islet authors. AGPL-3.0-or-later.

import * as People from '@islet/cli/People';
import { provision } from '@islet/cli/Provision';
import { keyDays } from '@islet/client/Horizon';
import * as Day from '@islet/core/Day';
import * as Uploader from './Uploader.mjs';

const streams = ['glucose/raw', 'glucose/hour', 'glucose/day'];
/** Days that a live person needs keys for: readings go back some hours, and a bench may run over midnight. */
const days = { before: 2, all: 4 };

/** So many people, each with one uploader. `post` sends one new reading and resolves when it is acknowledged. */
export async function make({ home, network, gateway }, count) {
  const firstDay = Day.of(Date.now(), 0) - days.before;
  const runs = streams.map((stream) => ({ stream, firstDay, days: days.all }));
  const secrets = [];
  for (let i = 1; i <= count; i++) {
    const { notes } = await patiently(() => one(home, network, `live-${i}`, runs));
    secrets.push(notes.devices.find((d) => d.may === 'write').secret);
  }
  const uploader = Uploader.open(gateway);
  // Back in time by a second each: no two readings of one device are of one moment.
  const startedAt = Math.floor(Date.now() / 1_000) * 1_000;
  const posted = new Map();
  const post = (secret) => {
    const n = (posted.get(secret) ?? 0) + 1;
    posted.set(secret, n);
    return uploader.post(secret, startedAt - n * 1_000);
  };
  // The first post of a person opens an epoch and asks the custodians for keys: once a day, not once a reading.
  for (const secret of secrets) await post(secret);
  return { secrets, post, status: uploader.status };
}

async function one(home, network, name, runs) {
  const ready = await provision(home, network, name, 'patient');
  await keyDays(network, ready, runs, People.keeper(home));
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
