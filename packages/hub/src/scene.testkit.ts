// Copyright the Islet authors. AGPL-3.0-or-later.
// A real chain with the real contracts, and people on it.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Deployment from '@islet/chain/Deployment';
import * as Founding from '@islet/chain/Founding';
import { connect, type Rpc } from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import { encode } from '@islet/core/codec';
import { fromHex, to0x, toHex, utf8 } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import { keccak256, sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Erasure from '@islet/core/Erasure';
import * as Hours from '@islet/core/Hours';
import * as Message from '@islet/core/Message';
import * as Stream from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { encodeFetch } from '@islet/core/wire/Fetch';
import { encodeRelay } from '@islet/core/wire/Relay';
import * as Ledger from '@islet/ledger/Ledger';
import { serve } from '@islet/ledger/Server';
import { pino } from 'pino';
import { toLog } from './events.js';
import * as Hub from './Hub.js';

export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
export const hubKey = new Uint8Array(32).fill(11);
/** Another hub's, of another member. */
export const otherHubKey = new Uint8Array(32).fill(12);
const chainId = 31_337;
const validatorKey = new Uint8Array(32).fill(7);

export type Chain = AsyncDisposable & {
  folder: string;
  rpcUrl: string;
  rpc: Rpc;
  deployment: Deployment.Deployment;
  validators: Uint8Array[];
};

/** The embedded chain in a folder of its own, with Islet deployed and the hub's key a relay. */
export async function startChain(): Promise<Chain> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-hub-'));
  const ledger = await Ledger.open({
    folder: join(folder, 'ledger'),
    chainId,
    validatorKey,
    now: Date.now,
  });
  const served = await serve(ledger, { port: 0 });
  const rpcUrl = `http://127.0.0.1:${served.port}`;
  const rpc = connect(rpcUrl);
  return {
    folder,
    rpcUrl,
    rpc,
    deployment: await deploy(rpc),
    validators: [Secp256k1.addressOf(validatorKey)],
    [Symbol.asyncDispose]: async () => {
      await ledger.close();
      await served.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function deploy(rpc: Rpc): Promise<Deployment.Deployment> {
  const sender = Sender.open({ rpc, chainId, key: new Uint8Array(32).fill(3), now: Date.now });
  const org = (n: number): Uint8Array => new Uint8Array(32).fill(n);
  const accountOf = (n: number) => to0x(Secp256k1.addressOf(new Uint8Array(32).fill(50 + n)));
  return Founding.deploy(rpc, sender, chainId, {
    founders: [
      { org: org(1), admin: sender.address },
      { org: org(2), admin: accountOf(9) },
    ],
    relays: [hubKey, otherHubKey].map((key, i) => ({
      relay: to0x(Secp256k1.addressOf(key)),
      org: org(1 + i),
    })),
    custodians: [1, 2, 3].map((n) => ({ org: org(1), signingKey: org(100 + n), account: accountOf(n) })),
    threshold_: 2n,
    delay_: 60n,
    budget: 100_000,
  });
}

/** What the hub logged, one object for each event. */
export type Logged = { event: string; code?: string }[];

export function openHub(
  chain: Chain,
  name: string,
  logged: Logged = [],
  options: Partial<Hub.Options> = {},
): Promise<Hub.Hub> {
  return Hub.open({
    folder: join(chain.folder, name),
    rpcUrl: chain.rpcUrl,
    deployment: chain.deployment,
    validators: chain.validators,
    key: hubKey,
    now: Date.now,
    random,
    events: toLog({ write: (line) => void logged.push(JSON.parse(line)) }),
    batchDelayMs: 50,
    ...options,
  });
}

export const silent = toLog(pino.destination('/dev/null'));

/** Anyone who asks the hub: in the same process or over the network. */
export type Ask = (path: string, init?: RequestInit) => Response | Promise<Response>;

export const post = (ask: Ask, path: string, body: Uint8Array): Promise<Response> =>
  Promise.resolve(ask(path, { method: 'POST', body: body as Uint8Array<ArrayBuffer> }));

/** Status and code of a refusal, for comparing. */
export async function refusal(response: Response): Promise<string> {
  const { code } = (await response.json()) as { code: string };
  return `${response.status} ${code}`;
}

/** Someone with a wallet and an account. */
export type Person = { wallet: Uint8Array; account: Uint8Array };
export const person = (): Person => ({ wallet: Secp256k1.secretKeyFrom(random), account: random(32) });

const later = (): number => Math.floor(Date.now() / 1000) + 3600;
let nonces = 0n;

export function relayOf(
  chain: Chain,
  who: Person,
  kind: keyof typeof structs,
  fields: Record<string, unknown>,
  with_: { grant?: Uint8Array; keys?: Uint8Array } = {},
): Uint8Array {
  return encodeRelay({
    kind,
    signed: signedBy(chain, who, kind, fields),
    grant: with_.grant ?? null,
    keys: with_.keys ?? null,
  });
}

const structs = {
  Register: Message.register,
  AuthoriseGateway: Message.authoriseGateway,
  EndGateway: Message.endGateway,
  AddSigner: Message.addSigner,
  RemoveSigner: Message.removeSigner,
  ReplaceEncryptionKey: Message.replaceEncryptionKey,
  Grant: Message.grant,
  Revoke: Message.revoke,
  Request: Message.request,
  Close: Message.close,
  Erase: Message.erase,
  Confirm: Message.confirm,
};

export function signedBy(
  { deployment }: Chain,
  who: Person,
  kind: keyof typeof structs,
  fields: Record<string, unknown>,
): Uint8Array {
  const consent = kind === 'Grant' || kind === 'Revoke' || kind === 'Request';
  const target = consent ? 'consent' : kind === 'Erase' ? 'erasure' : 'identity';
  const message = {
    chain: BigInt(chainId),
    target: fromHex(deployment[target]),
    account: who.account,
    nonce: ++nonces,
    deadline: later(),
    ...fields,
  };
  return encodeSigned(structs[kind] as never, Message.sign(structs[kind], message, who.wallet) as never);
}

/** Registers a person and one gateway of theirs. */
export async function join_(chain: Chain, ask: Ask, who: Person, gateway?: Uint8Array): Promise<void> {
  const signer = Secp256k1.addressOf(who.wallet);
  const register = relayOf(chain, who, 'Register', { signer, encryptionKeyHash: random(32) });
  await ok(post(ask, '/v1/relay', register));
  if (gateway)
    await ok(post(ask, '/v1/relay', relayOf(chain, who, 'AuthoriseGateway', { gatewayKey: gateway })));
}

export async function ok(asked: Promise<Response>): Promise<Response> {
  const response = await asked;
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return response;
}

export type Asked = {
  grantId?: Uint8Array;
  streams: Stream.Stream[];
  firstDay: number;
  lastDay: number;
  salt: Uint8Array;
};

export const purpose = 'treatment';

/** A grant from one person to another, relayed. */
export async function grant(
  chain: Chain,
  ask: Ask,
  patient: Person,
  reader: Person,
  about: Omit<Asked, 'grantId'>,
  words: Partial<Message.Grant> = {},
): Promise<{ grantId: Uint8Array; signed: Uint8Array; keys: Uint8Array }> {
  const grantId = random(32);
  const keys = encode('islet/test-keys', 1, [random(100)]);
  const signed = signedBy(chain, patient, 'Grant', {
    grantId,
    patient: patient.account,
    reader: reader.account,
    streams: about.streams.map((s) => Stream.code(about.salt, s)),
    firstDay: about.firstDay,
    lastDay: about.lastDay,
    rollingDays: 0,
    notBefore: 0,
    expiresAt: later() + 86_400,
    ...Hours.always(0),
    purpose: Stream.purposeCode(about.salt, purpose),
    maxUses: 0,
    emergency: false,
    nodesHash: sha256(keys),
    ...words,
  });
  await ok(post(ask, '/v1/relay', encodeRelay({ kind: 'Grant', signed, grant: null, keys })));
  return { grantId, signed, keys };
}

/** An erasure as the wallet signs it, with its scope. */
export function erasure(
  chain: Chain,
  who: Person,
  about: { streams: Stream.Stream[]; firstDay: number; lastDay: number; grants?: Uint8Array[] },
): { id: string; signed: Uint8Array; scope: Uint8Array; relay: Uint8Array } {
  const { streams, firstDay, lastDay, grants = [] } = about;
  const words: Erasure.Scope = { salt: random(32), streams: [...streams].sort(), grants };
  const scope = Erasure.encodeScope(words);
  const erasureId = random(32);
  const fields = { erasureId, streams: Erasure.codesOf(words), firstDay, lastDay };
  const signed = signedBy(chain, who, 'Erase', { ...fields, scopeHash: Erasure.hashOf(scope) });
  const relay = encodeRelay({ kind: 'Erase', signed, grant: null, keys: scope });
  return { id: toHex(erasureId), signed, scope, relay };
}

/** A request of a reader, and the fetch that goes with it. */
export function request(
  chain: Chain,
  reader: Person,
  patient: Person,
  about: Asked,
): { signed: Uint8Array; fetch: (blockNumber: number, other?: object) => Uint8Array } {
  const signed = signedBy(chain, reader, 'Request', {
    grantId: about.grantId ?? new Uint8Array(32),
    patient: patient.account,
    reader: reader.account,
    streams: about.streams.map((s) => Stream.code(about.salt, s)),
    firstDay: about.firstDay,
    lastDay: about.lastDay,
    purpose: Stream.purposeCode(about.salt, purpose),
    oneTimeKeyHash: keccak256(utf8('one time')),
    statement: new Uint8Array(32),
  });
  const { salt, streams, firstDay, lastDay } = about;
  return {
    signed,
    fetch: (blockNumber, other = {}) =>
      encodeFetch({ request: signed, salt, streams, firstDay, lastDay, blockNumber, ...other }),
  };
}

export const signingKey = (): Promise<Ed25519.SigningKey> => Ed25519.fromSeed(random(32));
