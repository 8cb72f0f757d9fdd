// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Server } from 'node:http';
import { serve as listen } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as JsonRpc from './JsonRpc.js';
import type { Ledger } from './Ledger.js';
import { BODY_BYTES, CLOSE_MS, HEADERS_MS, LOOK_MS, REQUEST_MS } from './limits.js';

export type Served = AsyncDisposable & { port: number; close(): Promise<void> };

/** Serves a ledger to this machine: JSON-RPC 2.0 on `POST /`, and `GET /health`. Port 0 takes a free one. */
export async function serve(ledger: Ledger, { port }: { port: number }): Promise<Served> {
  const app = appOf(ledger);
  const server = await new Promise<Server>((resolve, reject) => {
    // Connections whose request never ends are closed.
    const serverOptions = {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: LOOK_MS,
    };
    const starting = listen({ fetch: app.fetch, hostname: '127.0.0.1', port, serverOptions }, () =>
      resolve(starting as Server),
    );
    starting.once('error', reject);
  });
  const address = server.address();
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref();
    });
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The rest of the body is not read, so the connection cannot be used again. */
const tooLarge = (c: Context): Response =>
  c.text(`at most ${BODY_BYTES} bytes`, 413, { connection: 'close' });

function appOf(ledger: Ledger): Hono {
  const app = new Hono();
  app.get('/health', (c) => {
    try {
      const { chainId, number, hash } = ledger.head();
      return c.json({ status: 'ok', chainId, number, hash });
    } catch {
      return c.json({ status: 'failed' }, 503);
    }
  });
  app.post('/', bodyLimit({ maxSize: BODY_BYTES, onError: tooLarge }), async (c) => {
    // A web page can post text here from a visitor's browser, but not JSON: that takes our leave, which we never give.
    if (!c.req.header('content-type')?.startsWith('application/json'))
      return c.text('send application/json', 415);
    const reply = await JsonRpc.answer(ledger, await c.req.text());
    return reply === undefined ? c.body(null, 204) : c.json(reply);
  });
  return app;
}
