// Copyright the Islet authors. AGPL-3.0-or-later.
// What a person takes along from one hub to another. All of it is fetched and checked as a reader does, and handed on with
// the receipts that it has: the new hub checks the same again.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import * as Head from '@islet/core/Head';
import { IsletError } from '@islet/core/IsletError';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import type { Stream } from '@islet/core/Stream';
import { encodeCarried } from '@islet/core/wire/Carried';
import type { Part } from '@islet/core/wire/Fetch';
import * as Access from './Access.js';
import * as Account from './Account.js';
import { ErasedError } from './Erased.js';
import * as Http from './Http.js';
import { CARRIED_BYTES, CARRIED_SEGMENTS } from './limits.js';
import type { Network } from './Network.js';
import type { Progress } from './Person.js';
import type { Wallet } from './Wallet.js';

/** When each writer last said what there is of a stream, UTC ms, by `stream/gateway`. */
export type Heads = Map<string, number>;

export type Options = {
  /** From which it is fetched, as `Hubs.through` makes it. */
  from: Network;
  to: Http.Service;
  wallet: Wallet;
  streams: readonly Stream[];
  /** Puts to the new hub itself, heads and all; hex. */
  presentGateway: string;
  /** Hashes of what the new hub took already, hex: grows. */
  done: Set<string>;
  onProgress: Progress;
};

/**
 * Carries sealed bytes with their receipts, and the last heads of gateways that write no more. Gives what the old hub had
 * heads of. May be cut short and begun again. Throws `TamperedError` where the old hub withholds or alters something.
 */
export async function data(options: Options): Promise<Heads> {
  const { from, to, wallet, presentGateway, done, onProgress } = options;
  const last = new Map<string, Part>();
  const heads: Heads = new Map();
  for await (const parts of all(from, wallet, options.streams)) {
    for (const part of parts) {
      const { stream, gateway, at } = Head.parse(part.head).statement;
      const writer = `${stream}/${toHex(gateway)}`;
      heads.set(writer, at);
      for (const piece of pieces(part, done)) {
        await carry(from, wallet, to, [piece.part]);
        for (const hash of piece.hashes) done.add(hash);
        onProgress('carrying to the new hub', done.size, done.size);
      }
      if (toHex(gateway) !== presentGateway) last.set(writer, withNodes(part, last.get(writer)));
    }
  }
  // After all that they list.
  for (const part of last.values()) await carry(from, wallet, to, [part]);
  return heads;
}

/** What a hub serves the person of all days, checked; in as few answers as it gives. */
export async function* all(
  network: Network,
  wallet: Wallet,
  streams: readonly Stream[],
  firstDay: Day.Day = Day.first,
  lastDay: Day.Day = Day.last,
): AsyncGenerator<Part[], void, undefined> {
  let parts: Part[];
  try {
    const wanted = { streams: [...streams], firstDay, lastDay };
    const right = Access.rightOfOwner(network, wallet);
    await network.chain.follow();
    parts = (await Access.fetchFrom(network, wallet, wanted, right, true)).parts;
  } catch (error) {
    if (error instanceof ErasedError) return;
    const isTooLarge = error instanceof IsletError && error.code === 'HUB_FETCH_TOO_LARGE';
    if (!isTooLarge || (streams.length === 1 && firstDay === lastDay)) throw error;
    if (streams.length > 1)
      for (const stream of streams) yield* all(network, wallet, [stream], firstDay, lastDay);
    else {
      const middle = Math.floor((firstDay + lastDay) / 2);
      yield* all(network, wallet, streams, firstDay, middle);
      yield* all(network, wallet, streams, middle + 1, lastDay);
    }
    return;
  }
  yield parts;
}

/** A part's segments that were not carried yet, with what they need, in pieces that a hub takes. */
function* pieces(part: Part, done: ReadonlySet<string>): Generator<{ part: Part; hashes: string[] }> {
  const epochs = new Map(part.epochs.map((bytes) => [toHex(Epoch.parse(bytes).hash), bytes]));
  const shares = new Map(part.shares.map((bytes) => [toHex(Shares.parse(bytes).record.epochHash), bytes]));
  const empty = (): Part => ({ ...part, nodes: [], segments: [], epochs: [], shares: [] });
  let piece = empty();
  let hashes: string[] = [];
  let named = new Set<string>();
  let bytes = 0;
  for (const one of part.segments) {
    const { hash, header } = Segment.parse(one.segment);
    if (done.has(toHex(hash))) continue;
    if (hashes.length >= CARRIED_SEGMENTS || bytes >= CARRIED_BYTES) {
      yield { part: piece, hashes };
      [piece, hashes, named, bytes] = [empty(), [], new Set(), 0];
    }
    const epoch = toHex(header.epochHash);
    const along = named.has(epoch) ? [] : [epochs.get(epoch)!, shares.get(epoch)!];
    named.add(epoch);
    if (along[0]) piece.epochs.push(along[0]);
    if (along[1]) piece.shares.push(along[1]);
    piece.segments.push(one);
    hashes.push(toHex(hash));
    bytes += [one.segment, one.receipt, ...along].reduce((sum, some) => sum + some.length, 0);
  }
  if (hashes.length > 0) yield { part: piece, hashes };
}

/** A head alone, with the nodes of all days that were fetched: who writes no more states no other. */
function withNodes(part: Part, before: Part | undefined): Part {
  const isSame = before !== undefined && toHex(before.head) === toHex(part.head);
  const nodes = new Map([...(isSame ? before.nodes : []), ...part.nodes].map((node) => [toHex(node), node]));
  return { ...part, segments: [], epochs: [], shares: [], nodes: [...nodes.values()] };
}

const carry = async (network: Network, wallet: Wallet, to: Http.Service, parts: Part[]): Promise<void> => {
  const document = encodeCarried({ parts, papers: [] });
  await Http.post(to, '/v1/carry', Account.state(network, wallet, 'carried', document));
};

/** The reasons of emergencies, which their readers sealed to the person. */
export async function reasons(
  network: Network,
  wallet: Wallet,
  to: Http.Service,
  papersOf: (about: Uint8Array) => Promise<Uint8Array[]>,
): Promise<void> {
  const mine = [...network.chain.state.emergencies].filter(([, e]) => e.patient === toHex(wallet.account));
  for (const [id] of mine) {
    const about = fromHex(id);
    const papers = (await papersOf(about)).map((paper) => ({ about, paper }));
    if (papers.length === 0) continue;
    const document = encodeCarried({ parts: [], papers });
    await Http.post(to, '/v1/carry', Account.state(network, wallet, 'carried', document));
  }
}
