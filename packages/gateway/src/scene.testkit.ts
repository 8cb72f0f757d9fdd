// Copyright the Islet authors. AGPL-3.0-or-later.
// A real chain with the real contracts, custodians that sign real bundles, and people with wallets.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Abi from '@islet/chain/Abi';
import { circlesAbi } from '@islet/chain/abi/Circles';
import { consentAbi } from '@islet/chain/abi/Consent';
import { erasureAbi } from '@islet/chain/abi/Erasure';
import { identityAbi } from '@islet/chain/abi/Identity';
import type * as Deployment from '@islet/chain/Deployment';
import * as Founding from '@islet/chain/Founding';
import { connect, type Rpc } from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import type { Hex } from '@islet/chain/Wire';
import * as Bundle from '@islet/core/Bundle';
import * as Circle from '@islet/core/Circle';
import { fromHex, to0x, toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import { sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import type { Struct } from '@islet/core/crypto/typedData';
import * as Erasure from '@islet/core/Erasure';
import * as Hours from '@islet/core/Hours';
import * as KeyTree from '@islet/core/KeyTree';
import * as Message from '@islet/core/Message';
import type { Stream } from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { encodeList, parseMoreKeys } from '@islet/core/wire/Ask';
import { encodeHandover } from '@islet/core/wire/Erasing';
import * as Ledger from '@islet/ledger/Ledger';
import { serve } from '@islet/ledger/Server';

export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const chainId = 31_337;
const validatorKey = new Uint8Array(32).fill(7);
const relayKey = new Uint8Array(32).fill(11);

export type Scene = AsyncDisposable & {
  folder: string;
  rpcUrl: string;
  rpc: Rpc;
  deployment: Deployment.Deployment;
  validators: Uint8Array[];
  custodians: Custodian[];
  /** Sends a call as the member's relay. */
  relay(
    contract: 'identity' | 'consent' | 'circles' | 'anchors' | 'members' | 'erasure',
    data: Hex,
  ): Promise<void>;
  hubAddress: Uint8Array;
};

export type Custodian = {
  index: number;
  url: string;
  signer: Ed25519.SigningKey;
  /** Signs for contracts. secp256k1. */
  accountKey: Uint8Array;
  seed: Uint8Array;
  /** While true, it answers nothing. */
  down: boolean;
  /** How often it was asked. */
  asked: number;
};

export async function startScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-gateway-'));
  const ledger = await Ledger.open({ folder: join(folder, 'ledger'), chainId, validatorKey, now: Date.now });
  const served = await serve(ledger, { port: 0 });
  const rpcUrl = `http://127.0.0.1:${served.port}`;
  const rpc = connect(rpcUrl);
  const stubs = await Promise.all([1, 2, 3].map(startCustodian));
  const custodians = stubs.map((s) => s.custodian);
  const sender = Sender.open({ rpc, chainId, key: relayKey, now: Date.now });
  const deployment = await deploy(rpc, sender, custodians);
  return {
    folder,
    rpcUrl,
    rpc,
    deployment,
    validators: [Secp256k1.addressOf(validatorKey)],
    custodians,
    hubAddress: Secp256k1.addressOf(relayKey),
    async relay(contract, data) {
      await sender.send({ to: deployment[contract], data });
    },
    [Symbol.asyncDispose]: async () => {
      for (const { server } of stubs) server.closeAllConnections();
      for (const { server } of stubs) server.close();
      await ledger.close();
      await served.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

async function deploy(
  rpc: Rpc,
  sender: Sender.Sender,
  custodians: Custodian[],
): Promise<Deployment.Deployment> {
  const org = new Uint8Array(32).fill(1);
  return Founding.deploy(rpc, sender, chainId, {
    founders: [{ org, admin: sender.address }],
    relays: [{ relay: sender.address, org }],
    custodians: custodians.map((c) => ({
      org,
      signingKey: c.signer.publicKey,
      account: to0x(Secp256k1.addressOf(c.accountKey)),
    })),
    threshold_: 2n,
    delay_: 0n,
    budget: 100_000,
  });
}

/** A custodian that gives public keys to anyone. */
async function startCustodian(index: number): Promise<{ custodian: Custodian; server: Server }> {
  const signer = await Ed25519.fromSeed(random(32));
  const custodian: Custodian = {
    index,
    url: '',
    signer,
    accountKey: Secp256k1.secretKeyFrom(random),
    seed: random(32),
    down: false,
    asked: 0,
  };
  const server = createServer(async (request, response) => {
    custodian.asked++;
    if (custodian.down) {
      response.statusCode = 503;
      response.end();
      return;
    }
    const { account, wanted } = parseMoreKeys(await bodyOf(request));
    const bundles = await Promise.all(
      wanted.map(async ({ stream, firstDay, days }) => {
        const about = { custodian: index, account, stream };
        const bundle = await Bundle.custodianKeys(treeOf(custodian, account, stream), about, firstDay, days);
        return Bundle.signCustodianKeys(bundle, signer);
      }),
    );
    response.end(encodeList('islet/bundles', bundles));
  });
  custodian.url = await listen(server);
  return { custodian, server };
}

export const treeOf = (custodian: Custodian, account: Uint8Array, stream: Stream): KeyTree.Node =>
  KeyTree.root(sha256(new Uint8Array([...custodian.seed, ...account])), 0, stream);

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return new Uint8Array(Buffer.concat(parts));
}

/** Someone with a wallet and an account on chain. */
export type Person = { account: Uint8Array; hex: string; wallet: Uint8Array; seed: Uint8Array };

const later = (): number => Math.floor(Date.now() / 1000) + 3600;
let nonces = 0n;

export async function newPerson(scene: Scene): Promise<Person> {
  const account = random(32);
  const person = { account, hex: toHex(account), wallet: Secp256k1.secretKeyFrom(random), seed: random(32) };
  const message = {
    ...placeOf(scene, 'identity'),
    account,
    signer: Secp256k1.addressOf(person.wallet),
    encryptionKeyHash: random(32),
    deadline: later(),
  };
  const { signature } = Message.sign(Message.register, message, person.wallet);
  await scene.relay('identity', Abi.encodeCall(identityAbi, 'register', { m: onChain(message), signature }));
  return person;
}

export const placeOf = ({ deployment }: Scene, contract: 'identity' | 'consent' | 'circles' | 'erasure') => ({
  chain: BigInt(chainId),
  target: fromHex(deployment[contract]),
});

const onChain = <M extends object>(message: M): never =>
  Object.fromEntries(
    Object.entries(message).map(([key, value]) => [
      key,
      key === 'target' ? to0x(value as Uint8Array) : typeof value === 'number' ? BigInt(value) : value,
    ]),
  ) as never;

const gatewayCalls = { authoriseGateway: Message.authoriseGateway, endGateway: Message.endGateway };

export async function gatewayMessage(
  scene: Scene,
  person: Person,
  call: 'authoriseGateway' | 'endGateway',
  gatewayKey: Uint8Array,
): Promise<void> {
  const message = {
    ...placeOf(scene, 'identity'),
    account: person.account,
    gatewayKey,
    nonce: ++nonces,
    deadline: later(),
  };
  const { signer, signature } = Message.sign(gatewayCalls[call], message, person.wallet);
  await scene.relay(
    'identity',
    Abi.encodeCall(identityAbi, call, { m: onChain(message), signer, signature }),
  );
}

/** A grant on chain, to nobody in particular. */
export async function grant(scene: Scene, person: Person, expiresAt = later()): Promise<Uint8Array> {
  const grantId = random(32);
  const message = {
    ...placeOf(scene, 'consent'),
    grantId,
    patient: person.account,
    reader: person.account,
    streams: [random(32)],
    firstDay: 0,
    lastDay: 100_000,
    rollingDays: 0,
    notBefore: 0,
    expiresAt,
    ...Hours.always(0),
    purpose: random(32),
    maxUses: 0,
    emergency: false,
    nodesHash: random(32),
    deadline: later(),
  };
  const { signer, signature } = Message.sign(Message.grant, message, person.wallet);
  await scene.relay(
    'consent',
    Abi.encodeCall(consentAbi, 'grant', { g: onChain(message), signer, signature }),
  );
  return grantId;
}

/** An erasure as the wallet signs it, with its scope; on chain at once. */
export async function erasure(
  scene: Scene,
  person: Person,
  streams: Stream[],
  firstDay: number,
  lastDay: number,
): Promise<Uint8Array> {
  const scope: Erasure.Scope = { salt: random(32), streams: [...streams].sort(), grants: [] };
  const bytes = Erasure.encodeScope(scope);
  const message: Message.Erase = {
    ...placeOf(scene, 'erasure'),
    erasureId: random(32),
    account: person.account,
    streams: Erasure.codesOf(scope),
    firstDay,
    lastDay,
    scopeHash: Erasure.hashOf(bytes),
    nonce: ++nonces,
    deadline: later(),
  };
  const signed = Message.sign(Message.erase, message, person.wallet);
  const { signer, signature } = signed;
  await scene.relay(
    'erasure',
    Abi.encodeCall(erasureAbi, 'erase', { m: onChain(message), signer, signature }),
  );
  return encodeHandover({ erase: encodeSigned(Message.erase, signed), scope: bytes });
}

export async function revoke(scene: Scene, person: Person, grantId: Uint8Array): Promise<void> {
  const message = { ...placeOf(scene, 'consent'), grantId, patient: person.account, deadline: later() };
  const { signer, signature } = Message.sign(Message.revoke, message, person.wallet);
  await scene.relay(
    'consent',
    Abi.encodeCall(consentAbi, 'revoke', { m: onChain(message), signer, signature }),
  );
}

const circleCalls = {
  openCircle: Message.openCircle,
  admit: Message.admit,
  dismiss: Message.dismiss,
  endCircle: Message.endCircle,
} as const;

/** What a patient or a keeper signs of a circle. */
export async function sayOfCircle(
  scene: Scene,
  who: Person,
  call: keyof typeof circleCalls,
  fields: object,
): Promise<void> {
  const message = { ...placeOf(scene, 'circles'), nonce: ++nonces, deadline: later(), ...fields };
  const { signer, signature } = Message.sign(circleCalls[call] as Struct, message as never, who.wallet);
  const args = { m: onChain(message), signer, signature };
  await scene.relay('circles', Abi.encodeCall(circlesAbi, call, args as never));
}

/** A patient's circle, until so many seconds after 1970, with one person in it. */
export async function circle(
  scene: Scene,
  patient: Person,
  keeper: Person,
  reader: Person,
  until = later(),
): Promise<Uint8Array> {
  const terms = { patient: patient.account, keeper: keeper.account, maxPeople: 2, until, salt: random(32) };
  await sayOfCircle(scene, patient, 'openCircle', { ...terms, keyHash: random(32) });
  const id = Circle.idOf(terms);
  await sayOfCircle(scene, keeper, 'admit', { circle: id, keeper: keeper.account, reader: reader.account });
  return id;
}
