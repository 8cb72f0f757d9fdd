// Copyright the Islet authors. AGPL-3.0-or-later.
// A custodian as a process of its own, configured by environment alone.
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { IsletError } from '@islet/core/IsletError';
import { app } from './app.js';
import * as Custodian from './Custodian.js';
import { fromEnvironment } from './config.js';
import { headersMs, lookMs, requestMs } from './limits.js';

try {
  const config = await fromEnvironment(process.env);
  const custodian = await Custodian.open(config, Date.now);
  // Catching up now makes the first release quick; if the chain is away, the first question says so.
  custodian.chain.follow().catch(() => {});
  // Stops: holding connections open with requests that never end.
  const serverOptions = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: lookMs,
  };
  const server = serve(
    { fetch: app(custodian).fetch, hostname: '127.0.0.1', port: config.port, serverOptions },
    (info) => {
      console.log(
        JSON.stringify({ ready: true, service: 'custodian', index: config.index, port: info.port }),
      );
    },
  ) as Server;
  const stop = (): void => {
    server.close(() => void custodian.close().then(() => process.exit(0)));
    server.closeAllConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  const code = error instanceof IsletError ? error.code : 'CUSTODIAN_UNEXPECTED';
  const message = error instanceof IsletError ? error.message : 'The custodian could not start.';
  console.error(JSON.stringify({ code, message }));
  process.exitCode = 1;
}
