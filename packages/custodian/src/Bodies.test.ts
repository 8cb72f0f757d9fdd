// Copyright the Islet authors. AGPL-3.0-or-later.
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import * as Bodies from './Bodies.js';
import { bodiesInFlightBytes } from './limits.js';
import { Refusal } from './Refusal.js';

const limit = 16 << 20;

function server(): Hono {
  const http = new Hono();
  const bodies = Bodies.open();
  http.post('/', (c) => bodies.take(c, limit, async (body) => c.text(String(body.length))));
  http.onError((error, c) =>
    error instanceof Refusal ? c.text(error.code, error.status) : c.text('unexpected', 500),
  );
  return http;
}

/** A request that sends so many bytes, and ends when told. */
function slow(http: Hono, bytes: number): { answer: Promise<Response>; sent: Promise<void>; end(): void } {
  let end = (): void => {};
  let sent = (): void => {};
  const told = new Promise<void>((done) => {
    sent = done;
  });
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulls++;
        if (pulls === 1) return controller.enqueue(new Uint8Array(bytes));
        sent();
        return new Promise<void>((done) => {
          end = () => {
            controller.close();
            done();
          };
        });
      },
    },
    { highWaterMark: 0 },
  );
  const request = new Request('http://custodian/', { method: 'POST', body, duplex: 'half' } as RequestInit);
  return { answer: Promise.resolve(http.request(request)), sent: told, end: () => end() };
}

test('stops many large requests at once from filling our memory, and serves again when they have gone', async () => {
  const http = server();
  const held = Array.from({ length: bodiesInFlightBytes / limit }, () => slow(http, limit));
  await Promise.all(held.map((one) => one.sent));
  const refused = await http.request('/', { method: 'POST', body: new Uint8Array(1) });
  expect([refused.status, await refused.text()]).toEqual([503, 'CUSTODIAN_BUSY']);
  for (const one of held) one.end();
  for (const one of held) expect(await (await one.answer).text()).toBe(String(limit));
  const served = await http.request('/', { method: 'POST', body: new Uint8Array(1) });
  expect(await served.text()).toBe('1');
});

test('counts nothing of what was refused or has failed', async () => {
  const http = server();
  for (let n = 0; n < 2 * (bodiesInFlightBytes / limit); n++) {
    const { status } = await http.request('/', { method: 'POST', body: new Uint8Array(limit + 1) });
    expect(status).toBe(413);
  }
  const served = await http.request('/', { method: 'POST', body: new Uint8Array(limit) });
  expect(await served.text()).toBe(String(limit));
});
