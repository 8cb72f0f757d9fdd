// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Counts from './counts.mjs';
import { node, tools } from './run.mjs';

/**
 * Every test there is: builds, compiles the contracts afresh and compares, runs forge's tests, then vitest's. A step
 * that fails does not hide the others. Ends with `N passed, N failed` on a line of its own, and the exit code.
 */
export async function runAll(env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'islet-tests-'));
  const report = join(folder, 'vitest.json');
  try {
    const build = await node('the sources build', [tools.tsc, '--build'], env);
    const database = await node('the empty database is prepared', ['scripts/database.mjs'], env);
    const app = await node('the app builds', ['scripts/web.mjs'], env);
    const fresh = await node(
      'the committed ABIs and bytecode are what the contracts compile to',
      ['contracts/check.mjs', '--compile'],
      env,
    );
    const forge = await node('contracts', ['contracts/test.mjs'], env);
    const vitest = await node(
      'packages',
      [tools.vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile=${report}`],
      env,
    );
    const total = Counts.sum([
      Counts.ofStep(build.ok),
      Counts.ofStep(database.ok),
      Counts.ofStep(app.ok),
      Counts.ofStep(fresh.ok),
      Counts.ofForge(forge.printed, forge.ok),
      Counts.ofVitest(report, vitest.ok),
    ]);
    console.log(`\n${Counts.line(total)}`);
    process.exitCode = total.failed ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
