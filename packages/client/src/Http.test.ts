// Copyright the Islet authors. AGPL-3.0-or-later.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import * as Http from './Http.js';
import { TOLD_CHARACTERS } from './limits.js';
import { codeOf } from './scene.testkit.js';
import { serve } from './services.testkit.js';

const body = new Uint8Array([1, 2, 3]);
const refusing = (told: BodyInit, status = 403) => serve(async () => new Response(told, { status }));
const errorOf = async (url: string): Promise<Http.RemoteError> =>
  (await Http.post({ name: 'hub', url }, '/', body).catch((e: unknown) => e)) as Http.RemoteError;

describe('a call', () => {
  test('brings the body there and the answer back', async () => {
    await using service = await serve(async (q) => new Uint8Array([...q.body, 4]));
    expect(await Http.post({ name: 'hub', url: service.url }, '/v1/x', body)).toEqual(
      new Uint8Array([1, 2, 3, 4]),
    );
    expect(await Http.put({ name: 'hub', url: service.url }, '/v1/y', body)).toEqual(
      new Uint8Array([1, 2, 3, 4]),
    );
    expect(await Http.get({ name: 'hub', url: service.url }, '/v1/z')).toEqual(new Uint8Array([4]));
    expect(service.asked.map((q) => `${q.method} ${q.path}`)).toEqual([
      'POST /v1/x',
      'PUT /v1/y',
      'GET /v1/z',
    ]);
  });

  test('to a service that is down names the service', async () => {
    const attempt = Http.get({ name: 'custodian 2', url: 'http://127.0.0.1:1' }, '/');
    expect(await codeOf(attempt)).toBe('SERVICE_UNREACHABLE');
    await expect(attempt).rejects.toThrow('custodian 2');
  });

  test('over a connection that was cut is made again, but not for ever', async () => {
    let cut = 2;
    let asked = 0;
    const server = createServer((request, response) => {
      asked++;
      if (cut-- > 0) return request.socket.destroy();
      response.end('here');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const service = { name: 'hub', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    expect(new TextDecoder().decode(await Http.get(service, '/'))).toBe('here');
    expect(asked).toBe(3);
    cut = 1_000;
    expect(await codeOf(Http.get(service, '/'))).toBe('SERVICE_UNREACHABLE');
    expect(asked).toBe(6);
    server.close();
    server.closeAllConnections();
  });

  test('ends where a service answers with more than it may', async () => {
    await using service = await serve(async () => new Uint8Array(5_000));
    const small = { name: 'hub', url: service.url, answerBytes: 4_999 };
    expect(await codeOf(Http.get(small, '/'))).toBe('SERVICE_ANSWER_TOO_LARGE');
    expect((await Http.get({ ...small, answerBytes: 5_000 }, '/')).length).toBe(5_000);
    expect(service.asked.length).toBe(2);
  });
});

describe('a refusal', () => {
  test('has the code and message that the service gave', async () => {
    await using service = await refusing(
      JSON.stringify({ code: 'DENIED_REVOKED', message: 'It was revoked.', days: 3 }),
    );
    expect(await errorOf(service.url)).toMatchObject({
      code: 'DENIED_REVOKED',
      message: 'It was revoked.',
      status: 403,
      service: 'hub',
      details: { days: 3 },
    });
  });

  test.each(['<html>Bad gateway</html>', 'null', '[]', '', '{"code":7}'])(
    'of %s has its status for a code',
    async (told) => {
      await using service = await refusing(told, 502);
      expect(await errorOf(service.url)).toMatchObject({
        code: 'HTTP_502',
        message: 'The hub answered with status 502.',
      });
    },
  );

  test('cannot paint over a terminal, flood it, or pass for another kind of code', async () => {
    const message = `\u001b[2J\u202eall is well${'!'.repeat(2 * TOLD_CHARACTERS)}`;
    await using service = await refusing(JSON.stringify({ code: 'x\u001b[31m', message }));
    const error = await errorOf(service.url);
    expect(error.code).toBe('HTTP_403');
    expect(error.message).toMatch(/^ \[2J all is well!+$/);
    expect(error.message.length).toBe(TOLD_CHARACTERS);
  });
});

describe('an answer in JSON', () => {
  test('is an object or refused', () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    expect(Http.json(bytes('{"a":1}'))).toEqual({ a: 1 });
    for (const text of ['null', '7', '{', ''])
      expect(() => Http.json(bytes(text), 'hub')).toThrow(Http.UnreadableError);
  });
});
