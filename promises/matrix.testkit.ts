// Copyright the Islet authors. AGPL-3.0-or-later.
// Every service for real in one process: chain, hub, three custodians, gateway; and people who use them as clients do.
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import * as Founding from '@islet/chain/Founding';
import { connect } from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import type { Network } from '@islet/client/Network';
import type { Person } from '@islet/client/Person';
import * as Provision from '@islet/client/Provision';
import type { Admin } from '@islet/client/Roles';
import * as Wallet from '@islet/client/Wallet';
import { to0x, toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import { app as custodianApp } from '@islet/custodian/app';
import * as Custodian from '@islet/custodian/Custodian';
import * as Gateway from '@islet/gateway/Gateway';
import { appOf as hubApp } from '@islet/hub/app';
import * as Hub from '@islet/hub/Hub';
import * as Ledger from '@islet/ledger/Ledger';
import { serve as serveLedger } from '@islet/ledger/Server';
import { follow } from '../packages/client/src/scene.testkit.js';
import { random } from '../packages/client/src/writer.testkit.js';
import { silent as silentGateway } from '../packages/gateway/src/gateway.testkit.js';
import { silent as silentHub } from '../packages/hub/src/scene.testkit.js';

const chainId = 31_337;
const validatorKey = new Uint8Array(32).fill(7);
/** The hub's own key, which is a relay and nothing else. */
export const relayKey = new Uint8Array(32).fill(11);
const adminKey = new Uint8Array(32).fill(3);
export const keep = async (): Promise<void> => {};

export type Whole = AsyncDisposable & {
  network: Network;
  admin: Admin;
  /** Moves everyone's clock on, ms. */
  clock: { ahead: number };
  /** The routes of each service's running app, as `METHOD path`. */
  routes: { hub: string[]; custodian: string[]; gateway: string[] };
};

type App = { routes: { method: string; path: string }[] };
const routesOf = (app: App): string[] => [...new Set(app.routes.map((r) => `${r.method} ${r.path}`))];

export async function startWhole(gatewayRoutes: (d: Network['deployment']) => App): Promise<Whole> {
  const clock = { ahead: 0 };
  const now = (): number => Date.now() + clock.ahead;
  const folder = await mkdtemp(join(tmpdir(), 'islet-matrix-'));
  const closing: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 10 })];
  const ledger = await Ledger.open({ folder: join(folder, 'ledger'), chainId, validatorKey, now });
  const served = await serveLedger(ledger, { port: 0 });
  closing.push(async () => {
    await ledger.close();
    await served.close();
  });
  const rpcUrl = `http://127.0.0.1:${served.port}`;
  const rpc = connect(rpcUrl, { abis: Founding.abis });
  const sender = Sender.open({ rpc, chainId, key: adminKey, now });
  const org = new Uint8Array(32).fill(1);
  const seeds = [1, 2, 3].map((i) => new Uint8Array(32).fill(40 + i));
  const accountKeys = [1, 2, 3].map((i) => new Uint8Array(32).fill(50 + i));
  const deployment = await Founding.deploy(rpc, sender, chainId, {
    founders: [{ org, admin: sender.address }],
    relays: [{ relay: to0x(Secp256k1.addressOf(relayKey)), org }],
    custodians: await Promise.all(
      seeds.map(async (seed, i) => ({
        org,
        signingKey: (await Ed25519.fromSeed(seed)).publicKey,
        account: to0x(Secp256k1.addressOf(accountKeys[i]!)),
      })),
    ),
    threshold_: 2n,
    delay_: 0n,
    budget: 100_000,
  });
  const validators = [Secp256k1.addressOf(validatorKey)];
  const listen = async (app: { fetch: Parameters<typeof serve>[0]['fetch'] }): Promise<string> => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
    closing.push(() => server.closeAllConnections());
    closing.push(() => server.close());
    await new Promise((done) => server.once('listening', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const unrated = { perSecond: 1e9, burst: 1e9 };
  const hub = await Hub.open({
    ...{ folder: join(folder, 'hub'), rpcUrl, deployment, validators, key: relayKey, now, random },
    ...{ events: silentHub, batchDelayMs: 20 },
    rates: {
      ...{ put: unrated, receipts: unrated, fetch: unrated },
      ...{ relay: unrated, keys: unrated, grants: unrated, asks: unrated },
    },
  });
  closing.push(() => hub.close());
  const custodians = await Promise.all(
    seeds.map(async (signingSeed, i) => {
      const at = join(folder, `custodian-${i}`);
      const config = {
        ...{ folder: at, vaultKeyFolder: `${at}-key`, port: 0, index: i + 1, rpcUrl, deployment, validators },
        ...{ signingSeed, accountKey: accountKeys[i]! },
      };
      const context = await Custodian.open(config, now);
      closing.push(() => context.close());
      const app = custodianApp(context);
      return { app, url: await listen(app) };
    }),
  );
  const hubUrl = await listen(hub.app);
  const gateway = await Gateway.open({
    config: {
      ...{ folder: join(folder, 'gateway'), port: 0, host: '127.0.0.1', rpcUrl, hubUrl },
      ...{ validators: validators.map(toHex), custodianUrls: custodians.map(({ url }) => url) },
    },
    ...{ deployment, now, random, fetch, events: silentGateway, settleTimeoutMs: 20_000 },
  });
  closing.push(() => gateway.close());
  const network: Network = {
    deployment,
    chain: await follow(rpcUrl, deployment, validators, now),
    hub: { name: 'hub', url: hubUrl },
    custodians: custodians.map(({ url }, i) => ({ name: `custodian ${i + 1}`, url })),
    gateway: { name: 'gateway', url: gateway.url },
    ...{ now, random },
  };
  return {
    network,
    admin: { sender, key: adminKey },
    clock,
    routes: {
      hub: routesOf(hubApp(hub.context)),
      custodian: routesOf(custodians[0]!.app),
      gateway: routesOf(gatewayRoutes(deployment)),
    },
    async [Symbol.asyncDispose]() {
      for (const close of closing.reverse()) await close();
    },
  };
}

export async function newPerson(
  { network }: Whole,
  name: string,
  role: 'patient' | 'clinician',
): Promise<Person> {
  const person: Person = { wallet: Wallet.create(name, random), notes: { role } };
  const reach = { back: 2, ahead: 3, renewBelow: 1 };
  await Provision.provision(network, person, { dayOffsetMinutes: 0, deviceName: 'phone', keep, reach });
  await network.chain.follow();
  return person;
}
