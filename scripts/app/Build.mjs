// Copyright the Islet authors. AGPL-3.0-or-later.
// What a built app consists of: one hash for each file, and one for all of them.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Paths as the host serves them. */
function pathsOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replaceAll('\\', '/'))
    .map((path) => path.replace(/^\/*/, '/'))
    .sort();
}

/**
 * Tells the service worker which files are the app's, and writes `build.json`: every file's SHA-256 by its path. The
 * build's own hash, which the app shows, is the SHA-256 of `build.json`.
 */
export function finish(folder) {
  // The bundler's own notes are not the app's.
  renameSync(join(folder, 'chunks.json'), `${folder}.chunks.json`);
  const sw = join(folder, 'sw.js');
  const hashes = (paths) =>
    Object.fromEntries(paths.map((path) => [path, sha256(readFileSync(join(folder, path)))]));
  const files = hashes(pathsOf(folder).filter((path) => path !== '/sw.js'));
  const list = JSON.stringify(files);
  const head = `const ISLET_FILES=${list},ISLET_FILES_HASH="${sha256(list)}";\n`;
  writeFileSync(sw, head + readFileSync(sw, 'utf8'));
  const all = hashes(pathsOf(folder));
  const manifest = `${JSON.stringify({ islet: 'build', version: 1, files: all }, null, 1)}\n`;
  writeFileSync(join(folder, 'build.json'), manifest);
  return sha256(manifest);
}
