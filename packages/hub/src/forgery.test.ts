// Copyright the Islet authors. AGPL-3.0-or-later.
// Every kind of message that a relay carries, forged and replayed: each is refused with the code of what is wrong, and
// the true one is taken afterwards all the same.
import * as Circle from '@islet/core/Circle';
import { fromHex, utf8 } from '@islet/core/crypto/bytes';
import { keccak256, sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import type { Struct, Value } from '@islet/core/crypto/typedData';
import * as Erasure from '@islet/core/Erasure';
import * as Guardians from '@islet/core/Guardians';
import * as Hours from '@islet/core/Hours';
import * as Message from '@islet/core/Message';
import * as Stream from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { encodeRelay, type Relayed, relayed } from '@islet/core/wire/Relay';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as Hub from './Hub.js';
import * as Scene from './scene.testkit.js';

/** How often every kind is forged in every way: 5,000 and more in a soak, a tenth otherwise. */
const rounds = process.env.ISLET_SOAK ? 20 : 2;
/** How often every kind is replayed: 1,000 and more in a soak. */
const replays = process.env.ISLET_SOAK ? 70 : 7;

type Fields = Record<string, Value>;
type Contract = 'identity' | 'circles' | 'consent' | 'recovery' | 'erasure' | 'reviews';
type Case = {
  kind: Relayed;
  struct: Struct;
  contract: Contract;
  /** Who signs. */
  key: Uint8Array;
  fields: Fields;
  grant?: Uint8Array;
  keys?: Uint8Array;
  /** What whoever is no signer gets, where the contract is not the first to say so or asks for no signer. */
  stranger?: string;
  replayed: string;
};

let chain: Scene.Chain;
let hub: Hub.Hub;
let cases: Case[];
const [patient, reader, guardian, stranger] = [
  Scene.person(),
  Scene.person(),
  Scene.person(),
  Scene.person(),
];
const unrated = { perSecond: 1e9, burst: 1e9 };
const rates = {
  ...{ put: unrated, receipts: unrated, fetch: unrated },
  ...{ relay: unrated, keys: unrated, grants: unrated, asks: unrated },
};
const ask: Scene.Ask = (path, init) => hub.app.request(path, init);

beforeAll(async () => {
  chain = await Scene.startChain();
  hub = await Scene.openHub(chain, 'hub', [], { rates });
  for (const who of [patient, reader, guardian, stranger]) await Scene.join_(chain, ask, who);
  cases = await casesOf();
});
afterAll(async () => {
  await hub?.close();
  await chain?.[Symbol.asyncDispose]();
});

const later = (): number => Math.floor(Date.now() / 1000) + 3600;
let nonces = 1_000_000n;

const salt = Scene.random(32);
const streams = [Stream.code(salt, 'glucose/raw')];
const purpose = Stream.purposeCode(salt, 'treatment');
const window = { firstDay: 45_000, lastDay: 45_010 };
const keys = utf8('sealed keys');

const grantOf = (emergency: boolean): Fields => ({
  ...{ grantId: Scene.random(32), patient: patient.account, reader: reader.account, streams, ...window },
  ...{ rollingDays: 0, notBefore: 0, expiresAt: later() + 3600, ...Hours.always(0), purpose, maxUses: 0 },
  ...{ emergency, nodesHash: sha256(keys), deadline: later() },
});
const requestOf = (grantId: Uint8Array, statement: Uint8Array): Fields => ({
  ...{ grantId, patient: patient.account, reader: reader.account, streams, ...window, purpose },
  ...{ oneTimeKeyHash: Scene.random(32), statement, nonce: ++nonces, deadline: later() },
});

/** In an order in which the chain takes them one after another. */
async function casesOf(): Promise<Case[]> {
  const { account } = patient;
  const once = () => ({ nonce: ++nonces, deadline: later() });
  const added = Secp256k1.addressOf(Secp256k1.secretKeyFrom(Scene.random));
  const newcomer = Scene.person();
  const gatewayKey = Scene.random(32);
  const voice = { account: guardian.account, salt: Scene.random(32) };
  const other = { account: stranger.account, salt: Scene.random(32) };
  const approval = {
    ...{ account, guardian: guardian.account, salt: voice.salt, attempt: 1, deadline: later() },
  };
  const [granted, emergency] = [grantOf(false), grantOf(true)];
  const grantBytes = signed({ struct: Message.grant, contract: 'consent', key: patient.wallet }, granted);
  const opened = requestOf(emergency.grantId as Uint8Array, Scene.random(32));
  const requestId = Message.digestOf(Message.request, { ...placeOf('consent'), ...opened } as never);
  // Which the guardian keeps.
  const terms = {
    ...{ patient: account, keeper: guardian.account, maxPeople: 2, until: later(), salt: Scene.random(32) },
  };
  const circle = Circle.idOf(terms);
  const ofCircle = (by: 'by' | 'keeper') => ({ circle, [by]: guardian.account, ...once() });
  const byKeeper = { key: guardian.wallet };
  const scope = Erasure.encodeScope({ salt, streams: ['glucose/raw'], grants: [] });
  const erasureId = Scene.random(32);
  const nonceUsed = (contract: Contract) => `409 ${contract.toUpperCase()}_NONCE_USED`;
  const of = (
    kind: Relayed,
    struct: Struct,
    contract: Contract,
    fields: Fields,
    more: Partial<Case> = {},
  ): Case => ({
    kind,
    struct,
    contract,
    key: patient.wallet,
    fields,
    replayed: nonceUsed(contract),
    ...more,
  });

  // The emergency that is closed further down.
  const emergencyGrant = of('Grant', Message.grant, 'consent', emergency, { keys });
  expect(await send(emergencyGrant)).toBe('200');
  const grant = signed(emergencyGrant, emergency);
  const byReader = { key: reader.wallet };
  expect(await send(of('Request', Message.request, 'consent', opened, { ...byReader, grant, keys }))).toBe(
    '200',
  );

  return [
    of(
      'Register',
      Message.register,
      'identity',
      {
        ...{ account: newcomer.account, signer: Secp256k1.addressOf(newcomer.wallet) },
        ...{ encryptionKeyHash: Scene.random(32), deadline: later() },
      },
      {
        key: newcomer.wallet,
        replayed: '409 IDENTITY_ACCOUNT_EXISTS',
        stranger: '403 IDENTITY_BAD_SIGNATURE',
      },
    ),
    of('AuthoriseGateway', Message.authoriseGateway, 'identity', { account, gatewayKey, ...once() }),
    of('EndGateway', Message.endGateway, 'identity', { account, gatewayKey, ...once() }),
    of('AddSigner', Message.addSigner, 'identity', { account, signer: added, ...once() }),
    of('RemoveSigner', Message.removeSigner, 'identity', { account, signer: added, ...once() }),
    of('ReplaceEncryptionKey', Message.replaceEncryptionKey, 'identity', {
      ...{ account, encryptionKeyHash: Scene.random(32), ...once() },
    }),
    of('SetGuardians', Message.setGuardians, 'recovery', {
      ...{ account, guardians: [voice, other].map(Guardians.commitment), threshold: 2, delay: 86_400 },
      ...once(),
    }),
    of(
      'Approve',
      Message.approve,
      'recovery',
      { ...approval, newSigner: added },
      { key: guardian.wallet, replayed: '409 RECOVERY_ALREADY_APPROVED' },
    ),
    of('WithdrawApproval', Message.withdrawApproval, 'recovery', approval, {
      ...{ key: guardian.wallet, replayed: '403 RECOVERY_NOT_APPROVED' },
    }),
    of(
      'Object',
      Message.object,
      'recovery',
      { account, attempt: 1, deadline: later() },
      { replayed: '403 RECOVERY_NOT_OPEN' },
    ),
    of('Grant', Message.grant, 'consent', granted, {
      ...{ keys, replayed: '409 CONSENT_GRANT_EXISTS', stranger: '403 HUB_NOT_A_SIGNER' },
    }),
    of('Request', Message.request, 'consent', requestOf(granted.grantId as Uint8Array, new Uint8Array(32)), {
      ...{ ...byReader, grant: grantBytes },
    }),
    of(
      'Revoke',
      Message.revoke,
      'consent',
      { grantId: granted.grantId!, patient: account, deadline: later() },
      { replayed: '409 CONSENT_ALREADY_REVOKED' },
    ),
    of(
      'OpenCircle',
      Message.openCircle,
      'circles',
      { ...terms, keyHash: Scene.random(32), deadline: later() },
      { replayed: '409 CIRCLES_EXISTS' },
    ),
    of('Admit', Message.admit, 'circles', { ...ofCircle('keeper'), reader: reader.account }, byKeeper),
    of(
      'ReplaceCircleKey',
      Message.replaceCircleKey,
      'circles',
      { ...ofCircle('by'), keyHash: Scene.random(32) },
      byKeeper,
    ),
    of('Dismiss', Message.dismiss, 'circles', { ...ofCircle('by'), reader: reader.account }, byKeeper),
    of(
      'EndCircle',
      Message.endCircle,
      'circles',
      { circle, patient: account, deadline: later() },
      { replayed: '403 CIRCLES_OVER' },
    ),
    of('Close', Message.close, 'reviews', {
      ...{ requestId, patient: account, outcome: 1, noteHash: Scene.random(32), ...once() },
    }),
    of(
      'Erase',
      Message.erase,
      'erasure',
      { erasureId, account, streams, ...window, scopeHash: Erasure.hashOf(scope), ...once() },
      { keys: scope, stranger: '403 HUB_NOT_A_SIGNER' },
    ),
    of(
      'Confirm',
      Message.confirm,
      'erasure',
      { erasureId, custodian: 1, receiptHash: Scene.random(32), deadline: later() },
      {
        ...{ key: new Uint8Array(32).fill(51), replayed: '409 ERASURE_ALREADY_CONFIRMED' },
        // Whose word it is follows from the index: the contract is told of no signer.
        stranger: '403 ERASURE_BAD_SIGNATURE',
      },
    ),
  ];
}

const placeOf = (contract: Contract) => ({
  chain: BigInt(chain.deployment.chainId),
  target: fromHex(chain.deployment[contract]),
});

type Signing = Pick<Case, 'struct' | 'contract' | 'key'>;
type Forged = { message: Fields; signer: Uint8Array; signature: Uint8Array };

const sign = ({ struct, contract, key }: Signing, fields: Fields): Forged =>
  Message.sign(struct, { ...placeOf(contract), ...fields } as never, key) as unknown as Forged;
const signed = (signing: Signing, fields: Fields): Uint8Array =>
  encodeSigned(signing.struct, sign(signing, fields) as never);

const relayOf = ({ kind, grant, keys }: Case, bytes: Uint8Array): Uint8Array =>
  encodeRelay({ kind, signed: bytes, grant: grant ?? null, keys: keys ?? null });

async function post(body: Uint8Array): Promise<string> {
  const response = await Scene.post(ask, '/v1/relay', body);
  if (response.status === 200) return '200';
  const text = await response.text();
  // A refusal says what is wrong and nothing else.
  expect(text.length).toBeLessThan(500);
  return `${response.status} ${(JSON.parse(text) as { code: string }).code}`;
}
const send = (one: Case): Promise<string> => post(relayOf(one, signed(one, one.fields)));

/** Another value of the same type. */
function altered(value: Value, i: number): Value {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'bigint') return value + 1n + BigInt(i);
  if (typeof value === 'number') return value === 0 ? 1 : value - 1;
  if (Array.isArray(value)) return value.length > 1 ? value.slice(1) : [flipped(value[0]!, i)];
  return flipped(value, i);
}
function flipped(bytes: Uint8Array, i: number): Uint8Array {
  const at = (i * 7) % bytes.length;
  return bytes.with(at, bytes[at]! ^ (1 + (i % 255))) as Uint8Array;
}

type Forgery = { what: string; code: string; bytes: Uint8Array };

/** One forgery of every way. `i` makes them differ. */
function forgeries(one: Case, i: number): Forgery[] {
  const { struct, contract, fields } = one;
  const honest = sign(one, fields);
  const bytesOf = (forged: Forged): Uint8Array => encodeSigned(struct, forged as never);
  const prefix = contract.toUpperCase();
  const broken = '403 HUB_BAD_SIGNATURE';
  const forgedBy = sign({ ...one, key: stranger.wallet }, fields);
  const passkey = Scene.random(84);
  passkey.set(fromHex(chain.deployment.p256Verifier));
  const forgery = (what: string, code: string, bytes: Uint8Array): Forgery => ({ what, code, bytes });
  const wrongPlace = { chain: BigInt(i + 1), target: Scene.random(20) };
  return [
    ...struct.fields.map(([, name]) =>
      forgery(
        `${name} altered`,
        broken,
        bytesOf({ ...honest, message: { ...honest.message, [name]: altered(honest.message[name]!, i) } }),
      ),
    ),
    ...[0, 32, 64].map((at) =>
      forgery(
        `byte ${at} of the signature altered`,
        broken,
        bytesOf({
          ...honest,
          signature: honest.signature.with(at, honest.signature[at]! ^ (1 + i)) as Uint8Array,
        }),
      ),
    ),
    forgery('no signature', broken, bytesOf({ ...honest, signature: new Uint8Array(0) })),
    forgery(
      'a stranger’s signature in the signer’s name',
      broken,
      bytesOf({ ...honest, signature: forgedBy.signature }),
    ),
    forgery('a stranger’s own', one.stranger ?? `403 ${prefix}_NOT_A_SIGNER`, bytesOf(forgedBy)),
    forgery(
      'a passkey’s that is no signer’s',
      one.stranger ?? `403 ${prefix}_NOT_A_SIGNER`,
      bytesOf({ ...honest, signer: passkey, signature: Scene.random(64) }),
    ),
    forgery(
      'another chain',
      `403 ${prefix}_WRONG_CHAIN`,
      signed(one, { ...fields, chain: wrongPlace.chain }),
    ),
    forgery(
      'another contract',
      `403 ${prefix}_WRONG_CONTRACT`,
      signed(one, { ...fields, target: wrongPlace.target }),
    ),
    forgery(
      'expired',
      `403 ${prefix}_DEADLINE_PASSED`,
      signed(one, { ...fields, deadline: Math.floor(Date.now() / 1000) - 2 - i }),
    ),
  ];
}

test('the messages forged here are all that are signed', () => {
  // FinishRecovery is nobody's word: it brings an Approve.
  const kinds = [...cases.map(({ kind }) => kind), 'FinishRecovery'].sort();
  expect(kinds).toEqual([...relayed].sort());
});

test('every kind forged in every way is refused with its code, then taken as signed, then refused as replayed', async () => {
  const wrong: string[] = [];
  const total = { forged: 0, replayed: 0 };
  for (const one of cases) {
    for (let i = 0; i < rounds; i++)
      for (const { what, code, bytes } of forgeries(one, i)) {
        total.forged++;
        const said = await post(relayOf(one, bytes));
        if (said !== code) wrong.push(`${one.kind}, ${what}: ${said} instead of ${code}`);
      }
    const taken = await send(one);
    if (taken !== '200') wrong.push(`${one.kind}, true: ${taken}`);
    for (let i = 0; i < replays; i++) {
      total.replayed++;
      const said = await send(one);
      if (said !== one.replayed) wrong.push(`${one.kind}, replayed: ${said} instead of ${one.replayed}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(total.forged).toBeGreaterThanOrEqual(rounds * 250);
  expect(total.replayed).toBeGreaterThanOrEqual(replays * 16);
}, 1_800_000);

test('no kind of message passes for another', async () => {
  for (const one of cases)
    for (const { kind } of cases) {
      if (kind === one.kind) continue;
      const said = await post(relayOf({ ...one, kind }, signed(one, one.fields)));
      expect(said, `${one.kind} as ${kind}`).toMatch(/^(400 FORMAT_MALFORMED|403 HUB_BAD_SIGNATURE)$/);
    }
});

test('a recovery that guardians did not bring to its end is finished by nobody', async () => {
  const approval = cases.find(({ kind }) => kind === 'Approve')!;
  const finish = { ...approval, kind: 'FinishRecovery' as const };
  expect(await send(finish)).toBe('403 RECOVERY_NOT_OPEN');
  const other = { ...approval.fields, attempt: 2, newSigner: keccak256(utf8('x')).slice(0, 20) };
  expect(await post(relayOf(finish, signed(finish, other)))).toBe('403 RECOVERY_NOT_OPEN');
});
