// Copyright the Islet authors. AGPL-3.0-or-later.
// A real chain with the real contracts, custodians that follow it in this process, and a clock in the test's hand.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Deployment from '@islet/chain/Deployment';
import * as Founding from '@islet/chain/Founding';
import { connect, type Rpc } from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import type { Hex } from '@islet/chain/Wire';
import { to0x } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import { parseList } from '@islet/core/wire/Ask';
import * as JsonRpc from '@islet/ledger/JsonRpc';
import * as Ledger from '@islet/ledger/Ledger';
import { app } from './app.js';
import type { Context } from './Context.js';
import * as CustodianRoom from './Custodian.js';

export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
export const chainId = 31_337;
export const validatorKey = new Uint8Array(32).fill(7);
export const signingSeeds = [1, 2, 3].map((i) => new Uint8Array(32).fill(40 + i));
/** Sign for contracts, as the custodians of that index. */
export const accountKeys = [1, 2, 3].map((i) => new Uint8Array(32).fill(50 + i));

/** A custodian as its users meet it, with the clock of its own machine. */
export type Custodian = AsyncDisposable & {
  context: Context;
  folder: string;
  /** ms by which its clock differs from the validator's. */
  clock: { skew: number };
  post(path: string, body: Uint8Array): Promise<Response>;
  /** What it answers, as `200`, or status and code of its refusal. */
  answer(path: string, body: Uint8Array): Promise<string>;
  /** The list of bytes that it answers with. */
  list(path: string, name: string, body: Uint8Array): Promise<Uint8Array[]>;
  close(): Promise<void>;
};

type Contract = 'identity' | 'circles' | 'consent' | 'anchors' | 'members' | 'erasure' | 'recovery';
/** What a member's relay sends. */
export type Call = { contract: Contract; data: Hex };

export type Scene = AsyncDisposable & {
  folder: string;
  rpc: Rpc;
  deployment: Deployment.Deployment;
  /** The validator's clock, UTC ms. It stands still. */
  clock: { now: number };
  /** What the node tells instead of the truth; the truth again when undefined. */
  node: { forge: ((method: string, result: unknown) => unknown) | undefined };
  hub: Uint8Array;
  /** Sends a call as the member's relay. */
  relay(contract: Contract, data: Hex): Promise<void>;
  /** Sends calls together as the member's relay, in that order and without a trial: mostly in one block. */
  relayAll(calls: readonly Call[]): Promise<void>;
  /** Opens the custodian of that index, in a folder of its own unless one is given. */
  custodian(index: number, folder?: string): Promise<Custodian>;
};

export async function startScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-custodian-'));
  const clock = { now: 1_760_000_000_000 };
  const ledger = await Ledger.open({
    folder: join(folder, 'ledger'),
    chainId,
    validatorKey,
    now: () => clock.now,
  });
  const node: Scene['node'] = { forge: undefined };
  const { server, url } = await serve(ledger, node);
  const rpc = connect(url, { abis: Founding.abis });
  const sender = Sender.open({ rpc, chainId, key: new Uint8Array(32).fill(11), now: Date.now });
  const deployment = await deploy(rpc, sender);
  let folders = 0;
  const opened: Custodian[] = [];
  const scene: Scene = {
    folder,
    rpc,
    deployment,
    clock,
    node,
    hub: Secp256k1.addressOf(new Uint8Array(32).fill(11)),
    async relay(contract, data) {
      await sender.send({ to: deployment[contract], data });
    },
    async relayAll(calls) {
      await Promise.all(
        calls.map(({ contract, data }) => sender.sendUntried({ to: deployment[contract], data })),
      );
    },
    async custodian(index, at = join(folder, `custodian-${++folders}`)) {
      const custodian = await openCustodian(scene, url, index, at);
      opened.push(custodian);
      return custodian;
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.close();
      server.closeAllConnections();
      server.close();
      await ledger.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  return scene;
}

async function openCustodian(scene: Scene, url: string, index: number, folder: string): Promise<Custodian> {
  const clock = { skew: 0 };
  const config = {
    folder,
    port: 0,
    index,
    rpcUrl: url,
    deployment: scene.deployment,
    validators: [Secp256k1.addressOf(validatorKey)],
    signingSeed: signingSeeds[index - 1]!,
    accountKey: accountKeys[index - 1]!,
    vaultKeyFolder: `${folder}-key`,
  };
  const context = await CustodianRoom.open(config, () => scene.clock.now + clock.skew);
  const http = app(context);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= context.close();
    return closing;
  };
  const post = async (path: string, body: Uint8Array): Promise<Response> =>
    http.request(path, { method: 'POST', body: body as Uint8Array<ArrayBuffer> });
  return {
    context,
    folder,
    clock,
    post,
    async answer(path, body) {
      const response = await post(path, body);
      if (response.status === 200) return '200';
      return `${response.status} ${((await response.json()) as { code: string }).code}`;
    },
    async list(path, name, body) {
      const response = await post(path, body);
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
      return parseList(name, new Uint8Array(await response.arrayBuffer()));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The ledger's JSON-RPC, told by a node that may lie. */
async function serve(ledger: Ledger.Ledger, node: Scene['node']): Promise<{ server: Server; url: string }> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    const told = await JsonRpc.answer(ledger, body);
    try {
      response.end(JSON.stringify(node.forge ? forged(JSON.parse(body), told, node.forge) : told));
    } catch {
      // A forger that throws is a node that goes away.
      response.destroy();
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

type Asked = { id: number; method: string };

function forged(asked: Asked | Asked[], told: unknown, forge: NonNullable<Scene['node']['forge']>): unknown {
  const methods = new Map([asked].flat().map((call) => [call.id, call.method]));
  const one = (reply: { id: number; result?: unknown }) => ({
    ...reply,
    result: forge(methods.get(reply.id)!, reply.result),
  });
  return Array.isArray(told) ? told.map(one) : one(told as { id: number });
}

async function deploy(rpc: Rpc, sender: Sender.Sender): Promise<Deployment.Deployment> {
  const org = new Uint8Array(32).fill(1);
  const signers = await Promise.all(signingSeeds.map(Ed25519.fromSeed));
  return Founding.deploy(rpc, sender, chainId, {
    founders: [{ org, admin: sender.address }],
    relays: [{ relay: sender.address, org }],
    custodians: signers.map(({ publicKey }, i) => ({
      org,
      signingKey: publicKey,
      account: to0x(Secp256k1.addressOf(accountKeys[i]!)),
    })),
    threshold_: 2n,
    delay_: 0n,
    budget: 100_000,
  });
}
