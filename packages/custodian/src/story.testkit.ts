// Copyright the Islet authors. AGPL-3.0-or-later.
// People on the chain, what a gateway sealed of theirs, what they granted, and what readers ask.
import * as Abi from '@islet/chain/Abi';
import { anchorsAbi } from '@islet/chain/abi/Anchors';
import { circlesAbi } from '@islet/chain/abi/Circles';
import { consentAbi } from '@islet/chain/abi/Consent';
import { erasureAbi } from '@islet/chain/abi/Erasure';
import { identityAbi } from '@islet/chain/abi/Identity';
import { membersAbi } from '@islet/chain/abi/Members';
import { recordDecision } from '@islet/chain/View';
import type { Hex } from '@islet/chain/Wire';
import * as Batch from '@islet/core/Batch';
import * as Bundle from '@islet/core/Bundle';
import * as Circle from '@islet/core/Circle';
import { encode, type Item } from '@islet/core/codec';
import { concat, fromHex, to0x } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import { domainHash, keccak256 } from '@islet/core/crypto/hash';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import type { Struct, Value } from '@islet/core/crypto/typedData';
import * as Xwing from '@islet/core/crypto/xwing';
import * as Day from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import * as Erasure from '@islet/core/Erasure';
import * as Hours from '@islet/core/Hours';
import * as Message from '@islet/core/Message';
import * as Receipt from '@islet/core/Receipt';
import * as Release from '@islet/core/Release';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import type { Stream } from '@islet/core/Stream';
import * as Streams from '@islet/core/Stream';
import { encodeSigned, parseSigned } from '@islet/core/signed';
import { type AskRelease, encodeAskRelease, encodeEnrol, encodeMoreKeys } from '@islet/core/wire/Ask';
import * as Erasing from '@islet/core/wire/Erasing';
import * as Stated from '@islet/core/wire/Stated';
import { type Custodian, chainId, random, type Scene, signingSeeds } from './scene.testkit.js';

/** Someone with a wallet, an account and a gateway. */
export type Person = { wallet: Uint8Array; account: Uint8Array; gateway: Ed25519.SigningKey };

export const person = async (): Promise<Person> => ({
  wallet: Secp256k1.secretKeyFrom(random),
  account: random(32),
  gateway: await Ed25519.fromSeed(random(32)),
});

/** The one member of a scene. */
export const organisation = new Uint8Array(32).fill(1);

/** 2024-05-06 */
export const day = 45_416;
let nonces = 0n;
const dayKey = Xwing.publicKeyOf(random(32));

export const secondsOf = (scene: Scene): number => Math.floor(scene.clock.now / 1000);

export const placeOf = ({ deployment }: Scene, contract: 'identity' | 'circles' | 'consent' | 'erasure') => ({
  chain: BigInt(chainId),
  target: fromHex(deployment[contract]),
});

/** A message as the ABI takes it: every integer a bigint, addresses in hex. */
const onChain = (struct: Struct, message: object): never =>
  Object.fromEntries(
    struct.fields.map(([type, name]) => {
      const value = (message as Record<string, Value>)[name]!;
      if (type === 'address') return [name, to0x(value as Uint8Array)];
      return [name, typeof value === 'number' ? BigInt(value) : value];
    }),
  ) as never;

type Anything = { chain: bigint; target: Uint8Array };

const addresses = new WeakMap<Uint8Array, Uint8Array>();
const signings = new WeakMap<object, { key: Uint8Array; signed: Message.Signed<never> }>();

/** `Message.sign`, once for what goes both to the chain and to a custodian. */
function sign<M extends Anything>(struct: Struct, message: M, key: Uint8Array): Message.Signed<M> {
  const before = signings.get(message);
  if (before && before.key === key) return before.signed;
  const signer = addresses.get(key) ?? Secp256k1.addressOf(key);
  addresses.set(key, signer);
  const signature = Secp256k1.sign(Message.digestOf(struct, message), key);
  const signed = { message, signer, signature };
  signings.set(message, { key, signed: signed as never });
  return signed;
}

/** Signs any message with any key, whether or not that makes sense. */
export const signedBytes = <M extends Anything>(struct: Struct, message: M, key: Uint8Array): Uint8Array =>
  encodeSigned(struct, sign(struct, message, key) as never);

export function registration(scene: Scene, who: Person, changes: Partial<Message.Register> = {}) {
  const message: Message.Register = {
    ...placeOf(scene, 'identity'),
    account: who.account,
    signer: Secp256k1.addressOf(who.wallet),
    encryptionKeyHash: random(32),
    deadline: secondsOf(scene) + 3600,
    ...changes,
  };
  return { message, bytes: signedBytes(Message.register, message, who.wallet) };
}

/** Registers a person and their gateway on chain; gives the signed registration. */
export async function settle(scene: Scene, who: Person): Promise<Uint8Array> {
  const { message, bytes } = registration(scene, who);
  const { signature } = sign(Message.register, message, who.wallet);
  const data = Abi.encodeCall(identityAbi, 'register', { m: onChain(Message.register, message), signature });
  await scene.relay('identity', data);
  await speak(scene, who, 'authoriseGateway', Message.authoriseGateway, {
    gatewayKey: who.gateway.publicKey,
  });
  return bytes;
}

const addSigner = {
  name: 'AddSigner',
  fields: [
    ['uint256', 'chain'],
    ['address', 'target'],
    ['bytes32', 'account'],
    ['bytes', 'signer'],
    ['uint256', 'nonce'],
    ['uint64', 'deadline'],
  ],
} as const satisfies Struct;

/** The chain lets another key speak for the account from now on. */
export const letSpeak = (scene: Scene, who: Person, signer: Uint8Array): Promise<void> =>
  speak(scene, who, 'addSigner', addSigner, { signer });

async function speak(
  scene: Scene,
  who: Person,
  call: 'authoriseGateway' | 'addSigner',
  struct: Struct,
  fields: object,
): Promise<void> {
  const message = {
    ...placeOf(scene, 'identity'),
    account: who.account,
    nonce: ++nonces,
    deadline: secondsOf(scene) + 3600,
    ...fields,
  };
  const { signer, signature } = sign(struct, message, who.wallet);
  const data = Abi.encodeCall(identityAbi, call, { m: onChain(struct, message), signer, signature });
  await scene.relay('identity', data);
}

type Member = 'vouch' | 'endVouch' | 'createRole' | 'appoint' | 'dismiss';

/** The organisation's admin calls `Members`; the relay of these scenes is that admin. */
export const member = (scene: Scene, name: Member, args: object): Promise<void> =>
  scene.relay('members', Abi.encodeCall(membersAbi, name, args as never));

/** The one organisation votes for a change, and carries it out. */
export async function vote(scene: Scene, call: Hex): Promise<void> {
  await scene.relay('members', Abi.encodeCall(membersAbi, 'propose', { call: fromHex(call) }));
  const id = BigInt(++votes);
  await scene.relay('members', Abi.encodeCall(membersAbi, 'execute', { id }));
}

let votes = 0;

/** A role of the one organisation, with nobody in it. */
export async function role(scene: Scene): Promise<Uint8Array> {
  const salt = random(32);
  await member(scene, 'createRole', { salt, keyHash: random(32) });
  return keccak256(concat(organisation, salt));
}

const circleCalls = {
  openCircle: Message.openCircle,
  admit: Message.admit,
  dismiss: Message.dismiss,
  endCircle: Message.endCircle,
} as const;

/** What someone signs goes to `Circles`. */
export async function say(
  scene: Scene,
  who: Person,
  call: keyof typeof circleCalls,
  fields: object,
): Promise<void> {
  const struct: Struct = circleCalls[call];
  const message = {
    ...placeOf(scene, 'circles'),
    nonce: ++nonces,
    deadline: secondsOf(scene) + 3600,
    ...fields,
  };
  const { signer, signature } = Message.sign(struct, message, who.wallet);
  const args = { m: onChain(struct, message), signer, signature };
  await scene.relay('circles', Abi.encodeCall(circlesAbi, call, args));
}

/** A patient's circle for so many, until so many seconds from now, with nobody in it. */
export async function circle(
  scene: Scene,
  patient: Person,
  keeper: Person,
  { maxPeople = 2, seconds = 30 * 86_400 } = {},
): Promise<Uint8Array> {
  const until = secondsOf(scene) + seconds;
  const terms = {
    ...{ patient: patient.account, keeper: keeper.account, maxPeople, until, salt: random(32) },
  };
  await say(scene, patient, 'openCircle', { ...terms, keyHash: random(32) });
  return Circle.idOf(terms);
}

/** What a custodian signed as its public key of a stream's day. */
export async function keyOf(custodian: Custodian, who: Person, stream: Stream, at: number | null) {
  const wanted = [{ stream, firstDay: at ?? day, days: 1 }];
  const body = encodeMoreKeys({ account: who.account, wanted });
  const [bytes] = await custodian.list('/v1/keys', 'islet/bundles', body);
  const signer = await Ed25519.fromSeed(signingSeeds[custodian.context.index - 1]!);
  const bundle = await Bundle.parseCustodianKeys(bytes!, signer.publicKey);
  return Bundle.keyOf(bundle!, at)!;
}

export const enrolment = (register: Uint8Array): Uint8Array => encodeEnrol({ register, wanted: [] });

/** An epoch with its shares and one segment, ready to be anchored. */
export type Sealed = {
  epoch: Epoch.Epoch;
  shares: Shares.Shares;
  segment: Segment.Segment;
  lockSecret: Uint8Array;
  receipt: Uint8Array;
};

export type Sealing = {
  day?: number | null;
  stream?: Stream;
  revision?: number;
  /** UTC ms; long ago without. */
  openedAt?: number;
  /** The custodians' public keys in the order of their indices, instead of the true ones. */
  keys?: Uint8Array[];
  gateway?: Ed25519.SigningKey;
};

/** Seals one segment of an epoch of its own, to custodians that the person is enrolled with. */
export async function seal(custodians: Custodian[], who: Person, how: Sealing = {}): Promise<Sealed> {
  const { stream = 'glucose/raw', revision = 0, openedAt = 1, gateway = who.gateway } = how;
  const at = how.day === undefined ? day : how.day;
  const about = { account: who.account, stream, day: at, openedAt, revision };
  const { epoch, secrets } = await Epoch.create(about, dayKey, gateway, random);
  const keys = how.keys ?? (await Promise.all(custodians.map((c) => keyOf(c, who, stream, at))));
  const set = { version: 1, threshold: 2, keys };
  const shares = await Shares.create(epoch, secrets.lockSecret, set, gateway);
  const place = { chain: random(16), number: 1, previous: Segment.genesis, cites: [], sealedAt: 2 };
  const segment = await Segment.seal(epoch, secrets.contentKey, place, random(40), gateway, random);
  return { epoch, shares, segment, lockSecret: secrets.lockSecret, receipt: new Uint8Array() };
}

const batches = new WeakMap<Scene, number>();

/** A record of shares as a gateway could sign it, however it came by what is in it. */
export async function signShares(record: Shares.Record, signer: Ed25519.SigningKey): Promise<Uint8Array> {
  const fields: Item[] = [
    record.epochHash,
    record.setVersion,
    record.threshold,
    record.shares.map((s): Item => [s.encapsulated, s.ciphertext, s.commitment]),
    record.dealer,
  ];
  const signed = domainHash('islet/shares-signature/v1', encode('islet/shares', 1, fields));
  return encode('islet/shares', 1, [...fields, await signer.sign(signed)]);
}

/** Anchors segments in one batch, and gives each its receipt. */
export async function anchor(scene: Scene, all: Sealed[]): Promise<void> {
  const number = (batches.get(scene) ?? 0) + 1;
  batches.set(scene, number);
  const leaves = all.map((s) => Segment.leaf(s.segment));
  const built = Batch.build(scene.hub, number, leaves, [{ key: random(32), headHash: random(32) }]);
  const call = { number: BigInt(number), root: built.root };
  await scene.relay('anchors', Abi.encodeCall(anchorsAbi, 'commit', call));
  all.forEach((one, i) => {
    one.receipt = Receipt.encodeReceipt(Receipt.ofLeaf(built, i));
  });
}

export const pieces = (s: Sealed): AskRelease['epochs'][number] => ({
  epoch: s.epoch.bytes,
  shares: s.shares.bytes,
  segmentHeader: s.segment.headerBytes,
  receipt: s.receipt,
});

export type Granted = { message: Message.Grant; bytes: Uint8Array; salt: Uint8Array; purpose: string };

/** A grant as a wallet signs it; on chain only after `submitGrant`. Two streams, three days, an hour. */
export function signGrant(
  scene: Scene,
  patient: Person,
  reader: Person,
  changes: Partial<Message.Grant> = {},
  words: { salt?: Uint8Array; purpose?: string; streams?: Stream[]; key?: Uint8Array } = {},
): Granted {
  const { salt = random(32), purpose = 'treatment', streams = ['glucose/raw', 'glucose/day'] } = words;
  const message: Message.Grant = {
    ...placeOf(scene, 'consent'),
    grantId: random(32),
    patient: patient.account,
    reader: reader.account,
    streams: streams.map((s) => Streams.code(salt, s)),
    firstDay: day,
    lastDay: day + 2,
    rollingDays: 0,
    notBefore: 0,
    expiresAt: secondsOf(scene) + 3600,
    ...Hours.always(0),
    purpose: Streams.purposeCode(salt, purpose),
    maxUses: 0,
    emergency: false,
    nodesHash: random(32),
    deadline: secondsOf(scene) + 3600,
    ...changes,
  };
  return { message, bytes: signedBytes(Message.grant, message, words.key ?? patient.wallet), salt, purpose };
}

export async function submitGrant(scene: Scene, patient: Person, { message }: Granted): Promise<void> {
  const { signer, signature } = sign(Message.grant, message, patient.wallet);
  const g = onChain(Message.grant, message);
  await scene.relay('consent', Abi.encodeCall(consentAbi, 'grant', { g, signer, signature }));
}

export async function grant(...args: Parameters<typeof signGrant>): Promise<Granted> {
  const granted = signGrant(...args);
  await submitGrant(args[0], args[1], granted);
  return granted;
}

export function revocation(scene: Scene, patient: Person, grantId: Uint8Array, changes: object = {}) {
  const message = {
    ...placeOf(scene, 'consent'),
    grantId,
    patient: patient.account,
    deadline: secondsOf(scene) + 3600,
    ...changes,
  };
  return { message, bytes: signedBytes(Message.revoke, message, patient.wallet) };
}

export async function revokeOnChain(scene: Scene, patient: Person, grantId: Uint8Array): Promise<void> {
  const { message } = revocation(scene, patient, grantId);
  const { signer, signature } = sign(Message.revoke, message, patient.wallet);
  const m = onChain(Message.revoke, message);
  await scene.relay('consent', Abi.encodeCall(consentAbi, 'revoke', { m, signer, signature }));
}

/** An erasure as the wallet signs it, with its scope. On chain only after `eraseOnChain`. */
export function erasure(
  scene: Scene,
  who: Person,
  of: { streams?: Stream[]; firstDay?: number; lastDay?: number; key?: Uint8Array; salt?: Uint8Array } = {},
  changes: Partial<Message.Erase> = {},
) {
  const { streams = ['glucose/raw'], salt = random(32) } = of;
  const all = streams.length === 0;
  const scope: Erasure.Scope = { salt, streams: [...streams].sort(), grants: [] };
  const bytes = Erasure.encodeScope(scope);
  const message: Message.Erase = {
    ...placeOf(scene, 'erasure'),
    erasureId: random(32),
    account: who.account,
    streams: Erasure.codesOf(scope),
    firstDay: all ? Day.first : (of.firstDay ?? day),
    lastDay: all ? Day.last : (of.lastDay ?? day),
    scopeHash: Erasure.hashOf(bytes),
    nonce: ++nonces,
    deadline: secondsOf(scene) + 3600,
    ...changes,
  };
  const erase = signedBytes(Message.erase, message, of.key ?? who.wallet);
  return { message, handover: Erasing.encodeHandover({ erase, scope: bytes }) };
}

export async function eraseOnChain(scene: Scene, who: Person, message: Message.Erase): Promise<void> {
  const { signer, signature } = sign(Message.erase, message, who.wallet);
  const m = onChain(Message.erase, message);
  await scene.relay('erasure', Abi.encodeCall(erasureAbi, 'erase', { m, signer, signature }));
}

/** A custodian's word put on chain. */
export async function confirmOnChain(scene: Scene, confirm: Uint8Array): Promise<void> {
  const { message, signature } = parseSigned(Message.confirm, confirm);
  const m = onChain(Message.confirm, message);
  await scene.relay('erasure', Abi.encodeCall(erasureAbi, 'confirm', { m, signature }));
}

/** A question about one's releases, as the patient's wallet signs it. */
export const question = (scene: Scene, who: Person, changes: Partial<Message.Statement> = {}): Uint8Array =>
  signedBytes(
    Message.statement,
    {
      ...placeOf(scene, 'identity'),
      account: who.account,
      kind: Stated.kinds.askNotes,
      hash: Stated.toCustodian(1),
      version: scene.clock.now,
      ...changes,
    },
    who.wallet,
  );

/** A release request and what its asker keeps to open the answer. */
export type Asked = {
  ask: AskRelease;
  message: Message.Request;
  requestId: Uint8Array;
  oneTimeSeed: Uint8Array;
};

export type Asking = {
  streams?: Stream[];
  /** Fields of the request before it is signed. */
  changes?: Partial<Message.Request>;
  /** Who signs, instead of the reader. */
  key?: Uint8Array;
};

/** A reader's request under a grant for sealed epochs; not yet on chain. */
export async function ask(
  scene: Scene,
  reader: Person,
  granted: Granted,
  sealed: Sealed[],
  how: Asking = {},
): Promise<Asked> {
  const { message: g, salt, purpose } = granted;
  const rest = { grantId: g.grantId, patient: g.patient, firstDay: g.firstDay, lastDay: g.lastDay };
  const asked = await build(scene, reader, { salt, purpose }, rest, sealed, how);
  return { ...asked, ask: { ...asked.ask, grant: granted.bytes } };
}

/** A patient's request for their own data; not yet on chain. */
export const askOwn = (scene: Scene, who: Person, sealed: Sealed[], how: Asking = {}): Promise<Asked> =>
  build(
    scene,
    who,
    { salt: random(32), purpose: 'own' },
    { grantId: new Uint8Array(32), patient: who.account, firstDay: day, lastDay: day + 2 },
    sealed,
    how,
  );

async function build(
  scene: Scene,
  reader: Person,
  words: { salt: Uint8Array; purpose: string },
  rest: Pick<Message.Request, 'grantId' | 'patient' | 'firstDay' | 'lastDay'>,
  sealed: Sealed[],
  { streams = ['glucose/raw'], changes = {}, key = reader.wallet }: Asking,
): Promise<Asked> {
  const oneTimeSeed = random(32);
  const oneTimeKey = await Hpke.publicKeyOf(oneTimeSeed);
  const message: Message.Request = {
    ...placeOf(scene, 'consent'),
    ...rest,
    reader: reader.account,
    streams: streams.map((s) => Streams.code(words.salt, s)),
    purpose: Streams.purposeCode(words.salt, words.purpose),
    oneTimeKeyHash: Release.oneTimeKeyHash(oneTimeKey),
    statement: new Uint8Array(32),
    nonce: ++nonces,
    deadline: secondsOf(scene) + 3600,
    ...changes,
  };
  const release: AskRelease = {
    request: signedBytes(Message.request, message, key),
    grant: null,
    ...words,
    streams,
    oneTimeKey,
    blockNumber: 0,
    epochs: sealed.map(pieces),
  };
  return { ask: release, message, requestId: Message.digestOf(Message.request, message), oneTimeSeed };
}

const noGrant: Message.Grant = {
  chain: 0n,
  target: new Uint8Array(20),
  grantId: new Uint8Array(32),
  patient: new Uint8Array(32),
  reader: new Uint8Array(32),
  streams: [],
  firstDay: 0,
  lastDay: 0,
  rollingDays: 0,
  notBefore: 0,
  expiresAt: 0,
  weekdays: 0,
  fromMinute: 0,
  toMinute: 0,
  offsetMinutes: 0,
  purpose: new Uint8Array(32),
  maxUses: 0,
  emergency: false,
  nodesHash: new Uint8Array(32),
  deadline: 0,
};

/** Has the contract decide a request. */
export async function decide(scene: Scene, reader: Person, asked: Asked, granted?: Granted): Promise<Asked> {
  const { signer, signature } = sign(Message.request, asked.message, reader.wallet);
  const r = onChain(Message.request, asked.message);
  const g = onChain(Message.grant, granted?.message ?? noGrant);
  await scene.relay('consent', Abi.encodeCall(consentAbi, 'request', { r, g, signer, signature }));
  return asked;
}

/** What the custodian says to a release request: `200`, or status and code. */
export const answer = (custodian: Custodian, asked: Asked, changes: Partial<AskRelease> = {}) =>
  custodian.answer('/v1/release', encodeAskRelease({ ...asked.ask, ...changes }));

/** The sealed release, as it travels. */
export async function released(custodian: Custodian, asked: Asked): Promise<Uint8Array> {
  const response = await custodian.post('/v1/release', encodeAskRelease(asked.ask));
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The release opened as the asker opens it. */
export async function opened(custodian: Custodian, asked: Asked): Promise<Release.Release | undefined> {
  const signer = await Ed25519.fromSeed(signingSeeds[custodian.context.index - 1]!);
  return Release.open(await released(custodian, asked), asked.requestId, asked.oneTimeSeed, signer.publicKey);
}

/** What the validators, all together, could make the chain say: decisions and grants that nobody signed. */
export function invent(custodian: Custodian, scene: Scene, asked: Asked, granted?: Granted): void {
  const view = custodian.context.chain.state;
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const { message: r, requestId } = asked;
  recordDecision(view, {
    requestId: hex(requestId),
    patient: hex(r.patient),
    reader: hex(r.reader),
    grantId: hex(r.grantId),
    reason: 0,
    scope: null,
    count: 1,
    number: 1_000_000,
    blockNumber: 1,
    at: scene.clock.now,
  });
  if (!granted) return;
  const { message: g } = granted;
  view.grants.set(hex(g.grantId), {
    grantHash: hex(Message.structHashOf(Message.grant, g)),
    patient: hex(g.patient),
    reader: hex(g.reader),
    expiresAt: g.expiresAt,
    grantedAt: scene.clock.now,
    revokedAt: null,
  });
}
