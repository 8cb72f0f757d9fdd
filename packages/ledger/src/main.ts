// Copyright the Islet authors. AGPL-3.0-or-later.
// The embedded chain as its own process. One line of JSON on stdout when it serves; notes and errors on stderr.
import { IsletError } from '@islet/core/IsletError';
import { type Config, fromEnvironment } from './config.js';
import * as Ledger from './Ledger.js';
import { serve } from './Server.js';
import * as ValidatorKey from './ValidatorKey.js';

const say = (line: object): void => console.error(JSON.stringify({ service: 'ledger', ...line }));

const failure = (error: unknown): void =>
  say(
    error instanceof IsletError
      ? { event: 'failed', code: error.code, message: error.message }
      : { event: 'failed', code: 'LEDGER_UNEXPECTED', message: String(error) },
  );

async function keyFor({ folder, keyPath }: Config): Promise<Uint8Array> {
  const found = await ValidatorKey.read(keyPath);
  if (found) return found;
  if (await Ledger.exists(folder)) {
    throw new ValidatorKey.KeyFileError(
      'it is missing, and this chain was begun with it. Restore it from a backup',
    );
  }
  await ValidatorKey.create(keyPath);
  return (await ValidatorKey.read(keyPath))!;
}

async function main(): Promise<void> {
  const config = fromEnvironment(process.env);
  const { folder, chainId, port, snapshotBlocks } = config;
  const validatorKey = await keyFor(config);
  const ledger = await Ledger.open({
    folder,
    chainId,
    validatorKey,
    snapshotBlocks,
    now: Date.now,
    note: say,
  });
  const served = await serve(ledger, { port }).catch(async (error) => {
    await ledger.close();
    throw error;
  });
  const stop = async (code: number): Promise<never> => {
    // The ledger first: whoever waits for a block still hears of it.
    await ledger.close();
    await served.close();
    process.exit(code);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(0));
  ledger.failed.catch((error) => {
    failure(error);
    void stop(1);
  });
  console.log(JSON.stringify({ ready: true, service: 'ledger', port: served.port }));
}

main().catch((error) => {
  failure(error);
  process.exit(1);
});
