// Copyright the Islet authors. AGPL-3.0-or-later.
// A real chain with the real contracts, a hub and custodians that do their part over HTTP and lie where told to, and
// people with wallets, all in this process.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Deployment from '@islet/chain/Deployment';
import * as Followed from '@islet/chain/Followed';
import type { Mark } from '@islet/chain/Follower';
import * as Founding from '@islet/chain/Founding';
import { connect, type Rpc } from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import type { View } from '@islet/chain/View';
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import { IsletError } from '@islet/core/IsletError';
import * as Ledger from '@islet/ledger/Ledger';
import { serve as serveLedger } from '@islet/ledger/Server';
import * as Account from './Account.js';
import * as A from './archive.testkit.js';
import type { Network } from './Network.js';
import type { Admin } from './Roles.js';
import {
  type GatewayService,
  type HubService,
  type ReleasingCustodian,
  startCustodian,
  startGateway,
  startHub,
} from './services.testkit.js';
import * as Wallet from './Wallet.js';
import * as W from './writer.testkit.js';

const chainId = 31_337;
const validatorKey = new Uint8Array(32).fill(7);
const relayKey = new Uint8Array(32).fill(11);

export type Scene = AsyncDisposable & {
  rpcUrl: string;
  validators: Uint8Array[];
  network: Network;
  hub: HubService;
  custodians: ReleasingCustodian[];
  gateway: GatewayService;
  /** Of the one organisation. */
  admin: Admin;
  /** Moves everyone's clock on. */
  clock: { ahead: number };
  /** Anchors all that the hub was given. */
  anchor(): Promise<void>;
};

/** `admins`: keys of further organisations' admins. `delaySeconds`: between a vote and what it changes. */
export type Founders = { admins?: Uint8Array[]; delaySeconds?: number };

/** The organisation that founded with the n-th admin, from 0. */
export const organisation = (nth: number): Uint8Array => new Uint8Array(32).fill(nth + 1);

export async function startScene(founders: Founders = {}): Promise<Scene> {
  const clock = { ahead: 0 };
  const now = (): number => Date.now() + clock.ahead;
  const folder = await mkdtemp(join(tmpdir(), 'islet-client-'));
  const ledger = await Ledger.open({ folder: join(folder, 'ledger'), chainId, validatorKey, now });
  const served = await serveLedger(ledger, { port: 0 });
  const rpcUrl = `http://127.0.0.1:${served.port}`;
  const rpc = connect(rpcUrl, { abis: Founding.abis });
  const sender = Sender.open({ rpc, chainId, key: relayKey, now });
  const keys = await W.custodians();
  const deployment = await deploy(rpc, sender, keys, founders);
  const validators = [Secp256k1.addressOf(validatorKey)];
  const archive = A.archive(fromHex(sender.address));
  const hub = await startHub({ archive, sender, deployment });
  const custodians = await Promise.all(keys.map((c) => startCustodian(c, now)));
  const gateway = await startGateway(deployment);
  const network: Network = {
    deployment,
    chain: await follow(rpcUrl, deployment, validators, now),
    hub: { name: 'hub', url: hub.url },
    custodians: custodians.map(({ url }, i) => ({ name: `custodian ${i + 1}`, url })),
    gateway: { name: 'gateway', url: gateway.url },
    now,
    random: W.random,
  };
  return {
    rpcUrl,
    validators,
    network,
    hub,
    custodians,
    gateway,
    admin: { sender, key: relayKey },
    clock,
    anchor: () => hub.anchor(),
    [Symbol.asyncDispose]: async () => {
      for (const service of [hub, ...custodians, gateway]) await service.close();
      await ledger.close();
      await served.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** A view of the chain that is kept nowhere. */
export function follow(
  rpcUrl: string,
  deployment: Deployment.Deployment,
  validators: Uint8Array[],
  now: () => number,
): Promise<Network['chain']> {
  let mark: Mark | null = null;
  return Followed.open({
    rpc: connect(rpcUrl),
    deployment,
    validators,
    now,
    openLog: async () => ({
      load: async () => mark,
      save: async (next) => {
        mark = next;
      },
    }),
  });
}

async function deploy(
  rpc: Rpc,
  sender: Sender.Sender,
  custodians: W.Custodian[],
  { admins = [], delaySeconds = 0 }: Founders,
): Promise<Deployment.Deployment> {
  const org = organisation(0);
  const others = admins.map((key, i) => ({
    org: organisation(i + 1),
    admin: to0x(Secp256k1.addressOf(key)),
  }));
  return Founding.deploy(rpc, sender, chainId, {
    founders: [{ org, admin: sender.address }, ...others],
    relays: [{ relay: sender.address, org }],
    custodians: custodians.map((c) => ({
      org,
      signingKey: c.signer.publicKey,
      account: to0x(Secp256k1.addressOf(c.accountKey)),
    })),
    threshold_: 2n,
    delay_: BigInt(delaySeconds),
    budget: 100_000,
  });
}

/** Someone with a wallet and an account on chain. */
export async function newPerson({ network }: Scene, name: string): Promise<Wallet.Wallet> {
  const wallet = Wallet.create(name, W.random);
  await Account.enrol(network, await Account.register(network, wallet));
  await network.chain.follow();
  return wallet;
}

export type Patient = {
  wallet: Wallet.Wallet;
  raw: W.Writer;
  sums: W.Writer;
  insulin: W.Writer;
};

/** A person whose gateway wrote a closed day with its summary, an open day, insulin, and late data; all anchored. */
export async function newPatient(scene: Scene, name: string): Promise<Patient> {
  const { network } = scene;
  const wallet = await newPerson(scene, name);
  const key = await W.signingKey();
  await Account.authoriseGateway(network, wallet, key.publicKey);
  await network.chain.follow();
  const write = (stream: W.Writer['stream']): W.Writer =>
    W.writer(wallet, stream, key, scene.custodians, network.now());
  const patient: Patient = {
    wallet,
    raw: write('glucose/raw'),
    sums: write('glucose/day'),
    insulin: write('insulin/raw'),
  };
  const { raw, sums, insulin } = patient;
  await W.closeDay(raw, W.day, W.cgm(W.day, 48));
  await W.openDay(
    raw,
    W.day + 1,
    [0, 1].map((hour) => W.cgm(W.day + 1, 12, hour)),
  );
  raw.late = [(await W.seal(raw, null, W.cgm(W.day - 900, 3))).segment.hash];
  await W.summarise(sums, W.day, W.summaryOf('glucose/day', W.cgm(W.day, 48)));
  await W.openDay(insulin, W.day, [[W.bolus(W.day, 4)]]);
  await put(scene, raw, sums, insulin);
  return patient;
}

/** Hands over what writers sealed, each with a new head, and anchors it. */
export async function put(scene: Scene, ...writers: W.Writer[]): Promise<void> {
  for (const w of writers) {
    w.at = Math.max(w.at, scene.network.now());
    A.take(scene.hub.archive, w, await W.state(w));
  }
  await scene.anchor();
}

/** The view as it is now, apart from what comes. */
export const viewOf = async ({ network }: Scene): Promise<View> => {
  await network.chain.follow();
  return structuredClone(network.chain.state);
};

export const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'ALLOWED',
    (error) => (error instanceof IsletError ? error.code : String(error)),
  );
