// Copyright the Islet authors. AGPL-3.0-or-later.
// Puts each service, and the command line, together from what was compiled: a process that loads one file instead of
// hundreds starts with less than half of the computing. Whoever starts one takes the compiled modules where they are
// newer, so leaving this step out costs time only.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './sources.mjs';

const services = ['ledger/dist', 'custodian/dist', 'hub/dist', 'gateway/dist', 'web/dist/host'];

/** These find files of their own beside themselves, or start threads from them. */
const external = [/^@electric-sql\//, /^@foundry-rs\//, /^pg$/, /^pino$/];

for (const folder of services) await bundle(folder, { codeSplitting: false });
await bundle('cli/dist');

/** Beside what it is made of, so that whatever a module finds from its own place is where it was. */
async function bundle(folder, options = {}) {
  const dir = join(root, 'packages', folder);
  for (const name of readdirSync(dir)) if (name.startsWith('bundle')) rmSync(join(dir, name));
  const build = await rolldown({
    input: { bundle: join(dir, 'main.js') },
    platform: 'node',
    external,
    // What a library warns its own authors of.
    logLevel: 'silent',
  });
  await build.write({
    dir,
    entryFileNames: '[name].js',
    chunkFileNames: 'bundle-[name]-[hash].js',
    ...options,
  });
  await build.close();
}
