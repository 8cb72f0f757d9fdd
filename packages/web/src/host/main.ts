// Copyright the Islet authors. AGPL-3.0-or-later.
// The host of the app as a process of its own, configured by environment alone.
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import { type ServerType, serve } from '@hono/node-server';
import * as Deployment from '@islet/chain/Deployment';
import { appOf } from './app.js';
import { type Config, fromEnvironment } from './config.js';
import { CLOSE_MS, HEADERS_MS, LOOK_MS, REQUEST_MS } from './limits.js';
import * as Pages from './Pages.js';

const built = fileURLToPath(new URL('../app/', import.meta.url));

const serverOptions = {
  headersTimeout: HEADERS_MS,
  requestTimeout: REQUEST_MS,
  connectionsCheckingInterval: LOOK_MS,
};

async function authorityOf(tls: Config['tls']): Promise<[string, Pages.Page][]> {
  if (!tls?.authorityPath) return [];
  const bytes = new Uint8Array(await readFile(tls.authorityPath));
  return [['/authority.crt', { bytes, type: 'application/x-x509-ca-cert', immutable: false }]];
}

const listening = (start: (ready: () => void) => ServerType): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = start(() => resolve(server as Server)) as Server;
    server.once('error', reject);
  });

try {
  const config = fromEnvironment(process.env);
  const { host: hostname, port, tls } = config;
  const deployment = Deployment.parse(await readFile(config.deploymentPath, 'utf8'));
  const pages = new Map([...(await Pages.load(built)), ...(await authorityOf(tls))]);
  const { fetch: answer } = appOf({ config, deployment, pages, fetch });
  const plain = await listening((ready) => serve({ fetch: answer, hostname, port, serverOptions }, ready));
  const servers = [plain];
  if (tls) {
    const [cert, key] = [await readFile(tls.certPath), await readFile(tls.keyPath)];
    const options = { ...serverOptions, cert, key, minVersion: 'TLSv1.2' as const };
    // To every device that finds this one; the plain one stays with this machine.
    const everywhere = { hostname: '0.0.0.0', port: tls.port, createServer, serverOptions: options };
    servers.push(await listening((ready) => serve({ fetch: answer, ...everywhere }, ready)));
  }
  const stop = (): void => {
    let open = servers.length;
    for (const server of servers) {
      server.close(() => --open === 0 && process.exit(0));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref();
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  const address = plain.address();
  const taken = typeof address === 'object' && address ? address.port : port;
  console.log(JSON.stringify({ ready: true, service: 'web', port: taken }));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(JSON.stringify({ level: 'fatal', message }));
  process.exitCode = 1;
}
