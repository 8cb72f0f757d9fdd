// Copyright the Islet authors. AGPL-3.0-or-later.
// `npm run ok`: the gate, in under three minutes. All of it runs, so that one look shows all that is wrong.
import { node, tools } from './run.mjs';

const steps = [
  await node('style', [tools.biome, 'check', '--diagnostic-level=error', '.']),
  await node('the sources build', [tools.tsc, '--build']),
  await node('the empty database is prepared', ['scripts/database.mjs']),
  await node('the services are put together', ['scripts/bundles.mjs']),
  await node('the app builds', ['scripts/web.mjs']),
  await node('the tests are well typed', [tools.tsc, '-p', 'tsconfig.tests.json', '--noEmit']),
  await node('ABIs and bytecode belong to the contracts', ['contracts/check.mjs']),
  await node('who may import whom', ['scripts/arrows.mjs']),
  await node('every error code is explained', ['scripts/errors.mjs']),
  await node('fast tests', [tools.vitest, 'run', '--project=fast']),
];

const failed = steps.filter((step) => !step.ok);
const seconds = steps.reduce((total, step) => total + step.seconds, 0);
console.log('');
for (const step of failed) console.log(`FAILED: ${step.title}`);
console.log(failed.length ? `not ok: ${failed.length} of ${steps.length}` : `ok, ${seconds.toFixed(0)} s`);
process.exitCode = failed.length ? 1 : 0;
