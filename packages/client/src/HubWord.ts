// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Hubs from '@islet/core/Hubs';
import { IsletError } from '@islet/core/IsletError';
import * as Account from './Account.js';
import * as Http from './Http.js';
import * as Places from './Hubs.js';
import type { Network } from './Network.js';
import type { Person } from './Person.js';

/** What a hub that is being left is called. */
export const oldHub = 'old hub';

/** The account's word: what it is now, and how a newer one is said, to each in turn. */
export type Speaker = {
  /** Where it says that its data are. `lost`: none, where only a hub that is away could tell. */
  named(lost: boolean): Promise<Hubs.Hub[]>;
  say(hubs: Hubs.Hub[], to: Http.Service[]): Promise<void>;
  /** The newest word again. */
  repeat(to: Http.Service[]): Promise<Record<string, unknown>[]>;
};

export function speakerOf(network: Network, { wallet }: Person): Speaker {
  const { account } = wallet;
  const tell = async (word: Uint8Array, to: Http.Service[]): Promise<Record<string, unknown>[]> => {
    const answers: Record<string, unknown>[] = [];
    for (const service of to)
      answers.push(Http.json(await Http.put(service, '/v1/hubs', word), service.name));
    return answers;
  };
  return {
    async named(lost) {
      const word = await Places.wordOf(network, account);
      if (word) return word.hubs;
      const home = Places.home(network);
      const address = await Places.addressOf(home).catch(() => undefined);
      if (!address && lost) return [];
      if (!address) throw new OldAwayError();
      return [{ address, url: home.url }];
    },
    async say(hubs, to) {
      const before = await Places.wordOf(network, account);
      const isSaid = before?.isNow && isSameList(before.hubs, hubs);
      const at = Math.max(network.now(), (before?.version ?? 0) + 1);
      const document = Hubs.encodeHubs({ account, hubs });
      const word = isSaid
        ? before.bytes
        : Account.state({ ...network, now: () => at }, wallet, 'hubs', document);
      await orAway(tell(word, to));
      await network.hubsSeen?.write(toHex(account), word);
    },
    async repeat(to) {
      const word = await Places.wordOf(network, account);
      return word ? tell(word.bytes, to) : [];
    },
  };
}

export const isSame = (a: Hubs.Hub, b: Hubs.Hub): boolean => equal(a.address, b.address);
const isSameList = (a: readonly Hubs.Hub[], b: readonly Hubs.Hub[]): boolean =>
  a.length === b.length && a.every((hub, i) => isSame(hub, b[i]!) && hub.url === b[i]!.url);

/** What fails since the old hub is away is said so: there is a way on without it. */
export async function orAway<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Http.UnreachableError && error.message.includes(oldHub)) throw new OldAwayError();
    throw error;
  }
}

export class OldAwayError extends IsletError {
  override readonly name = 'HubWord.OldAwayError';
  constructor() {
    super(
      'MOVE_OLD_HUB_AWAY',
      'The hub of before does not answer. Run this again when it does. If it is gone for good: --lost goes on with what your gateway has, and without what that hub alone had.',
    );
  }
}
