#!/usr/bin/env node
// Copyright the Islet authors. AGPL-3.0-or-later.
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

if (!existsSync(main)) {
  console.error('Islet is not built yet. Build it first with: npm run build');
  process.exit(1);
}

// A reader that has seen enough, like `head`, is no error.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const Bundle = await import('../dist/Bundle.js');
const { run } = await import(pathToFileURL(Bundle.of(main)).href);
const streams = { out: process.stdout, err: process.stderr, now: Date.now };
process.exitCode = await run(process.argv.slice(2), process.env, streams);
