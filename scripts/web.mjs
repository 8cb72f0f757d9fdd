// Copyright the Islet authors. AGPL-3.0-or-later.
// Builds the app for browsers where its sources have changed since, and is done at once where not. Fails where a screen
// outgrew its budget. `node scripts/web.mjs --sizes` says how large each is.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as Budgets from './app/Budgets.mjs';
import { finish } from './app/Build.mjs';
import { root } from './sources.mjs';

const rooms = ['core', 'chain', 'ingest', 'client', 'fhir', 'web'];
const mark = join(root, 'packages/web/dist/app.sources');

const now = fingerprint();
const built = existsSync(join(root, 'packages/web/dist/app/index.html'));
const app = join(root, 'packages/web/dist/app');
if (built && existsSync(mark) && readFileSync(mark, 'utf8') === now) {
  if (process.argv.includes('--sizes')) console.log(Budgets.table(Budgets.measure(app)));
  process.exit(0);
}
const vite = join(root, 'node_modules/vite/bin/vite.js');
const config = join(root, 'packages/web/vite.config.ts');
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [vite, 'build', '--config', config, '--logLevel', 'warn'],
  { encoding: 'utf8' },
);
if (status !== 0) {
  console.error(`${stdout}${stderr}`);
  process.exit(status ?? 1);
}
finish(app);
const sizes = Budgets.measure(app);
const tooLarge = sizes.filter(({ bytes, budget }) => bytes > budget);
if (process.argv.includes('--sizes') || tooLarge.length > 0) console.log(Budgets.table(sizes));
if (tooLarge.length > 0) {
  console.error('The app outgrew its budget (scripts/app/Budgets.mjs). Load less, or later.');
  process.exit(1);
}
mkdirSync(join(root, 'packages/web/dist'), { recursive: true });
writeFileSync(mark, now);

/** One hash over everything that goes into the app, and over the versions of what others wrote. */
function fingerprint() {
  const hash = createHash('sha256');
  const files = [
    'package-lock.json',
    'packages/web/index.html',
    'packages/web/vite.config.ts',
    'scripts/app/Budgets.mjs',
    'scripts/app/Build.mjs',
    'scripts/web.mjs',
  ];
  for (const folder of [...rooms.map((room) => `packages/${room}/src`), 'packages/web/public'])
    for (const name of readdirSync(join(root, folder), { recursive: true }))
      if (/^(?!.*\.(test|testkit)\.tsx?$).*\.(tsx?|css|svg|webmanifest|png)$/.test(name))
        files.push(`${folder}/${name}`);
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}
