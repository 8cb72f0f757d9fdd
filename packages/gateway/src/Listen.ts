// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Config } from './config.js';
import { HEADERS_MS, LOOK_MS, REQUEST_MS, STOP_MS } from './limits.js';

/** Opens the door. Throws what the system throws, for instance where the port is taken. */
export const listen = (
  handler: (request: Request) => Response | Promise<Response>,
  { port, host }: Pick<Config, 'port' | 'host'>,
) =>
  new Promise<Server>((done, fail) => {
    const serverOptions = {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: LOOK_MS,
    };
    const server = serve({ fetch: handler, hostname: host, port, serverOptions }, () =>
      done(server),
    ) as Server;
    server.once('error', fail);
  });

/** Lets what is under way have its answer, for a while. */
export async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_MS);
  await closed;
  clearTimeout(timer);
}
