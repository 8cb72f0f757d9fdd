// Copyright the Islet authors. AGPL-3.0-or-later.
// Compiles the contracts and writes what TypeScript knows of them, with a manifest that check.mjs compares against.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile, inputs, manifest, manifestPath, rootFolder } from './artefacts.mjs';

const files = compile();
for (const [path, text] of [...Object.entries(files), [manifestPath, manifest(inputs(), files)]]) {
  mkdirSync(dirname(join(rootFolder, path)), { recursive: true });
  writeFileSync(join(rootFolder, path), text);
  console.log(path);
}
