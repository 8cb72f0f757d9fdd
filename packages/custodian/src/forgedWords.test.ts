// Copyright the Islet authors. AGPL-3.0-or-later.
// What people tell a custodian directly, forged: every signed word that it hears, but for release requests, which have
// laws of their own (forgery.test.ts).
import { fromHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import type { Struct, Value } from '@islet/core/crypto/typedData';
import * as Erasure from '@islet/core/Erasure';
import * as Guardians from '@islet/core/Guardians';
import * as Message from '@islet/core/Message';
import { encodeSigned, parseSigned } from '@islet/core/signed';
import { encodeEnrol, encodeList } from '@islet/core/wire/Ask';
import * as Erasing from '@islet/core/wire/Erasing';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

const rounds = process.env.ISLET_SOAK ? 50 : 5;

type Forged = { message: Record<string, Value>; signer: Uint8Array; signature: Uint8Array };
type Word = {
  path: string;
  struct: Struct;
  message: Record<string, Value>;
  key: Uint8Array;
  /** As it is sent. */
  body(signed: Uint8Array): Uint8Array;
  /** What any forgery gets. */
  code: string;
};

let scene: Scene.Scene;
let custodian: Scene.Custodian;
let words: Word[];

beforeAll(async () => {
  scene = await Scene.startScene();
  custodian = await scene.custodian(1);
  const [patient, guardian, other] = await Promise.all([Story.person(), Story.person(), Story.person()]);
  const register = await Story.settle(scene, patient);
  expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
  const { account } = patient;
  const later = { deadline: Story.secondsOf(scene) + 3600 };
  const place = (contract: 'identity' | 'consent' | 'recovery' | 'erasure') => ({
    chain: BigInt(Scene.chainId),
    target: fromHex(scene.deployment[contract]),
  });
  const named = await Promise.all(
    [guardian, other].map(async (one) => ({
      ...{ account: one.account, salt: Scene.random(32), share: null },
      signers: [Secp256k1.addressOf(one.wallet)],
    })),
  );
  const rules = Guardians.encodeGuardians({
    ...{ account, threshold: 2, delay: 86_400, guardians: named, dealing: null },
  });
  const scope = Erasure.encodeScope({ salt: Scene.random(32), streams: ['glucose/raw'], grants: [] });
  const codes = Erasure.codesOf(Erasure.parseScope(scope));
  const voice = { account, guardian: guardian.account, salt: named[0]!.salt, attempt: 3, ...later };
  const theirs = '403 CUSTODIAN_NOT_THE_PATIENT';
  const guards = '403 RECOVERY_NOT_A_GUARDIAN';
  const newSigner = Secp256k1.addressOf(Secp256k1.secretKeyFrom(Scene.random));
  const word = (
    path: string,
    struct: Struct,
    message: Record<string, Value>,
    more: Partial<Word> = {},
  ): Word => ({ path, struct, message, key: patient.wallet, body: (b) => b, code: theirs, ...more });
  words = [
    word('/v1/enrol', Message.register, parseSigned(Message.register, register).message, {
      ...{ body: (b) => encodeEnrol({ register: b, wanted: [] }), code: '403 ENROL_BAD_SIGNATURE' },
    }),
    word(
      '/v1/guardians',
      Message.statement,
      {
        ...{ ...place('identity'), account, kind: Stated.kinds.guardians, hash: sha256(rules) },
        version: scene.clock.now,
      },
      {
        body: (b) => Stated.encodeDocument({ signed: parseSigned(Message.statement, b), bytes: rules }),
      },
    ),
    word('/v1/notes', Message.statement, {
      ...{ ...place('identity'), account, kind: Stated.kinds.askNotes, hash: Stated.toCustodian(1) },
      version: scene.clock.now,
    }),
    word('/v1/revoke', Message.revoke, {
      ...{ ...place('consent'), grantId: Scene.random(32), patient: account, ...later },
    }),
    word('/v1/add-signer', Message.addSigner, {
      ...{ ...place('identity'), account, signer: newSigner, nonce: 1n, ...later },
    }),
    word('/v1/remove-signer', Message.removeSigner, {
      ...{ ...place('identity'), account, signer: newSigner, nonce: 2n, ...later },
    }),
    word(
      '/v1/recovery',
      Message.approve,
      { ...place('recovery'), ...voice, newSigner },
      {
        ...{ key: guardian.wallet, body: (b) => encodeList('islet/approvals', [b]), code: guards },
      },
    ),
    word(
      '/v1/withdraw-approval',
      Message.withdrawApproval,
      { ...place('recovery'), ...voice },
      {
        ...{ key: guardian.wallet, code: guards },
      },
    ),
    word('/v1/object', Message.object, { ...place('recovery'), account, attempt: 4, ...later }),
    word(
      '/v1/erase',
      Message.erase,
      {
        ...{ ...place('erasure'), erasureId: Scene.random(32), account, streams: codes },
        ...{ firstDay: 100, lastDay: 101, scopeHash: Erasure.hashOf(scope), nonce: 3n, ...later },
      },
      { body: (b) => Erasing.encodeHandover({ erase: b, scope }) },
    ),
  ];
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const sign = ({ struct }: Word, message: Record<string, Value>, key: Uint8Array): Forged =>
  Message.sign(struct, message as never, key) as unknown as Forged;

function altered(value: Value, i: number): Value {
  if (typeof value === 'bigint') return value + 1n + BigInt(i);
  if (typeof value === 'number') return value + 1 + i;
  if (Array.isArray(value)) return [altered(value[0]!, i) as Uint8Array, ...value.slice(1)];
  const bytes = value as Uint8Array;
  const at = (i * 7) % bytes.length;
  return bytes.with(at, bytes[at]! ^ (1 + (i % 255))) as Uint8Array;
}

/** Every way to forge a word, once: what was done, and the bytes. */
function forgeries(word: Word, i: number): [string, Forged][] {
  const honest = sign(word, word.message, word.key);
  const stranger = Secp256k1.secretKeyFrom(Scene.random);
  const theirs = sign(word, word.message, stranger);
  const passkey = Scene.random(84);
  passkey.set(fromHex(scene.deployment.p256Verifier));
  const flipped = (at: number) => honest.signature.with(at, honest.signature[at]! ^ (1 + i)) as Uint8Array;
  return [
    ...word.struct.fields.map(([, name]): [string, Forged] => [
      `${name} altered`,
      { ...honest, message: { ...word.message, [name]: altered(word.message[name]!, i) } },
    ]),
    ...[0, 33, 64].map((at): [string, Forged] => [
      `byte ${at} altered`,
      { ...honest, signature: flipped(at) },
    ]),
    ['no signature', { ...honest, signature: new Uint8Array() }],
    ['a stranger’s in the signer’s name', { ...theirs, signer: honest.signer }],
    ['a stranger’s own', theirs],
    ['a passkey’s', { ...honest, signer: passkey, signature: Scene.random(64) }],
    ['another chain', sign(word, { ...word.message, chain: BigInt(i) }, word.key)],
    ['another contract', sign(word, { ...word.message, target: Scene.random(20) }, word.key)],
  ];
}

test('every word that is not the person’s, about this, here, is refused; the true one is heard', async () => {
  const wrong: string[] = [];
  for (const word of words) {
    const send = (forged: Forged): Promise<string> =>
      custodian.answer(word.path, word.body(encodeSigned(word.struct, forged as never)));
    for (let i = 0; i < rounds; i++)
      for (const [what, forged] of forgeries(word, i)) {
        const said = await send(forged);
        // An erasure’s scope is signed too: what does not fit it has no meaning to refuse.
        const fits = said === word.code || (word.path === '/v1/erase' && said === '400 FORMAT_MALFORMED');
        if (!fits) wrong.push(`${word.path}, ${what}: ${said}`);
      }
    const said = await send(sign(word, word.message, word.key));
    const heard = word.path === '/v1/recovery' ? '403 RECOVERY_NO_QUORUM' : '200';
    if (said !== heard) wrong.push(`${word.path}, true: ${said}`);
  }
  expect(wrong).toEqual([]);
});

test('a question asked again after its time is answered no more', async () => {
  const question = words.find(({ path }) => path === '/v1/notes')!;
  const bytes = encodeSigned(question.struct, sign(question, question.message, question.key) as never);
  expect(await custodian.answer(question.path, bytes)).toBe('200');
  scene.clock.now += 2 * 60_000 + 1;
  expect(await custodian.answer(question.path, bytes)).toBe('403 CUSTODIAN_NOT_THE_PATIENT');
});
