// Copyright the Islet authors. AGPL-3.0-or-later.
// Prepares the empty database that a hub begins with, and is done at once where it is prepared for the PGlite and the
// tables there are.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './sources.mjs';

const folder = join(root, 'packages/hub/dist/empty-database');
const mark = `${folder}.version`;
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const { version } = lock.packages['node_modules/@electric-sql/pglite'];
const { connect, makeTables, version: tables } = await import('../packages/hub/dist/Database.js');
const wanted = `${version} ${tables}`;

if (!existsSync(folder) || !existsSync(mark) || readFileSync(mark, 'utf8') !== wanted) {
  const { open } = await import('../packages/hub/dist/Pglite.js');
  const unfinished = `${folder}.new`;
  for (const path of [folder, unfinished, mark]) rmSync(path, { recursive: true, force: true });
  const db = connect(await open(unfinished));
  await makeTables(db);
  await db.destroy();
  renameSync(unfinished, folder);
  writeFileSync(mark, wanted);
}
