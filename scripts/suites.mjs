// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Counts from './counts.mjs';
import { node, nodeBeside, tools } from './run.mjs';

/**
 * Every test there is: builds, compiles the contracts, runs forge's tests and compares, then vitest's. A step
 * that fails does not hide the others. Ends with `N passed, N failed` on a line of its own, and the exit code.
 */
export async function runAll(env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'islet-tests-'));
  const report = join(folder, 'vitest.json');
  try {
    const [built, [same, forge]] = await Promise.all([builds(env), contracts(env)]);
    const vitest = await node(
      'packages',
      [tools.vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile=${report}`],
      env,
    );
    const total = Counts.sum([
      ...built.map(({ ok }) => Counts.ofStep(ok)),
      Counts.ofStep(same.ok),
      Counts.ofForge(forge.printed, forge.ok),
      Counts.ofVitest(report, vitest.ok),
    ]);
    console.log(`\n${Counts.line(total)}`);
    process.exitCode = total.failed ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function builds(env) {
  return [
    await node('the sources build', [tools.tsc, '--build'], env),
    await node('the empty database is prepared', ['scripts/database.mjs'], env),
    await node('the services are put together', ['scripts/bundles.mjs'], env),
    await node('the app builds', ['scripts/web.mjs'], env),
  ];
}

/** Beside the build: a compiler of TypeScript and one of Solidity keep one core busy each. */
async function contracts(env) {
  const tests = await nodeBeside('contracts', ['contracts/test.mjs'], env);
  const compiled = ['contracts/check.mjs', '--compiled', 'contracts/out/test'];
  return [
    await nodeBeside('the committed ABIs and bytecode are what the contracts compile to', compiled, env),
    tests,
  ];
}
