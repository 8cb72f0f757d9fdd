// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

const source = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const sources = readdirSync(new URL('.', import.meta.url)).filter(
  (n) => n.endsWith('.ts') && !/\.test(kit)?\.ts$/.test(n),
);

test.each(sources)('%s runs in a browser: it imports nothing of Node', (name) => {
  const imported = [...source(name).matchAll(/from '([^']+)'/g)].map((m) => m[1]!);
  for (const from of imported)
    expect(from).toMatch(
      /^(\.\/|@islet\/core\/|zod$|saxes$|fflate\/browser$|csv-parse\/browser\/esm\/sync$)/,
    );
  expect(source(name)).not.toMatch(/\b(Buffer|process|require)\b/);
});

test.each(['csv-parse/browser/esm/sync', 'fflate/browser'])(
  'the build of %s in use imports nothing at all',
  (name) => {
    const file = createRequire(import.meta.url).resolve(name);
    expect(readFileSync(file, 'utf8')).not.toMatch(/^\s*import\s|\brequire\(/m);
  },
);
