// Copyright the Islet authors. AGPL-3.0-or-later.
// What a hub takes of asks, from whom, and to whom it tells of them. Every refusal is that of an attack.
import * as Abi from '@islet/chain/Abi';
import { membersAbi } from '@islet/chain/abi/Members';
import * as Sender from '@islet/chain/Sender';
import * as Ask from '@islet/core/Ask';
import * as AskAnswer from '@islet/core/AskAnswer';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Xwing from '@islet/core/crypto/xwing';
import * as Message from '@islet/core/Message';
import { encodeSigned } from '@islet/core/signed';
import type { Terms } from '@islet/core/Terms';
import { parseAsks } from '@islet/core/wire/Asks';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Hub } from '../Hub.js';
import { ASK_SKEW_MS, ASKS_PER_PAIR, PAPER_BYTES } from '../limits.js';
import * as Scene from '../scene.testkit.js';

let chain: Scene.Chain;
let hub: Hub;
let admin: Sender.Sender;
const ask: Scene.Ask = (path, init) => hub.app.request(path, init);
const lasts = 14 * 24 * 3_600_000;

beforeAll(async () => {
  chain = await Scene.startChain();
  hub = await Scene.openHub(chain, 'hub');
  const { rpc, deployment } = chain;
  admin = Sender.open({
    rpc,
    chainId: deployment.chainId,
    key: new Uint8Array(32).fill(3),
    now: Date.now,
  });
});
afterAll(async () => {
  await hub?.close();
  await chain?.[Symbol.asyncDispose]();
});

const seed = Scene.random(32);
const key = Xwing.publicKeyOf(seed);
let [patient, asker, other] = [Scene.person(), Scene.person(), Scene.person()];
beforeEach(async () => {
  [patient, asker, other] = [Scene.person(), Scene.person(), Scene.person()];
  for (const who of [patient, asker, other]) await Scene.join_(chain, ask, who);
});

const members = async (call: 'vouch' | 'endVouch', reader: Uint8Array): Promise<void> => {
  await admin.send({ to: chain.deployment.members, data: Abi.encodeCall(membersAbi, call, { reader }) });
  await hub.context.follower.follow();
};

type Kind = keyof typeof Stated.kinds;
const nothing = new Uint8Array(32);

function statement(who: Scene.Person, kind: Kind, part: Partial<Message.Statement> = {}) {
  const { chainId, identity } = chain.deployment;
  const message = {
    ...{ chain: BigInt(chainId), target: fromHex(identity), account: who.account },
    ...{ kind: Stated.kinds[kind], hash: nothing, version: Date.now(), ...part },
  };
  return Message.sign(Message.statement, message, who.wallet);
}
const stated = (who: Scene.Person, kind: Kind, bytes: Uint8Array, part: Partial<Message.Statement> = {}) =>
  Stated.encodeDocument({ signed: statement(who, kind, { hash: sha256(bytes), ...part }), bytes });

function askOf(part: Partial<Ask.Place> = {}): Ask.Sealed {
  const now = Date.now();
  const terms: Terms = {
    ...{ streams: ['glucose/day'], firstDay: 46_000, lastDay: 46_100, rollingDays: 28, maxUses: 0 },
    ...{ notBefore: now, expiresAt: now + lasts, purpose: 'treatment', emergency: false },
    hours: { weekdays: 127, fromMinute: 0, toMinute: 1_440, offsetMinutes: 0 },
  };
  const place = {
    ...{ asker: asker.account, patient: patient.account, id: Scene.random(32), deadline: now + lasts },
    ...part,
  };
  return Ask.seal({ reader: asker.account, terms, why: 'For your visit.' }, place, key, Scene.random);
}
const put = async (path: string, body: Uint8Array): Promise<string> => {
  const response = await ask(path, { method: 'PUT', body: body as Uint8Array<ArrayBuffer> });
  return response.status === 200 ? '200' : Scene.refusal(response);
};
const send = (of: Ask.Sealed, by = asker, part: Partial<Message.Statement> = {}) =>
  put('/v1/asks', stated(by, 'ask', Ask.encodeSealed(of), part));
const answerTo = (of: Ask.Place, by = patient, part: Partial<AskAnswer.Sealed> = {}) => {
  const answer = { ...AskAnswer.seal({ grantId: null, word: null }, of, key, Scene.random), ...part };
  return put('/v1/asks/answers', stated(by, 'askAnswer', AskAnswer.encodeSealed(answer)));
};
async function list(question: Message.Signed<Message.Statement>) {
  const header = toHex(encodeSigned(Message.statement, question));
  const response = await ask('/v1/asks', { headers: { 'x-islet-statement': header } });
  if (response.status !== 200) return Scene.refusal(response);
  return parseAsks(new Uint8Array(await response.arrayBuffer())).map(({ ask, answer }) => [
    toHex(Ask.parseSealed(Stated.parseDocument(ask).bytes).id),
    answer !== null,
  ]);
}
const listOf = (who: Scene.Person) => list(statement(who, 'askAsks'));

test('an ask goes to its patient, and the answer back to its asker', async () => {
  const one = askOf();
  const id = toHex(one.id);
  expect(await send(one)).toBe('200');
  for (const who of [patient, asker]) expect(await listOf(who)).toEqual([[id, false]]);
  expect(await listOf(other)).toEqual([]);
  expect(await answerTo(one)).toBe('200');
  expect(await listOf(patient)).toEqual([]);
  expect(await listOf(asker)).toEqual([[id, true]]);
  expect(await answerTo(one)).toBe('409 HUB_ASK_ANSWERED');
});

test('the hub holds nothing of what is asked, for how long, or why', async () => {
  const one = askOf();
  const text = Buffer.from(one.sealed).toString('latin1');
  for (const word of ['glucose', 'treatment', 'visit']) expect(text).not.toContain(word);
});

test('an ask in another’s name, altered, or meant for elsewhere is refused', async () => {
  const one = askOf();
  // Forged: the signer does not speak for the one who is said to ask.
  expect(await send(one, { ...other, account: asker.account })).toBe('403 HUB_NOT_A_SIGNER');
  expect(await send(one, other)).toBe('403 HUB_BAD_SIGNATURE');
  // Altered after it was signed: the sealed words, the patient, the deadline.
  const document = (bytes: Ask.Sealed) =>
    Stated.encodeDocument({
      signed: statement(asker, 'ask', { hash: sha256(Ask.encodeSealed(one)) }),
      bytes: Ask.encodeSealed(bytes),
    });
  for (const part of [
    { sealed: Scene.random(one.sealed.length) },
    { patient: other.account },
    { deadline: one.deadline + 1 },
  ])
    expect(await put('/v1/asks', document({ ...one, ...part }))).toBe('403 HUB_BAD_SIGNATURE');
  // Signed for something else, or for another place.
  expect(await send(one, asker, { kind: Stated.kinds.askAnswer })).toBe('403 HUB_BAD_SIGNATURE');
  expect(await send(one, asker, { chain: 1n })).toBe('403 HUB_BAD_SIGNATURE');
  expect(await send(one, asker, { target: Scene.random(20) })).toBe('403 HUB_BAD_SIGNATURE');
  expect(await put('/v1/asks', Scene.random(40))).toBe('400 FORMAT_MALFORMED');
  expect(await put('/v1/asks', new Uint8Array(PAPER_BYTES + 1))).toBe('413 HUB_BODY_TOO_LARGE');
  expect(await listOf(patient)).toEqual([]);
});

test('an ask that is over, waits too long, or was signed in the future is refused', async () => {
  const now = Date.now();
  expect(await send(askOf({ deadline: now - 1 }))).toBe('403 HUB_ASK_OVER');
  expect(await send(askOf({ deadline: now + Ask.maxLife + 60_000 }))).toBe('403 HUB_ASK_OVER');
  const ahead = now + ASK_SKEW_MS + 60_000;
  expect(await send(askOf(), asker, { version: ahead })).toBe('403 HUB_ASK_OVER');
});

test('an account that is not, and oneself, cannot be asked', async () => {
  expect(await send(askOf({ patient: Scene.random(32) }))).toBe('404 HUB_NO_SUCH_ACCOUNT');
  expect(await send(askOf({ patient: asker.account }))).toBe('404 HUB_NO_SUCH_ACCOUNT');
});

test('a stranger may ask less than one for whom a member vouches, and a suspended one nothing', async () => {
  const sent = async (n: number): Promise<string[]> => {
    const all: string[] = [];
    for (let i = 0; i < n; i++) all.push(await send(askOf()));
    return all;
  };
  const { vouched, unvouched } = ASKS_PER_PAIR;
  expect((await sent(unvouched + 1)).at(-1)).toBe('429 HUB_ASK_ALLOWANCE');
  await members('vouch', asker.account);
  expect(new Set(await sent(vouched - unvouched))).toEqual(new Set(['200']));
  expect(await send(askOf())).toBe('429 HUB_ASK_ALLOWANCE');
  await members('endVouch', asker.account);
  expect(await send(askOf())).toBe('403 HUB_READER_SUSPENDED');
});

test('an answer is taken from the patient alone, to an ask there is', async () => {
  const one = askOf();
  await send(one);
  expect(await answerTo(one, other)).toBe('403 HUB_BAD_SIGNATURE');
  expect(await answerTo(one, { ...other, account: patient.account })).toBe('403 HUB_NOT_A_SIGNER');
  // Somebody's own answer to an ask of another's.
  expect(await answerTo({ ...one, patient: other.account }, other)).toBe('404 HUB_NO_SUCH_ASK');
  expect(await answerTo(askOf())).toBe('404 HUB_NO_SUCH_ASK');
  expect(await listOf(patient)).toEqual([[toHex(one.id), false]]);
});

test('who asks whom is told to the two of them, who must ask now and themselves', async () => {
  await send(askOf());
  const thief = { ...other, account: patient.account };
  expect(await listOf(thief)).toBe('403 HUB_NOT_A_SIGNER');
  const old = statement(patient, 'askAsks', { version: Date.now() - ASK_SKEW_MS - 60_000 });
  expect(await list(old)).toBe('403 HUB_BAD_SIGNATURE');
  expect(await list(statement(patient, 'askLooks'))).toBe('403 HUB_BAD_SIGNATURE');
  expect(await list(statement(patient, 'askAsks', { hash: Scene.random(32) }))).toBe('403 HUB_BAD_SIGNATURE');
  expect(await Scene.refusal(await ask('/v1/asks'))).toBe('400 FORMAT_MALFORMED');
});
