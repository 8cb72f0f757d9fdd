// Copyright the Islet authors. AGPL-3.0-or-later.
// The source files of every workspace, and what they are made of: shared by the checks that read code.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** Tests and their kits may reach further than what ships. */
export const isTest = (path) => /\.(test|testkit)\.tsx?$/.test(path);

/** Every workspace: its folder from the root, short name, and declared dependencies. */
export function rooms() {
  const folders = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
  return [...folders.sort(), 'sim']
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => {
      const manifest = readJson(`${folder}/package.json`);
      return {
        folder,
        name: manifest.name.replace('@islet/', ''),
        dependencies: Object.keys(manifest.dependencies ?? {}),
        forTests: Object.keys(manifest.devDependencies ?? {}),
      };
    });
}

/** Paths of the TypeScript sources of a room, from the root, in order. */
export function sourcesOf(folder) {
  const source = join(root, folder, 'src');
  if (!existsSync(source)) return [];
  return readdirSync(source, { recursive: true })
    .map((name) => `${folder}/src/${String(name).replaceAll('\\', '/')}`)
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .sort();
}

export const text = (path) => readFileSync(join(root, path), 'utf8');
