// Copyright the Islet authors. AGPL-3.0-or-later.
// The host of the app as a process of its own, configured by environment alone.
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import * as Deployment from '@islet/chain/Deployment';
import { appOf } from './app.js';
import { fromEnvironment } from './config.js';
import { CLOSE_MS, HEADERS_MS, LOOK_MS, REQUEST_MS } from './limits.js';
import * as Pages from './Pages.js';

const built = fileURLToPath(new URL('../app/', import.meta.url));

try {
  const config = fromEnvironment(process.env);
  const deployment = Deployment.parse(await readFile(config.deploymentPath, 'utf8'));
  const app = appOf({ config, deployment, pages: await Pages.load(built), fetch });
  const serverOptions = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: LOOK_MS,
  };
  const server = await new Promise<Server>((resolve, reject) => {
    const { host: hostname, port } = config;
    const starting = serve({ fetch: app.fetch, hostname, port, serverOptions }, () =>
      resolve(starting as Server),
    );
    starting.once('error', reject);
  });
  const stop = (): void => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  console.log(JSON.stringify({ ready: true, service: 'web', port }));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(JSON.stringify({ level: 'fatal', message }));
  process.exitCode = 1;
}
