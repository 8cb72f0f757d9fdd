// Copyright the Islet authors. AGPL-3.0-or-later.
// A person's data go to another hub. Until the new one has shown that it has all of it, the old one is asked too, and only
// then it is told to drop what it has.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Head from '@islet/core/Head';
import type * as Hubs from '@islet/core/Hubs';
import { IsletError } from '@islet/core/IsletError';
import { streams as allStreams, isStream, type Stream } from '@islet/core/Stream';
import * as Account from './Account.js';
import * as Carrying from './Carrying.js';
import * as CarryingPapers from './CarryingPapers.js';
import * as Gateways from './Gateways.js';
import * as Http from './Http.js';
import * as Places from './Hubs.js';
import * as HubWord from './HubWord.js';
import { ARRIVED_LOOK_MS, ARRIVED_MS } from './limits.js';
import { UnderWayError } from './Moving.js';
import type { Network } from './Network.js';
import type { Keep, Person, Progress } from './Person.js';

/** What became of it. `dropped`: objects that old hubs dropped, by URL; `null` where one was away, and is to be told again. */
export type Moved = {
  hub: string;
  /** Hubs of before that still have it: all of them while both are kept. */
  before: string[];
  segments: number;
  behind: CarryingPapers.Behind;
  dropped: Record<string, Record<string, number> | null>;
};

export type Options = {
  /** Goes on to ask the old hub too, and lets it keep what it has. */
  keepOld: boolean;
  /** The old hub is gone, or withholds something: what it alone had is left behind. */
  lost: boolean;
  onProgress?: Progress;
};

/**
 * Moves a person's data to the hub at `url`. Every step may be cut short: run again, it goes on. In the order of the steps, the
 * account names both hubs; papers and sealed bytes are carried; the gateway is told to put to the new one, which it does from
 * its journal's beginning; the new hub serves all of it, as new as the old one; the account names the new hub alone, and the
 * old one drops what it has. Throws `MOVE_NO_HUB`, `MOVE_ALREADY_AT_HUB`, `MOVE_UNDER_WAY`, `MOVE_OLD_HUB_AWAY`,
 * `MOVE_HUB_INCOMPLETE`, and what does not hold of what the old hub serves.
 */
export async function go(
  installed: Network,
  person: Person,
  url: string,
  keep: Keep,
  options: Options,
): Promise<Moved> {
  const network = Gateways.of(installed, person);
  const { wallet, notes } = person;
  await network.chain.follow();
  const gateways = Account.gatewaysOf(network, wallet.account);
  // Another gateway would go on putting to the hub that is left.
  if (notes.movedFrom !== undefined || gateways.length > 1) throw new UnderWayError();
  const target = await hubAt(network, url);
  const speaker = HubWord.speakerOf(network, person);
  const { keepOld, lost, onProgress = () => {} } = options;
  const named = await speaker.named(lost);
  const old = named.filter((hub) => !HubWord.isSame(hub, target));
  const isMoving = old.length > 0 || named.length === 0;
  if (!isMoving && !notes.leftHubs?.length) throw new AlreadyThereError();
  const to = { ...Places.home(network), name: 'new hub', url };
  const moved: Moved = { hub: url, before: [], segments: 0, behind: nothing, dropped: {} };
  if (isMoving && !lost) {
    const isNamed = named.some((hub) => HubWord.isSame(hub, target));
    const olds = await servicesOf(old);
    if (!isNamed) await speaker.say([...old, target], [to, ...olds]);
    Object.assign(moved, await carryAll(network, person, speaker, { target, old, to, olds, onProgress }));
    if (keepOld) return { ...moved, before: old.map((hub) => hub.url) };
  }
  if (isMoving && lost) {
    await sayLost(speaker, target, old, [to, network.gateway], await servicesOf(old));
    await arrived(network, person, target, new Map(), onProgress);
    const behind = { grants: standing(network, person), erasures: [] };
    return { ...moved, before: old.map((hub) => hub.url), behind };
  }
  if (isMoving) {
    notes.leftHubs = old.map((hub) => ({ address: toHex(hub.address), url: hub.url }));
    await keep(person);
    await speaker.say([target], [to, network.gateway]);
  } else await speaker.repeat([to, network.gateway]);
  moved.dropped = await leave(person, speaker, servicesOf, keep);
  return { ...moved, before: (notes.leftHubs ?? []).map((hub) => hub.url) };

  async function servicesOf(hubs: readonly Hubs.Hub[]): Promise<Http.Service[]> {
    const { places = [] } = await Places.through(network, hubs);
    return places.map(({ service }) => ({ ...service, name: HubWord.oldHub }));
  }
}

const nothing: CarryingPapers.Behind = { grants: [], erasures: [] };

type Way = {
  target: Hubs.Hub;
  old: Hubs.Hub[];
  to: Http.Service;
  olds: Http.Service[];
  onProgress: Progress;
};

/** From the old hub to the new one, until the new one serves all of it. */
async function carryAll(
  network: Network,
  person: Person,
  speaker: HubWord.Speaker,
  { target, old, to, olds, onProgress }: Way,
): Promise<Pick<Moved, 'segments' | 'behind'>> {
  const { wallet, notes } = person;
  const from = named(await Places.through(network, [old[0]!]), HubWord.oldHub);
  const done = new Set<string>();
  const presentGateway = Account.gatewaysOf(network, wallet.account)[0] ?? '';
  const carrying = { from, to, wallet, streams: streamsOf(notes), presentGateway, done, onProgress };
  const behind = await HubWord.orAway(CarryingPapers.papers(from, wallet, to, onProgress));
  await HubWord.orAway(Carrying.data(carrying));
  await speaker.say([target, ...old], [to, network.gateway, ...olds]);
  // What came to the old one meanwhile: the gateway puts it anew, and this brings since when it was known.
  const heads = await HubWord.orAway(Carrying.data(carrying));
  await arrived(network, person, target, heads, onProgress);
  return { segments: done.size, behind };
}

/**
 * An old hub that still answers is named second and told so: readers of its installation learn from it where to ask, and it
 * is not told to drop what nobody has shown to be elsewhere. One that is away is named no more.
 */
async function sayLost(
  speaker: HubWord.Speaker,
  target: Hubs.Hub,
  old: Hubs.Hub[],
  to: Http.Service[],
  olds: Http.Service[],
): Promise<void> {
  await speaker.say([target, ...old], to);
  try {
    await speaker.repeat(olds);
  } catch (error) {
    if (!(error instanceof Http.UnreachableError)) throw error;
    await speaker.say([target], to);
  }
}

/** The network with another name for its hub, in what is said of it. */
const named = (network: Network, name: string): Network => ({
  ...network,
  hub: { ...network.hub, name },
  places: (network.places ?? []).map((place) => ({ ...place, service: { ...place.service, name } })),
});

/** Grants that stand on the chain, of which the sealed keys are with a hub that is gone. */
const standing = ({ chain, now }: Network, { wallet }: Person): string[] =>
  [...chain.state.grants].flatMap(([id, g]) =>
    g.patient === toHex(wallet.account) && g.revokedAt === null && g.expiresAt * 1000 > now() ? [id] : [],
  );

/** Tells hubs of before that they are left. One that is away is told when this is run again. */
async function leave(
  person: Person,
  speaker: HubWord.Speaker,
  servicesOf: (hubs: Hubs.Hub[]) => Promise<Http.Service[]>,
  keep: Keep,
): Promise<Moved['dropped']> {
  const { notes } = person;
  const dropped: Moved['dropped'] = {};
  for (const { address, url } of notes.leftHubs ?? []) {
    try {
      const [answer] = await speaker.repeat(await servicesOf([{ address: fromHex(address), url }]));
      dropped[url] = (answer?.dropped ?? {}) as Record<string, number>;
      notes.leftHubs = notes.leftHubs!.filter((hub) => hub.url !== url);
    } catch (error) {
      if (!(error instanceof Http.UnreachableError)) throw error;
      dropped[url] = null;
    }
  }
  if (notes.leftHubs?.length === 0) delete notes.leftHubs;
  await keep(person);
  return dropped;
}

/** Of which a gateway was ever given keys, and so has said what there is. */
function streamsOf(notes: Person['notes']): readonly Stream[] {
  const keyed = Object.keys(notes.keyed ?? {}).filter(isStream);
  return keyed.length > 0 ? keyed : allStreams;
}

/**
 * Waits until the new hub serves everything, by heads no older than the old one's. What it serves is checked as a reader
 * does, so a hub that lost or left out a segment is not gone to.
 */
async function arrived(
  network: Network,
  { wallet, notes }: Person,
  target: Hubs.Hub,
  heads: Carrying.Heads,
  onProgress: Progress,
): Promise<void> {
  const there = await Places.through(network, [target]);
  const until = network.now() + ARRIVED_MS;
  for (;;) {
    onProgress('checking the new hub', 0, 1);
    try {
      const missing = new Map(heads);
      for await (const parts of Carrying.all(there, wallet, streamsOf(notes)))
        for (const { head } of parts) {
          const { stream, gateway, at } = Head.parse(head).statement;
          const writer = `${stream}/${toHex(gateway)}`;
          if (at >= (missing.get(writer) ?? 0)) missing.delete(writer);
        }
      if (missing.size === 0) return onProgress('checking the new hub', 1, 1);
      if (network.now() > until) throw new IncompleteError();
    } catch (cause) {
      if (!(cause instanceof IsletError)) throw cause;
      if (cause instanceof IncompleteError) throw cause;
      // Its batches are made every two seconds; until then it has nothing to show.
      if (network.now() > until) throw new IncompleteError({ cause });
    }
    await new Promise((done) => setTimeout(done, ARRIVED_LOOK_MS));
  }
}

async function hubAt(network: Network, url: string): Promise<Hubs.Hub> {
  const address = await Places.addressOf({ ...Places.home(network), url }).catch((error) => {
    if (error instanceof IsletError) throw new NoHubError();
    throw error;
  });
  const { relays, organisations } = network.chain.state;
  // Stops: an address that answers like a hub, and that no member answers for.
  if (!organisations.get(relays.get(toHex(address)) ?? '')?.active) throw new NoHubError();
  return { address, url };
}

export class NoHubError extends IsletError {
  override readonly name = 'HubMove.NoHubError';
  constructor() {
    super(
      'MOVE_NO_HUB',
      'What answers at that address is no hub of a member. Nothing was done. Check the address.',
    );
  }
}

export class AlreadyThereError extends IsletError {
  override readonly name = 'HubMove.AlreadyThereError';
  constructor() {
    super('MOVE_ALREADY_AT_HUB', 'The data are with this hub already, and with no other. Nothing was done.');
  }
}

export class IncompleteError extends IsletError {
  override readonly name = 'HubMove.IncompleteError';
  constructor(options?: ErrorOptions) {
    super(
      'MOVE_HUB_INCOMPLETE',
      'The new hub does not serve all of it yet, so the one of before keeps what it has. Run the same command again; if it stays so, go back with --hub and the address of before.',
      options,
    );
  }
}
