// Copyright the Islet authors. AGPL-3.0-or-later.
// Emergency looks at a person, told to them and to their guardians from the chain alone: no service can keep one back.
import type { View } from '@islet/chain/View';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Guarding from './Guarding.js';
import type { Network } from './Network.js';
import type { Person } from './Person.js';

/**
 * An emergency look, as everyone who follows the chain can know of it. The stated reason is not here: it is sealed to the
 * person it is about, and to nobody else.
 */
export type Alarm = {
  requestId: string;
  /** Whose data. */
  patient: string;
  reader: string;
  /** Who vouches for the reader or did, hex; null: nobody ever did. */
  organisation: string | null;
  /** UTC ms of the block. */
  at: number;
  /** So many times this reader had opened this person's data in an emergency, this time counted. */
  count: number;
};

/** Oneself, and those whose guardian one is now: who was dismissed is not told any more. */
export function watched({ chain }: Pick<Network, 'chain'>, person: Person): string[] {
  const charges = Object.keys(person.notes.charges ?? {});
  const mine = charges.filter((id) => Guarding.isGuardian(chain.state, person, fromHex(id)));
  return [toHex(person.wallet.account), ...mine];
}

/** The emergencies of those after one that was told before, by its request id; all where none was. Oldest first. */
export function alarms(view: View, accounts: readonly string[], told: string | undefined): Alarm[] {
  const all = [...view.emergencies];
  const begin = told === undefined ? 0 : all.findIndex(([id]) => id === told) + 1;
  return all.slice(begin).flatMap(([requestId, { patient, reader, at }], i) =>
    accounts.includes(patient)
      ? {
          ...{ requestId, patient, reader, at },
          organisation: view.vouches.get(reader)?.org ?? null,
          count: all
            .slice(0, begin + i + 1)
            .filter(([, before]) => before.patient === patient && before.reader === reader).length,
        }
      : [],
  );
}

/** The newest emergency of all: whatever comes after it is news. */
export const newest = (view: View): string | undefined => [...view.emergencies.keys()].at(-1);

export type News = { kind: 'alarm'; alarm: Alarm } | { kind: 'away'; code: string };

export type Options = {
  /** The last one that was told; none: begins with the first there ever was. */
  told?: string | undefined;
  /** Between two looks at the chain, ms. */
  everyMs: number;
  signal: AbortSignal;
};

/** What happens, as it happens, until `signal` ends it. Where the chain cannot be followed, that is said, and tried on. */
export async function* watch(network: Network, person: Person, options: Options): AsyncGenerator<News> {
  let { told } = options;
  while (!options.signal.aborted) {
    try {
      // A chain that stands still is silence that means nothing.
      await network.chain.freshHead();
    } catch (error) {
      if (!(error instanceof IsletError)) throw error;
      yield { kind: 'away', code: error.code };
      await pause(options);
      continue;
    }
    const { state } = network.chain;
    for (const alarm of alarms(state, watched(network, person), told)) yield { kind: 'alarm', alarm };
    told = newest(state) ?? told;
    await pause(options);
  }
}

const pause = ({ everyMs, signal }: Options): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, everyMs);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
