// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as Deployment from '@islet/chain/Deployment';
import * as Followed from '@islet/chain/Followed';
import * as Rpc from '@islet/chain/Rpc';
import type { Network } from '@islet/client/Network';
import { IsletError } from '@islet/core/IsletError';
import * as ChangeLog from '@islet/store/ChangeLog';
import * as Home from './Home.js';
import { hubsSeen } from './HubsSeen.js';
import { random } from './People.js';
import * as Services from './Services.js';

/** How long a command waits for another one that holds our view of the chain. */
const patienceMs = 30_000;

export type Connected = Network & { close(): Promise<void>; [Symbol.asyncDispose](): Promise<void> };

/** Finds the running services through the data folder and opens our own view of the chain. */
export async function connect(home: Home.Home, services?: Services.Services): Promise<Connected> {
  let close = async (): Promise<void> => {};
  return open(
    home,
    services,
    async (keep, replay) => {
      const log = await openWhenFree(home, keep, replay);
      close = () => log.close();
      return log;
    },
    () => close(),
  );
}

/**
 * The same for a command that goes on for hours: it begins with the view that is kept and gives it back, so that other
 * commands can be run meanwhile. What it learns it does not keep; within its own life its view never moves back.
 */
export const connectBeside = (home: Home.Home): Promise<Connected> =>
  open(
    home,
    undefined,
    async (keep, replay) => {
      const log = await openWhenFree(home, keep, replay);
      let mark = await log.load();
      await log.close();
      return {
        load: async () => mark,
        save: async (next) => {
          mark = next;
        },
      };
    },
    async () => {},
  );

async function open(
  home: Home.Home,
  services: Services.Services | undefined,
  openLog: Followed.Options['openLog'],
  close: () => Promise<void>,
): Promise<Connected> {
  const found = services ?? (await Services.find(home));
  const deployment = Deployment.parse(await readFile(Home.deployment(home), 'utf8'));
  const chain = await Followed.open({
    rpc: Rpc.connect(found.ledger),
    deployment,
    validators: await Home.validators(home),
    now: Date.now,
    openLog,
  });
  return {
    deployment,
    chain,
    hub: { name: 'hub', url: found.hub },
    custodians: found.custodians.map((url, i) => ({ name: `custodian ${i + 1}`, url })),
    gateway: { name: 'gateway', url: found.gateway },
    hubsSeen: hubsSeen(home),
    now: Date.now,
    random,
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Mark = { number: number; hash: `0x${string}` };

async function openWhenFree<Change, Kept>(
  home: Home.Home,
  keep: (c: Change) => Kept,
  replay: (k: Kept) => void,
) {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      return await ChangeLog.open<Mark, Change, Kept>(join(home.root, 'view'), keep, replay);
    } catch (error) {
      const busy = error instanceof IsletError && error.code === 'FOLDER_LOCKED';
      if (!busy || Date.now() > until) throw error;
      await sleep(50);
    }
  }
}
