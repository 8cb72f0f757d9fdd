// Copyright the Islet authors. AGPL-3.0-or-later.
// The hub as its own process. One line of JSON on stdout when it serves; events as JSON lines on stderr.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as Deployment from '@islet/chain/Deployment';
import { IsletError } from '@islet/core/IsletError';
import * as PrivateFile from '@islet/store/PrivateFile';
import { pino } from 'pino';
import { ConfigError, fromEnvironment, parseKey } from './config.js';
import { toLog } from './events.js';
import * as Hub from './Hub.js';
import { serve } from './Served.js';

const events = toLog(pino.destination({ dest: 2, sync: true }));

async function main(): Promise<void> {
  const config = fromEnvironment(process.env);
  const deployment = await readFile(config.deploymentPath, 'utf8').catch(() => {
    throw new ConfigError('ISLET_DEPLOYMENT');
  });
  const hub = await Hub.open({
    folder: config.folder,
    rpcUrl: config.rpcUrl,
    deployment: Deployment.parse(deployment),
    validators: config.validators,
    key: parseKey(await PrivateFile.read(config.keyPath)),
    custodianUrls: config.custodianUrls,
    ...(config.sqlUrl === undefined ? {} : { sqlUrl: config.sqlUrl }),
    now: Date.now,
    random: (length) => new Uint8Array(randomBytes(length)),
    events,
  });
  const served = await serve(hub.app, config).catch(async (error) => {
    await hub.close();
    throw error;
  });
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    // Held answers would keep the door open.
    await hub.context.follows.close();
    await served.close();
    await hub.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
  events.started(served.port);
  console.log(JSON.stringify({ ready: true, service: 'hub', port: served.port }));
}

main().catch((error) => {
  events.failed(error);
  if (!(error instanceof IsletError)) console.error(error);
  process.exit(1);
});
