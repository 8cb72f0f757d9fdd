// Copyright the Islet authors. AGPL-3.0-or-later.
// Answers the two calls forge makes of a compiler: `--version`, and standard JSON from stdin to stdout.
import { readFileSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import solc from 'solc';

if (process.argv.includes('--version')) {
  // forge parses the platform out of this line and does not know "Emscripten".
  process.stdout.write(`Version: ${solc.version().replace('Emscripten', 'Linux')}\n`);
} else {
  const input = JSON.parse(readFileSync(0, 'utf8'));
  input.sources = relativeToBase(input.sources, basePath());
  process.stdout.write(solc.compile(JSON.stringify(input)));
}

function basePath() {
  const at = process.argv.indexOf('--base-path');
  return process.argv[at + 1] ?? process.cwd();
}

/**
 * forge names what our sources import `../node_modules/…`, but what those import by its absolute path. A native
 * compiler finds both on disk; here they are two names, so make them one, the same on every machine.
 */
function relativeToBase(sources, base) {
  const named = Object.entries(sources).map(([path, source]) => [
    isAbsolute(path) ? relative(base, path).split(sep).join('/') : path,
    source,
  ]);
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}
