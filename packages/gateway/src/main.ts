// Copyright the Islet authors. AGPL-3.0-or-later.
// A gateway as a process of its own, configured by environment alone.
import { readFile } from 'node:fs/promises';
import * as Deployment from '@islet/chain/Deployment';
import { toHex } from '@islet/core/crypto/bytes';
import { fromEnvironment } from './config.js';
import { logging } from './events.js';
import * as Gateway from './Gateway.js';

const events = logging(process.env.ISLET_LOG ?? 'info');

try {
  const config = fromEnvironment(process.env);
  const deployment = Deployment.parse(await readFile(config.deploymentPath, 'utf8'));
  const gateway = await Gateway.open({
    config,
    deployment,
    now: Date.now,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    fetch,
    events,
  });
  const { port, gatewayKey } = gateway;
  const stop = (): void => void gateway.close().then(() => process.exit(0));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  console.log(JSON.stringify({ ready: true, service: 'gateway', port, gatewayKey: toHex(gatewayKey) }));
} catch (error) {
  events.failed('starting', error);
  process.exitCode = 1;
}
