// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import type { Deployment } from '@islet/chain/Deployment';
import { connect } from '@islet/chain/Rpc';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { Journal } from '@islet/store/Journal';
import { nodeFiles } from '@islet/store/NodeFiles';
import * as Accounts from './Accounts.js';
import { app } from './app.js';
import * as ChainView from './ChainView.js';
import { closer as makeCloser } from './Closer.js';
import * as CustodianKeys from './CustodianKeys.js';
import type { Config } from './config.js';
import { type DeviceKeys, deviceKeys as makeDeviceKeys } from './DeviceKeys.js';
import { elsewhere as makeElsewhere } from './Elsewhere.js';
import { epochs as makeEpochs } from './Epochs.js';
import { erasing as makeErasing } from './Erasing.js';
import { hasEnded } from './Erasures.js';
import type { Events } from './events.js';
import { fairLane } from './FairLane.js';
import { heads as makeHeads } from './Heads.js';
import * as Hub from './Hub.js';
import { ingest as makeIngest } from './Ingest.js';
import * as Keys from './Keys.js';
import { listen, stop } from './Listen.js';
import { liveValue as makeLiveValue } from './LiveValue.js';
import * as Looks from './Looks.js';
import { HOUSEKEEPING_MS, SETTLE_TIMEOUT_MS } from './limits.js';
import { auth as makeAuth } from './nightscout/Auth.js';
import { changes } from './nightscout/Changes.js';
import type { Nightscout } from './nightscout/Context.js';
import * as Documents from './nightscout/Documents.js';
import { jwt } from './nightscout/Jwt.js';
import { records as makeRecords } from './nightscout/Records.js';
import { sockets } from './nightscout/Sockets.js';
import { puts as makePuts } from './Puts.js';
import { rebuild } from './Rebuild.js';
import { receipts as makeReceipts } from './Receipts.js';
import type * as Record from './Record.js';
import { sealUnits as makeSealUnits } from './SealUnits.js';
import * as State from './State.js';
import * as Window from './Window.js';
import { writer as makeWriter } from './Writer.js';

export type Options = {
  config: Omit<Config, 'deploymentPath'>;
  deployment: Deployment;
  /** UTC ms. */
  now: () => number;
  random: (length: number) => Uint8Array;
  fetch: typeof fetch;
  events: Events;
  /** How long a settle may wait for the hub. */
  settleTimeoutMs?: number;
  /** Opens the journal of a folder; the store's own by default. */
  openJournal?: (folder: string) => Promise<Journal>;
};

export type Gateway = AsyncDisposable & {
  port: number;
  url: string;
  gatewayKey: Uint8Array;
  /** Stops taking readings, finishes what is under way, and gives the folder back. */
  close(): Promise<void>;
};

/**
 * Opens a gateway: its keys, its journal, its view of the chain, then its door. Taken over, it can stop, and can read
 * its short local window and what devices send from then on; it cannot read further back, add a reader, or change an
 * anchor. Throws what its parts throw at opening.
 */
export async function open(options: Options): Promise<Gateway> {
  const { config, deployment, now, random, events } = options;
  const { folder } = config;
  await nodeFiles.makeFolder(folder);
  const journal = await (options.openJournal ?? Journal.open)(join(folder, 'journal'));
  const closing: (() => Promise<unknown>)[] = [() => journal.close()];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse())
      await one().catch((error) => events.failed('closing', error));
  };
  try {
    const keys = await Keys.open(folder, random);
    const { signer } = keys;
    const arrivalDay = () => Keys.arrivalDay(now());
    await keys.expire(arrivalDay());
    const accounts = await Accounts.open(folder);
    const chain = await ChainView.open({
      folder,
      rpc: connect(config.rpcUrl, { fetch: options.fetch }),
      deployment,
      validators: config.validators.map(fromHex),
      gatewayKey: signer.publicKey,
      now,
      events,
    });
    closing.push(() => chain.close());
    const { states, backlog, records: count } = await rebuild(journal, keys);

    const stateOf = ({ hex, id }: { hex: string; id: Uint8Array }): State.AccountState => {
      const state = states.get(hex) ?? State.empty(id);
      states.set(hex, state);
      return state;
    };
    const view = () => chain.view;
    const custodians = CustodianKeys.open({
      urls: config.custodianUrls,
      view,
      fetch: options.fetch,
      now,
      events,
    });
    const hub = Hub.connect(config.hubUrl, options.fetch);
    const heads = makeHeads({ signer, now, random });
    function* authorised() {
      for (const account of accounts.all.values())
        if (chain.isAuthorised(account.id)) yield { account, state: stateOf(account) };
    }
    let stirred = (): void => {};
    const elsewhere = makeElsewhere({
      ...{ journal, backlog, heads, stateOf, view, now, events },
      connect: (url) => Hub.connect(url, options.fetch),
      isAuthorised: chain.isAuthorised,
      arrived: accounts.arrived,
      stirred: () => stirred(),
    });
    // Before anything is put: what is of them is not for our own hub.
    for (const account of accounts.all.values()) if (account.hubs) elsewhere.moved(account);
    const puts = makePuts({
      journal,
      backlog,
      hub,
      heads,
      elsewhere,
      *keyed() {
        for (const { account, state } of authorised())
          if (!elsewhere.has(account.hex)) yield { state, streams: account.offsets.keys() };
      },
      stateOf: (hex) => states.get(hex),
      now,
      events,
    });
    stirred = puts.stirred;
    closing.push(() => puts.close());
    const isAsked = (account: string): boolean => !elsewhere.has(account);
    const receipts = makeReceipts({ backlog, hub, view, isAsked, events });
    closing.push(() => receipts.close());

    const changed = changes();
    const onCommitted = (commit: Record.Commit, position: number): void => {
      const state = states.get(toHex(commit.account))!;
      puts.noticed(commit, position);
      changed.noticed(toHex(commit.account));
      const streams = new Set([...commit.units, ...commit.entries].map(({ stream }) => stream));
      for (const stream of streams) puts.touch(state, stream);
      // A live value is sealed last, and is no unit.
      const last = commit.segments.at(-1);
      if (last && State.headerOf(last).header.stream === 'glucose/live') puts.touch(state, 'glucose/live');
    };
    const epochs = makeEpochs({ accounts, custodians, chain, signer, now, random });
    const sealer = { signer, now, random };
    const liveValue = makeLiveValue({ epochs, sealer, chain, now, events });
    const writer = makeWriter({ journal, keys, epochs, liveValue, onCommitted, arrivalDay, now, events });
    const closingDays = { writer, epochs, sealer };
    const closer = makeCloser({ ...closingDays, accounts: authorised, stateOf, now, events });
    closing.push(() => closer.close());
    const sealUnits = makeSealUnits({ ...closingDays, now });
    const ingest = makeIngest({ localKey: keys.local, sealUnits, isAuthorised: chain.isAuthorised });

    const housekeeping = setInterval(() => {
      keys
        .expire(arrivalDay())
        .then((first) => {
          for (const state of states.values()) {
            Window.expire(state.window, first);
            Documents.expire(state.documents, first);
          }
        })
        .catch((error) => events.failed('housekeeping', error));
    }, HOUSEKEEPING_MS);
    closing.push(async () => clearInterval(housekeeping));

    const known = makeDeviceKeys(accounts.all.values());
    let recheck: (account: string) => void = () => {};
    const deviceKeys: DeviceKeys = {
      ...known,
      learn(account) {
        known.learn(account);
        recheck(account.hex);
      },
    };
    const looks = await Looks.open(folder, signer);
    const erasing = makeErasing({
      ...{ journal, keys, accounts, states, backlog, chain, custodians, epochs, deviceKeys },
      ...{ looks, puts, deployment, now, events },
      erasure: async (account, id) => (await hub.erasure(id)) ?? elsewhere.hubOf(account)?.erasure(id),
    });
    closing.push(() => erasing.close());
    const records = makeRecords({
      ...closingDays,
      localKey: keys.local,
      now,
      stateOf,
      isAuthorised: chain.isAuthorised,
      noticed: closer.noticed,
    });
    const tokens = jwt({ localKey: keys.local, accounts: accounts.all, now });
    const context: Nightscout = {
      auth: makeAuth(deviceKeys, tokens, now),
      records,
      fair: fairLane(),
      deployment,
      keys,
      accounts,
      deviceKeys,
      chain,
      custodians,
      ingest,
      closing: closingDays,
      closer,
      puts,
      backlog,
      looks,
      erasing,
      hasEnded: (id) => {
        const state = states.get(toHex(id));
        return state !== undefined && hasEnded(state);
      },
      stateOf,
      settleTimeoutMs: options.settleTimeoutMs ?? SETTLE_TIMEOUT_MS,
      now,
      events,
    };
    const server = await listen(app(context).fetch, config);
    closing.push(() => stop(server));
    const live = sockets(server, context, changed);
    recheck = live.recheck;
    closing.push(() => live.close());
    void chain.refresh();
    const { port } = server.address() as { port: number };
    events.started({ port, records: count, accounts: accounts.all.size });
    closing.unshift(async () => events.closed());
    const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
    return { port, url, gatewayKey: signer.publicKey, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
