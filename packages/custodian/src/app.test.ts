// Copyright the Islet authors. AGPL-3.0-or-later.
// What reaches the checks at all: sizes, formats, and errors that tell nothing.
import { encode, MalformedError } from '@islet/core/codec';
import { concat, utf8 } from '@islet/core/crypto/bytes';
import { encodeAskRelease, encodeMoreKeys, maxEpochs, parseAskRelease } from '@islet/core/wire/Ask';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { app } from './app.js';
import type { Context } from './Context.js';
import { releaseBodyBytes, smallBodyBytes } from './limits.js';
import * as Scene from './scene.testkit.js';
import * as Story from './story.testkit.js';

const calls = ['/v1/enrol', '/v1/keys', '/v1/release', '/v1/revoke', '/v1/notes'];
let scene: Scene.Scene;
let custodian: Scene.Custodian;
let patient: Story.Person;
let asked: Story.Asked;
const messages: Record<string, Uint8Array> = {};

beforeAll(async () => {
  scene = await Scene.startScene();
  custodian = await scene.custodian(1);
  patient = await Story.person();
  const register = await Story.settle(scene, patient);
  expect(await custodian.answer('/v1/enrol', Story.enrolment(register))).toBe('200');
  const keys = await Promise.all(
    [0, 1, 2].map((i) => Story.keyOf(custodian, patient, 'glucose/raw', Story.day + i)),
  );
  const sealed = await Story.seal([], patient, { keys });
  await Story.anchor(scene, [sealed]);
  asked = await Story.decide(scene, patient, await Story.askOwn(scene, patient, [sealed]));
  Object.assign(messages, {
    '/v1/enrol': Story.enrolment(register),
    '/v1/keys': encodeMoreKeys({ account: patient.account, wanted: [] }),
    '/v1/release': encodeAskRelease(asked.ask),
    '/v1/revoke': Story.revocation(scene, patient, Scene.random(32)).bytes,
    '/v1/notes': Story.question(scene, patient),
  });
});
afterAll(() => scene?.[Symbol.asyncDispose]());

describe('a body', () => {
  test('of each call is taken as it is meant', async () => {
    for (const call of calls) expect(await custodian.answer(call, messages[call]!), call).toBe('200');
  });

  test('stops one that would fill the memory, at exactly its limit', async () => {
    for (const call of calls) {
      const limit = call === '/v1/release' ? releaseBodyBytes : smallBodyBytes;
      expect(await custodian.answer(call, new Uint8Array(limit + 1)), call).toBe('413 CUSTODIAN_TOO_LARGE');
      expect(await custodian.answer(call, new Uint8Array(limit)), call).toBe('400 FORMAT_MALFORMED');
    }
  });

  test('stops one that does not tell its length, long before its end', async () => {
    const whole = 64 * smallBodyBytes;
    let given = 0;
    const long = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += 16_384;
        controller.enqueue(new Uint8Array(16_384));
        if (given >= whole) controller.close();
      },
    });
    const request = new Request('http://custodian/v1/enrol', {
      method: 'POST',
      body: long,
      duplex: 'half',
    } as RequestInit);
    const response = await app(custodian.context).request(request);
    expect(response.status).toBe(413);
    expect(given).toBeLessThan(4 * smallBodyBytes);
  });

  test('stops more epochs than one request may name', async () => {
    const one = {
      epoch: new Uint8Array(),
      shares: new Uint8Array(),
      segmentHeader: new Uint8Array(),
      receipt: new Uint8Array(),
    };
    const epochs = Array.from({ length: maxEpochs + 1 }, () => one);
    const body = encodeAskRelease({ ...asked.ask, epochs });
    expect(() => parseAskRelease(body)).toThrow(MalformedError);
    expect(await custodian.answer('/v1/release', body)).toBe('400 FORMAT_MALFORMED');
  });

  test('stops a number in another form than its only one', async () => {
    const [zero, one] = [0, 1].map((blockNumber) => encodeAskRelease({ ...asked.ask, blockNumber }));
    const at = zero!.findIndex((byte, i) => byte !== one![i]);
    // Zero as a floating-point number of two bytes: RFC 8949 has it so, our formats do not.
    const float = concat(zero!.slice(0, at), new Uint8Array([0xf9, 0, 0]), zero!.slice(at + 1));
    expect(await custodian.answer('/v1/release', zero!)).toBe('200');
    expect(await custodian.answer('/v1/release', float)).toBe('400 FORMAT_MALFORMED');
  });

  test('stops bytes that are not the one encoding of their content', async () => {
    for (const call of calls) {
      const body = messages[call]!;
      // A longer form of the same array head: the same content, other bytes.
      const long = concat(new Uint8Array([0x98, body[0]! & 0x1f]), body.slice(1));
      expect(await custodian.answer(call, long), call).toBe('400 FORMAT_MALFORMED');
      expect(await custodian.answer(call, concat(body, new Uint8Array(1))), call).toBe(
        '400 FORMAT_MALFORMED',
      );
      expect(await custodian.answer(call, body.slice(0, -1)), call).toBe('400 FORMAT_MALFORMED');
    }
  });

  test('stops a message of one kind sent as another', async () => {
    for (const call of calls)
      for (const other of calls)
        if (other !== call)
          expect(await custodian.answer(call, messages[other]!), `${other} as ${call}`).toBe(
            '400 FORMAT_MALFORMED',
          );
  });

  test('stops a stream that does not exist', async () => {
    const body = encode('islet/more-keys', 1, [patient.account, [['glucose/secret', 1, 1]]]);
    expect(await custodian.answer('/v1/keys', body)).toBe('400 STREAM_UNKNOWN');
  });

  test('of any bytes is answered with a refusal, never with a failure', async () => {
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.oneof(fc.uint8Array(), fc.string(), fc.nat(), fc.constant(null)), { maxLength: 12 })
        .map((fields) => encode('islet/signed', 1, fields as never)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...calls), junk, async (call, body) => {
        expect(await custodian.answer(call, body)).toMatch(/^400 FORMAT_MALFORMED$/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('an answer', () => {
  test('to an unknown call, or by another method, is that there is none', async () => {
    expect(await custodian.answer('/v1/secrets', new Uint8Array())).toBe('404 CUSTODIAN_NO_SUCH_CALL');
    expect((await app(custodian.context).request('/v1/release')).status).toBe(404);
  });

  test('to what nobody foresaw tells nothing of it', async () => {
    const secret = 'a1b2c3';
    const vault = {
      ...custodian.context.vault,
      signerOf: (): string => {
        throw new Error(secret);
      },
    };
    const broken: Context = { ...custodian.context, vault };
    const body = messages['/v1/release'] as Uint8Array<ArrayBuffer>;
    const response = await app(broken).request('/v1/release', { method: 'POST', body });
    const text = await response.text();
    expect(response.status).toBe(503);
    expect(text).toContain('CUSTODIAN_UNEXPECTED');
    expect(text).not.toContain(secret);
  });

  test('of refusal holds no word of the question', async () => {
    const marker = utf8('marker-of-the-question');
    const salt = concat(marker, new Uint8Array(32 - marker.length));
    const body = encodeAskRelease({ ...asked.ask, salt, purpose: 'marker-of-the-question' });
    const text = await (await custodian.post('/v1/release', body)).text();
    expect(text).toContain('DENIED_');
    expect(text).not.toContain('marker');
  });
});
