// Copyright the Islet authors. AGPL-3.0-or-later.
import { fileURLToPath } from 'node:url';
import * as Child from './Child.mjs';
import * as Folder from './Folder.mjs';

const program = fileURLToPath(new URL('../packages/cli/bin/islet.mjs', import.meta.url));
/** Ends a program when we end, even by `kill -9`. */
const guard = import.meta.resolve('@islet/cli/childGuard');
const stdio = ['ignore', 'pipe', 'pipe', 'ipc'];

/** All of Islet as a person has it: `islet up` on a folder of its own. */
export async function start() {
  const folder = await Folder.temporary('islet');
  const env = { ...process.env, ISLET_HOME: folder, TZ: 'UTC' };
  const started = Child.start(process.execPath, ['--import', guard, program, 'up', '--json'], { env, stdio });
  const ready = await Child.firstLine(started);
  if (!ready.ready) throw new Error(`islet up: ${JSON.stringify(ready)}`);
  return { folder, ...ready, pid: started.child.pid, stop: started.stop };
}

/** The embedded chain by itself, as `islet up` runs it. */
export async function startChain(chainId) {
  const folder = await Folder.temporary('chain');
  const env = {
    ...process.env,
    ISLET_LEDGER_FOLDER: folder,
    ISLET_LEDGER_KEY: `${folder}/validator.key`,
    ISLET_LEDGER_CHAIN_ID: String(chainId),
  };
  const main = fileURLToPath(import.meta.resolve('@islet/ledger/main'));
  const started = Child.start(process.execPath, ['--import', guard, main], { env, stdio });
  const { port } = await Child.firstLine(started);
  return { url: `http://127.0.0.1:${port}`, stop: started.stop };
}
