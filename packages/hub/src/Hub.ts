// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import { anchorsAbi } from '@islet/chain/abi/Anchors';
import { circlesAbi } from '@islet/chain/abi/Circles';
import { consentAbi } from '@islet/chain/abi/Consent';
import { erasureAbi } from '@islet/chain/abi/Erasure';
import { identityAbi } from '@islet/chain/abi/Identity';
import { recoveryAbi } from '@islet/chain/abi/Recovery';
import { reviewsAbi } from '@islet/chain/abi/Reviews';
import type { Deployment } from '@islet/chain/Deployment';
import { hasEnded } from '@islet/chain/Erasures';
import * as Followed from '@islet/chain/Followed';
import type { Follower } from '@islet/chain/Follower';
import { connect } from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import type * as View from '@islet/chain/View';
import { addressOf } from '@islet/core/crypto/secp256k1';
import * as ChangeLog from '@islet/store/ChangeLog';
import type { Hono } from 'hono';
import { type Admission, admission } from './Admission.js';
import * as Archive from './Archive.js';
import * as Asks from './Asks.js';
import { appOf } from './app.js';
import * as Batcher from './Batcher.js';
import * as Erasures from './Erasures.js';
import type { Events } from './events.js';
import * as Following from './Following.js';
import * as Follows from './Follows.js';
import { type KeyedLock, keyedLock } from './KeyedLock.js';
import * as Leaving from './Leaving.js';
import { BATCH_DELAY_MS, FOLLOW_MS, PUTS_REMEMBERED, RATES, type Rates } from './limits.js';
import * as Places from './Places.js';
import { type Recent, recent } from './Recent.js';
import * as Sweeper from './Sweeper.js';

export type Options = {
  folder: string;
  rpcUrl: string;
  deployment: Deployment;
  validators: Uint8Array[];
  /** The member's relay key, 32 bytes. Its address is the hub's name on the chain. */
  key: Uint8Array;
  /** A PostgreSQL for the index; the embedded one without. */
  sqlUrl?: string;
  /** Where the custodians answer, in the order of their indices: they are told of erasures. */
  custodianUrls?: string[];
  fetch?: typeof fetch;
  now: () => number;
  random: (length: number) => Uint8Array;
  events: Events;
  batchDelayMs?: number;
  rates?: Rates;
};

/** What the routes work with. */
export type HubContext = {
  readonly address: Uint8Array;
  readonly archive: Archive.Archive;
  readonly batcher: Batcher.Batcher;
  readonly follower: Follower<View.View>;
  readonly sender: Sender.Sender;
  readonly deployment: Deployment;
  readonly admission: Admission;
  readonly locks: KeyedLock;
  readonly follows: Follows.Follows;
  readonly asks: Asks.Asks;
  readonly erasures: Erasures.Erasures;
  readonly places: Places.Places;
  /** Drops what accounts leave behind. */
  readonly leaving: Leaving.Leaving;
  /** Sees that erasures are carried out. */
  readonly erasing: Following.Following;
  /** Puts answered lately, by the hash of their bytes. */
  readonly answered: Recent<{ epochs: number; shares: number; segments: number; heads: number }>;
  readonly events: Events;
  now(): number;
  pause(ms: number): Promise<void>;
  /** The index was found to be wrong: at the next start it is made anew. */
  doubtIndex(): void;
};

export type Hub = AsyncDisposable & {
  readonly app: Hono;
  readonly context: HubContext;
  close(): Promise<void>;
};

/**
 * Opens a hub in its folder: keeps sealed bytes, anchors their roots, relays messages. It serves nothing by itself:
 * `hub.app` is the HTTP side. Throws what `Archive.open` and `ChangeLog.open` throw.
 */
export async function open(options: Options): Promise<Hub> {
  const { folder, deployment, validators, key, now, events } = options;
  const address = addressOf(key);
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const rpc = connect(options.rpcUrl, {
      abis: [identityAbi, circlesAbi, consentAbi, anchorsAbi, erasureAbi, recoveryAbi, reviewsAbi],
      retries: 1,
    });
    const follower = await Followed.open({
      rpc,
      deployment,
      validators,
      now,
      openLog: async (keep, replay) => {
        const log = await ChangeLog.open<never, never, View.Event>(
          join(folder, 'chain'),
          keep as never,
          replay,
        );
        closers.push(() => log.close());
        return log as never;
      },
    });
    const sender = Sender.open({ rpc, chainId: deployment.chainId, key, now });
    const locks = keyedLock();
    let follows: Follows.Follows | undefined;
    const erasures = await Erasures.open(join(folder, 'erasures'), () => follower.state);
    closers.push(() => erasures.close());
    const asks = await Asks.open(join(folder, 'asks'), now, (who) => hasEnded(follower.state.erasures, who));
    const places = await Places.open(join(folder, 'accounts'), address);
    closers.push(async () => places[Symbol.asyncDispose]());
    const start = () => openArchive(options, address, follower, sender, locks, () => follows?.anchored());
    const { archive, batcher, sweeper } = await start().catch(async (error) => {
      if (!(error instanceof Archive.IndexWrongError)) throw error;
      // Forgotten by now, so made anew.
      events.indexDoubted();
      return start();
    });
    const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
    const told = { follower, deployment, now, pause, archive, hub: address, events, places };
    follows = Follows.open({ ...told, anchored: () => batcher.anchored });
    closers.push(
      () => archive.close(),
      () => sweeper.close(),
      () => batcher.close(),
      () => follows!.close(),
    );
    const erasing = Following.open({
      ...{ archive, asks, erasures, follower, sender, deployment, locks, key, now, events, hub: address },
      custodianUrls: options.custodianUrls ?? [],
      fetch: options.fetch ?? fetch,
    });
    closers.push(() => erasing.close());
    const leaving = Leaving.open({ archive, follower, locks, places, events });
    closers.push(() => leaving.close());
    const following = follow(follower, now, events, () => {
      batcher.wake();
      erasing.wake();
      void asks.prune().catch((error) => events.asksFailed(error));
    });
    closers.push(() => following.close());
    const context: HubContext = {
      address,
      archive,
      batcher,
      follower,
      sender,
      deployment,
      locks,
      follows,
      asks,
      erasures,
      erasing,
      places,
      leaving,
      events,
      now,
      admission: admission(options.rates ?? RATES, now),
      answered: recent(PUTS_REMEMBERED),
      pause,
      doubtIndex: () => {
        events.indexDoubted();
        archive.index.forget().catch((error) => events.indexFailed(error));
      },
    };
    const close = once(async () => {
      for (const one of closers.reverse()) await one();
      events.stopped();
    });
    return { app: appOf(context), context, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    for (const one of closers.reverse()) await one().catch(() => undefined);
    throw error;
  }
}

async function openArchive(
  options: Options,
  hub: Uint8Array,
  follower: Follower<View.View>,
  sender: Sender.Sender,
  locks: KeyedLock,
  onAnchored: () => void,
) {
  const { folder, sqlUrl, deployment, random, events, now } = options;
  const archive = await Archive.open({ folder, sqlUrl, hub, chainId: deployment.chainId, random, events });
  const sweeper = Sweeper.open(archive.store, locks, events);
  try {
    const batcher = Batcher.open({
      archive,
      follower,
      sender,
      hub,
      anchors: deployment.anchors,
      delayMs: options.batchDelayMs ?? BATCH_DELAY_MS,
      now,
      events,
      onPassed(passed) {
        sweeper.sweep(passed);
        onAnchored();
      },
    });
    return { archive, batcher, sweeper };
  } catch (error) {
    if (error instanceof Archive.IndexWrongError) await archive.index.forget();
    await archive.close();
    throw error;
  }
}

/** Follows the chain whether anyone asks or not, so that an ended gateway is known as ended. */
function follow(follower: Follower<View.View>, now: () => number, events: Events, after: () => void) {
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let failing = false;
  const step = async (): Promise<void> => {
    const started = now();
    try {
      await follower.follow();
      failing = false;
      after();
    } catch (error) {
      if (!failing) events.followFailed(error);
      failing = true;
    }
    if (!closed) timer = setTimeout(go, Math.max(0, started + FOLLOW_MS - now()));
  };
  const go = (): void => {
    running = step();
  };
  go();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
