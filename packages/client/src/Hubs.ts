// Copyright the Islet authors. AGPL-3.0-or-later.
// Where a person's data are: with the hub of the installation, unless the person said otherwise.
import { hereOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Hubs from '@islet/core/Hubs';
import { IsletError } from '@islet/core/IsletError';
import * as Stated from '@islet/core/wire/Stated';
import * as Http from './Http.js';
import { AHEAD_MS, HUBS_ASKED, WORD_MS } from './limits.js';
import type { Network } from './Network.js';

/** What a reader remembers of where people said that their data are, by account: no hub can talk it out of a newer word. */
export type Seen = {
  read(account: string): Promise<Uint8Array | undefined>;
  write(account: string, word: Uint8Array): Promise<void>;
};

/** A hub to ask, and the address under which all that it proves must be anchored. */
export type Place = { address: Uint8Array; service: Http.Service };

/** An account's word on its hubs. `isNow`: by someone who speaks for the account still. */
export type Word = { hubs: Hubs.Hub[]; version: number; bytes: Uint8Array; isNow: boolean };

/**
 * The network as it is for someone's data: `hub` is where what is new of them goes, `places` all that have something of
 * them, `others` whom to ask for papers that the first does not have. Unchanged where they never said anything.
 */
export async function at(network: Network, account: Uint8Array): Promise<Network> {
  const word = await wordOf(network, account);
  return word ? through(network, word.hubs) : network;
}

/** The same with hubs that are known already. */
export async function through(network: Network, hubs: readonly Hubs.Hub[]): Promise<Network> {
  const installed = home(network);
  const own = await addressOf(installed).catch(() => undefined);
  const places = hubs.map(({ address, url }): Place => {
    // Which of its addresses we reach it at is ours to know.
    const isOwn = own !== undefined && equal(own, address);
    return { address, service: isOwn ? installed : { ...installed, url } };
  });
  const others = [...places.slice(1).map(({ service }) => service), installed];
  const hub = places[0]!.service;
  return { ...network, hub, places, others: others.filter(({ url }) => url !== hub.url), installed };
}

/** The hub of the installation, whosever data the network is for. */
export const home = (network: Network): Http.Service => network.installed ?? network.hub;

/**
 * The newest word of an account that we have seen or that any hub which it names keeps. Whoever speaks for the account now
 * comes before whoever did once: what a thief said, the person unsays. Hubs that are away are passed over.
 */
export async function wordOf(network: Network, account: Uint8Array): Promise<Word | undefined> {
  const id = toHex(account);
  const seen = await network.hubsSeen?.read(id);
  let best = seen && read(network, account, seen);
  const asked = new Set<string>();
  const unasked = (): string[] =>
    [home(network).url, ...(best?.hubs.map(({ url }) => url) ?? [])].filter((url) => !asked.has(url));
  for (let urls = unasked(); urls.length > 0 && asked.size < HUBS_ASKED; urls = unasked()) {
    for (const url of urls) asked.add(url);
    for (const bytes of await Promise.all(urls.map((url) => ask(home(network), url, id)))) {
      const word = bytes && read(network, account, bytes);
      if (word && isBetter(word, best)) best = word;
    }
  }
  if (best && best.bytes !== seen) await network.hubsSeen?.write(id, best.bytes);
  return best;
}

async function ask(hub: Http.Service, url: string, account: string): Promise<Uint8Array | undefined> {
  try {
    const signal = AbortSignal.timeout(WORD_MS);
    return await Http.get({ ...hub, url, signal, answerBytes: 64 * 1024 }, `/v1/hubs/${account}`);
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

/** What a document says, where it is the account's; `undefined` for anything that a hub might have made up. */
function read(network: Network, account: Uint8Array, bytes: Uint8Array): Word | undefined {
  try {
    const document = Stated.parseDocument(bytes);
    const { message, signer } = document.signed;
    const { hubs, account: of } = Hubs.parseHubs(document.bytes);
    const { version } = message;
    const view = network.chain.state;
    const isTheirs =
      Stated.isDocument(document, 'hubs', hereOf(network.deployment)) &&
      equal(message.account, account) &&
      equal(of, account) &&
      version - network.now() <= AHEAD_MS &&
      View.spokeFor(view, account, signer);
    if (!isTheirs) return undefined;
    return { hubs, version, bytes, isNow: View.speaksFor(view, account, signer) };
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

const isBetter = (a: Word, b: Word | undefined): boolean =>
  b === undefined || (a.isNow === b.isNow ? a.version > b.version : a.isNow);

/** Under which address a hub anchors, as it says itself: what it serves has to prove it. Throws what `Http.get` throws. */
export async function addressOf(hub: Http.Service): Promise<Uint8Array> {
  const bytes = await Http.get({ ...hub, signal: AbortSignal.timeout(WORD_MS) }, '/v1/batches/latest');
  const told = Http.json(bytes, hub.name).hub;
  if (typeof told !== 'string' || !/^0x[0-9a-f]{40}$/.test(told)) throw new Http.UnreadableError(hub.name);
  return fromHex(told);
}

/** What the first of someone's hubs that has it answers. Throws what the first of all threw. */
export async function get({ hub, others = [] }: Network, path: string): Promise<Uint8Array> {
  let first: unknown;
  for (const service of [hub, ...others]) {
    try {
      return await Http.get(service, path);
    } catch (error) {
      if (!(error instanceof IsletError)) throw error;
      first ??= error;
    }
  }
  throw first;
}
