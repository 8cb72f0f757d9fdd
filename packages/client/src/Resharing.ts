// Copyright the Islet authors. AGPL-3.0-or-later.
// After members replaced a custodian, what was sealed before rests on those of the old set who are left. The wallet opens
// each epoch's custodians' lock as its owner may, and deals it anew to the present set. What is anchored stays as it is.
import * as Bundle from '@islet/core/Bundle';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import { sha256 } from '@islet/core/crypto/hash';
import type { Day } from '@islet/core/Day';
import type { Epoch } from '@islet/core/Epoch';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import * as Shares from '@islet/core/Shares';
import type { Stream } from '@islet/core/Stream';
import { parseSigned } from '@islet/core/signed';
import { encodeMoreKeys, parseList } from '@islet/core/wire/Ask';
import { encodePut } from '@islet/core/wire/Put';
import { fetch, rightOfOwner, type Wanted } from './Access.js';
import * as Account from './Account.js';
import * as Http from './Http.js';
import * as Hubs from './Hubs.js';
import { RESHARED_AT_ONCE } from './limits.js';
import type { Network } from './Network.js';
import { unlock } from './Opening.js';
import type { Proven } from './Verification.js';
import type { Wallet } from './Wallet.js';

/**
 * `old`: epochs that rest on a former set of custodians; `oldest`: the first such set that was met; `firstDay`: of those
 * epochs, null where all of them are late data.
 */
export type Found = { epochs: number; old: number; oldest: number | null; firstDay: Day | null };

/** How many epochs of those days rest on former custodians. On record as a look of the owner's; opens nothing. */
export async function survey(network: Network, wallet: Wallet, wanted: Wanted): Promise<Found> {
  const { all, old } = await epochsOf(network, wallet, wanted);
  const versions = old.map((p) => p.shares.record.setVersion);
  const days = old.flatMap(({ epoch }) => (epoch.header.day === null ? [] : [epoch.header.day]));
  return { epochs: all.length, old: old.length, oldest: least(versions), firstDay: least(days) };
}

const least = (numbers: number[]): number | null =>
  numbers.length > 0 ? numbers.reduce((a, b) => Math.min(a, b)) : null;

/**
 * Deals every epoch of those days that rests on former custodians to the present ones; gives how many those were. What
 * was done before is not done again, so it can be cut short and begun anew. The new custodian must know the person:
 * `Account.enrolAgain`. Throws what `Opening.unlock` throws, `CUSTODIAN_NO_KEY`, and what custodians and hub refuse with.
 */
export async function reshare(
  network: Network,
  wallet: Wallet,
  wanted: Wanted,
  onProgress: (done: number, of: number) => void = () => {},
): Promise<number> {
  const { old, ticket } = await epochsOf(network, wallet, wanted);
  if (old.length === 0) return 0;
  // Drawn for this run alone and kept nowhere: a word on it that someone keeps names a key that nobody has.
  const dealer = await Ed25519.fromSeed(network.random(32));
  const stated = Account.statement(network, wallet, 'dealer', sha256(dealer.publicKey));
  const naming = parseSigned(Message.statement, stated);
  for (let done = 0; done < old.length; done += RESHARED_AT_ONCE) {
    const some = old.slice(done, done + RESHARED_AT_ONCE);
    const { secrets } = await unlock(network, some, ticket);
    const keys = await keysFor(network, wallet, some);
    const { custodianSetVersion: version, threshold } = network.chain.state;
    const shares = await Promise.all(
      some.map(async ({ epoch }) => {
        const set = { version, threshold, keys: keys(epoch) };
        const dealt = await Shares.create(epoch, secrets.get(toHex(epoch.hash))!, set, dealer);
        return Shares.reshared(dealt, naming).bytes;
      }),
    );
    // Wherever they may be asked for.
    const { hub, places = [{ service: hub }] } = await Hubs.at(network, wallet.account);
    const put = encodePut({ epochs: [], shares, segments: [], heads: [] });
    for (const { service } of places) await Http.post(service, '/v1/put', put);
    onProgress(done + some.length, old.length);
  }
  return old.length;
}

// Live values are opened while they are new or never, so nothing is lost with their shares.
async function epochsOf(network: Network, wallet: Wallet, wanted: Wanted) {
  const { checked, ticket } = await fetch(network, wallet, wanted, rightOfOwner(network, wallet), true);
  const proven = checked.proven.filter((p) => p.epoch.header.stream !== 'glucose/live');
  const all = [...new Map(proven.map((p) => [toHex(p.epoch.hash), p])).values()];
  const present = network.chain.state.custodianSetVersion;
  return { all, ticket, old: all.filter((p) => p.shares.record.setVersion < present) };
}

type KeysOf = (epoch: Epoch) => Uint8Array[];

/** Every present custodian's keys of those epochs' days, each signed by the key that the chain lists. */
async function keysFor(network: Network, wallet: Wallet, some: Proven[]): Promise<KeysOf> {
  const wanted = runsOf(some);
  const body = encodeMoreKeys({ account: wallet.account, wanted });
  const { custodians } = network.chain.state;
  const lists = await Promise.all(
    [...custodians.keys()]
      .sort((a, b) => a - b)
      .map(async (index) => {
        const service = network.custodians[index - 1];
        if (!service) throw new NoKeyError(index);
        const signer = fromHex(custodians.get(index)!.signingKey);
        const bundles = parseList('islet/bundles', await Http.post(service, '/v1/keys', body));
        const read = await Promise.all(bundles.map((bytes) => Bundle.parseCustodianKeys(bytes, signer)));
        // Stops: keys of a custodian that was replaced, of another one, or for another person.
        const ours = read.filter((b) => b?.custodian === index && equal(b.account, wallet.account));
        return { index, bundles: ours.flatMap((b) => b ?? []) };
      }),
  );
  return ({ header: { stream, day } }) =>
    lists.map(({ index, bundles }) => {
      for (const bundle of bundles) {
        const key = bundle.stream === stream ? Bundle.keyOf(bundle, day) : undefined;
        if (key) return key;
      }
      throw new NoKeyError(index);
    });
}

/** One run of days for each stream; for late data alone, any one day brings the late key along. */
function runsOf(some: Proven[]): { stream: Stream; firstDay: Day; days: number }[] {
  const days = new Map<Stream, Day[]>();
  for (const { epoch } of some) {
    const { stream, day } = epoch.header;
    days.set(stream, [...(days.get(stream) ?? []), ...(day === null ? [] : [day])]);
  }
  return [...days].map(([stream, list]) => {
    if (list.length === 0) return { stream, firstDay: 0, days: 1 };
    const firstDay = Math.min(...list);
    return { stream, firstDay, days: Math.max(...list) - firstDay + 1 };
  });
}

export class NoKeyError extends IsletError {
  override readonly name = 'Resharing.NoKeyError';
  constructor(index: number) {
    super(
      'CUSTODIAN_NO_KEY',
      `Custodian ${index} gave no key that its signature on chain vouches for. All custodians are needed to deal anew: try again when it answers.`,
    );
  }
}
