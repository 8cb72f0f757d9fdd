// Copyright the Islet authors. AGPL-3.0-or-later.
// Laws about all requests: nothing but the very request that was signed, granted and decided is released anything.
import { fromHex } from '@islet/core/crypto/bytes';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Message from '@islet/core/Message';
import type { Stream } from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import { type AskRelease, encodeAskRelease } from '@islet/core/wire/Ask';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

let scene: Scene.Scene;
let custodian: Scene.Custodian;
let stranger: Story.Person;
/** Two stories that differ in all: patient, reader, grant, stream, purpose, day, gateway. */
let one: Told;
let two: Told;
type Told = { patient: Story.Person; reader: Story.Person; granted: Story.Granted; asked: Story.Asked };

beforeAll(async () => {
  scene = await Scene.startScene();
  custodian = await scene.custodian(1);
  stranger = await Story.person();
  await Story.settle(scene, stranger);
  one = await tell('glucose/raw', 'treatment', Story.day);
  two = await tell('glucose/day', 'research', Story.day + 1);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

async function tell(stream: Stream, purpose: string, day: number): Promise<Told> {
  const [patient, reader] = await Promise.all([Story.person(), Story.person()]);
  const register = await Story.settle(scene, patient);
  expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
  await Story.settle(scene, reader);
  const others = [await Hpke.publicKeyOf(Scene.random(32)), await Hpke.publicKeyOf(Scene.random(32))];
  const keys = [await Story.keyOf(custodian, patient, stream, day), ...others];
  const sealed = await Story.seal([], patient, { keys, stream, day });
  await Story.anchor(scene, [sealed]);
  const granted = await Story.grant(
    scene,
    patient,
    reader,
    { firstDay: day, lastDay: day },
    { streams: [stream], purpose },
  );
  const asked = await Story.ask(scene, reader, granted, [sealed], { streams: [stream] });
  return { patient, reader, granted, asked: await Story.decide(scene, reader, asked, granted) };
}

/** Its answer, asked again where its view of the chain did not come in time: then it releases nothing, and says so. */
async function answer(bytes: Uint8Array): Promise<string> {
  for (;;) {
    const told = await custodian.answer('/v1/release', bytes);
    if (told !== '503 CHAIN_UNREACHABLE') return told;
  }
}

const send = (ask: AskRelease) => answer(encodeAskRelease(ask));
const refusal = /^(400|403|404) [A-Z_]+$/;

test('no byte of a valid release request can be altered without losing the release', async () => {
  // `blockNumber` is a hint for hubs; custodians find the decision by the request itself and do not use it.
  const { ask } = one.asked;
  const whole = encodeAskRelease(ask);
  expect(await answer(whole)).toBe('200');
  const hint = hintOf(ask);
  const altered = async (at: number, mask: number): Promise<void> => {
    const bytes = new Uint8Array(whole);
    bytes[at] = bytes[at]! ^ mask;
    expect(await answer(bytes), `byte ${at} ^ ${mask}`).toMatch(refusal);
  };
  const places = [...whole.keys()].filter((at) => at !== hint);
  // Every byte once, many at a time; each with masks that differ from run to run.
  const masks = fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 97, maxLength: 97 });
  await fc.assert(
    fc.asyncProperty(masks, async (some) => {
      for (let from = 0; from < places.length; from += 100)
        await Promise.all(places.slice(from, from + 100).map((at) => altered(at, some[at % some.length]!)));
    }),
    { numRuns: 1, endOnFailure: true },
  );
});

/** Where the one byte of the block number stands: the only one that differs when it does. */
function hintOf(ask: AskRelease): number {
  const [a, b] = [0, 1].map((blockNumber) => encodeAskRelease({ ...ask, blockNumber }));
  return a!.findIndex((byte, i) => byte !== b![i]);
}

test('no part of a valid release request can be cut out, doubled or swapped', async () => {
  const whole = encodeAskRelease(one.asked.ask);
  const cut = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 64 }), fc.boolean());
  await fc.assert(
    fc.asyncProperty(cut, async ([at, length, doubled]) => {
      const part = whole.slice(at, at + length);
      const changed = [
        ...whole.slice(0, at),
        ...(doubled ? [...part, ...part] : []),
        ...whole.slice(at + length),
      ];
      expect(await answer(new Uint8Array(changed))).toMatch(refusal);
    }),
    { numRuns: 300 },
  );
});

test('no mixture of two valid requests is released anything', async () => {
  const keys = ['request', 'grant', 'salt', 'streams', 'purpose', 'oneTimeKey'] as const;
  const inner = ['epoch', 'shares', 'segmentHeader', 'receipt'] as const;
  const [a, b] = [one.asked.ask, two.asked.ask];
  expect([await send(a), await send(b)]).toEqual(['200', '200']);
  const choice = fc
    .tuple(...[...keys, ...inner].map(() => fc.boolean()))
    .filter((picks) => new Set(picks).size === 2);
  await fc.assert(
    fc.asyncProperty(choice, async (picks) => {
      const pick = <T>(name: (typeof keys)[number] | (typeof inner)[number], x: T, y: T): T =>
        picks[[...keys, ...inner].indexOf(name)] ? x : y;
      const outer = Object.fromEntries(keys.map((k) => [k, pick<unknown>(k, a[k], b[k])]));
      const epoch = Object.fromEntries(inner.map((k) => [k, pick(k, a.epochs[0]![k], b.epochs[0]![k])]));
      const mixed = { ...a, ...outer, epochs: [epoch] } as AskRelease;
      expect(await send(mixed)).toMatch(refusal);
    }),
    { numRuns: 300 },
  );
});

type Forge = { code: string; make(i: number): AskRelease | Promise<AskRelease> };

/** Whoever forges knows all that is public, and signs with keys of their own. */
const forgeries = (): Record<string, Forge> => {
  const { ask, message } = one.asked;
  const signed = (changes: Partial<Message.Request>, key: Uint8Array): Uint8Array =>
    Story.signedBytes(Message.request, { ...message, ...changes }, key);
  const nonce = (i: number): bigint => 10_000_000n + BigInt(i);
  const asReader = (changes: Partial<Message.Request>): Uint8Array => {
    const forged = Message.sign(Message.request, { ...message, ...changes }, stranger.wallet);
    const { signer } = Message.sign(Message.request, message, one.reader.wallet);
    return encodeSigned(Message.request, { ...forged, signer });
  };
  const id = (i: number): Uint8Array => new Uint8Array(32).fill(i);
  return {
    'a stranger’s signature under the reader’s name': {
      code: '403 RELEASE_BAD_SIGNATURE',
      make: (i) => ({ ...ask, request: asReader({ nonce: nonce(i) }) }),
    },
    'a stranger’s own signature': {
      code: '403 RELEASE_NOT_THE_READER',
      make: (i) => ({ ...ask, request: signed({ nonce: nonce(i) }, stranger.wallet) }),
    },
    'the reader’s signature on what was never decided': {
      code: '403 RELEASE_NOT_DECIDED',
      make: (i) => ({ ...ask, request: signed({ nonce: nonce(i) }, one.reader.wallet) }),
    },
    'a wider window than was decided': {
      code: '403 RELEASE_NOT_DECIDED',
      make: (i) => ({ ...ask, request: signed({ lastDay: message.lastDay + 1 + i }, one.reader.wallet) }),
    },
    'another chain': {
      code: '403 RELEASE_WRONG_CHAIN',
      make: (i) => ({ ...ask, request: signed({ chain: BigInt(i) }, one.reader.wallet) }),
    },
    'another contract': {
      code: '403 RELEASE_WRONG_CHAIN',
      make: (i) => {
        const target = fromHex(scene.deployment.consent);
        target[i % 20] = target[i % 20]! ^ 1;
        return { ...ask, request: signed({ target }, one.reader.wallet) };
      },
    },
    'another one-time key': {
      code: '403 RELEASE_WRONG_KEY',
      make: async () => ({ ...ask, oneTimeKey: await Hpke.publicKeyOf(Scene.random(32)) }),
    },
    'another salt': {
      code: '403 DENIED_WRONG_STREAM',
      make: () => ({ ...ask, salt: Scene.random(32) }),
    },
    'a grant that the stranger signed': {
      code: '403 RELEASE_GRANT_NOT_SIGNED',
      make: (i) => {
        const g = { ...one.granted.message, lastDay: one.granted.message.lastDay + i };
        return { ...ask, grant: Story.signedBytes(Message.grant, g, stranger.wallet) };
      },
    },
    'a grant of another id': {
      code: '403 RELEASE_GRANT_MISMATCH',
      make: (i) => {
        const g = { ...one.granted.message, grantId: id(i + 1) };
        return { ...ask, grant: Story.signedBytes(Message.grant, g, one.patient.wallet) };
      },
    },
  };
};

test('a thousand forged requests are each refused, with the code of what is wrong', async () => {
  const entries = Object.entries(forgeries());
  const each = 1000 / entries.length;
  const tally: Record<string, Record<string, number>> = {};
  for (const [name, { make }] of entries) {
    tally[name] = {};
    for (let i = 0; i < each; i++) {
      const said = await send(await make(i));
      tally[name][said] = (tally[name][said] ?? 0) + 1;
    }
  }
  expect(tally).toEqual(Object.fromEntries(entries.map(([name, { code }]) => [name, { [code]: each }])));
  expect(await send(one.asked.ask)).toBe('200');
});
