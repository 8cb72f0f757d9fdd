// Copyright the Islet authors. AGPL-3.0-or-later.
// Writes the published vectors, from the built formats (`npm run build` first) and fixed seeds. A vector that would change is a format
// that changed: that is refused unless `--new-format` says that it was meant.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as keys from './cases/keys.mjs';
import * as records from './cases/records.mjs';
import * as recovery from './cases/recovery.mjs';
import * as wire from './cases/wire.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const meant = process.argv.includes('--new-format');

/** Bytes as `0x…`, integers beyond 2^53 as decimal text; what is undefined is left out. */
function plain(key, value) {
  // What stands there itself: a Buffer would already have turned itself into something else.
  const own = this[key];
  if (own instanceof Uint8Array) return `0x${Buffer.from(own).toString('hex')}`;
  return typeof value === 'bigint' ? String(value) : value;
}

const made = new Map();
for (const { file, ...vector } of [...(await keys.all()), ...(await records.all()), ...(await wire.all()), ...(await recovery.all())]) {
  if (made.has(file)) throw new Error(`${file} twice`);
  made.set(file, `${JSON.stringify(vector, plain, 2)}\n`);
}

const there = new Map(
  readdirSync(here)
    .filter((name) => name.endsWith('.json') && name !== 'names.json')
    .map((name) => [name.slice(0, -5), readFileSync(join(here, name), 'utf8')]),
);
const changed = [...made].filter(([file, text]) => there.has(file) && there.get(file) !== text);
const gone = [...there.keys()].filter((file) => !made.has(file));
if (!meant && changed.length + gone.length > 0) {
  for (const [file] of changed) console.error(`${file}: the bytes would change`);
  for (const file of gone) console.error(`${file}: no longer made`);
  console.error('A published format must not change. If it was meant, raise its version and use --new-format.');
  process.exit(1);
}
let written = 0;
for (const [file, text] of made) {
  if (there.get(file) === text) continue;
  writeFileSync(join(here, `${file}.json`), text);
  written++;
}
console.log(`${made.size} vector files, ${written} written`);
for (const file of gone) console.log(`delete by hand: ${file}.json`);
