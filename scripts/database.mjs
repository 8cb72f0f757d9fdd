// Copyright the Islet authors. AGPL-3.0-or-later.
// Prepares the empty database that a hub begins with, and is done at once where it is prepared for the PGlite there is.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './sources.mjs';

const archive = join(root, 'packages/hub/dist/empty-database.tar.gz');
const mark = `${archive}.version`;
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const { version } = lock.packages['node_modules/@electric-sql/pglite'];

if (!existsSync(archive) || !existsSync(mark) || readFileSync(mark, 'utf8') !== version) {
  const { dump } = await import('../packages/hub/dist/Pglite.js');
  writeFileSync(archive, await dump());
  writeFileSync(mark, version);
}
