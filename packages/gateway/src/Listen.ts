// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Config } from './config.js';
import { REQUEST_MS, STOP_MS } from './limits.js';

/** Opens the door. Throws what the system throws, for instance where the port is taken. */
export const listen = (
  handler: (request: Request) => Response | Promise<Response>,
  { port, host }: Pick<Config, 'port' | 'host'>,
) =>
  new Promise<Server>((done, fail) => {
    const server = serve({ fetch: handler, hostname: host, port }, () => done(server)) as Server;
    server.requestTimeout = REQUEST_MS;
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
