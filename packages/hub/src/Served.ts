// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Server } from 'node:http';
import { serve as listen } from '@hono/node-server';
import type { Hono } from 'hono';
import { CLOSE_MS, CONNECTIONS, HEADERS_MS, IDLE_SOCKET_MS, LOOK_MS, REQUEST_MS } from './limits.js';

export type Served = AsyncDisposable & { readonly port: number; close(): Promise<void> };

/** Serves an app over HTTP. Port 0 takes a free one. Clients that hold a connection without using it lose it. */
export async function serve(
  app: Hono,
  { port, hostname }: { port: number; hostname: string },
): Promise<Served> {
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = listen(
      {
        fetch: app.fetch,
        hostname,
        port,
        serverOptions: {
          headersTimeout: HEADERS_MS,
          requestTimeout: REQUEST_MS,
          connectionsCheckingInterval: LOOK_MS,
        },
      },
      () => resolve(starting as Server),
    );
    starting.once('error', reject);
  });
  server.maxConnections = CONNECTIONS;
  // Without a byte either way for so long: also a client that does not take its answer.
  server.setTimeout(IDLE_SOCKET_MS, (socket) => socket.destroy());
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
