// Copyright the Islet authors. AGPL-3.0-or-later.
// Rooms compiled from the sources of this moment, for tests that start Node: Node 20 runs no TypeScript.
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Every package of others, by link. */
export async function linkPackages(modules: string): Promise<void> {
  for (const name of await readdir(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== '@islet')
      await symlink(join(root, 'node_modules', name), join(modules, name));
}

/** Compiles one room into a folder of packages. */
export async function compileRoom(from: string, to: string): Promise<void> {
  const options = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
  };
  const sources = (await readdir(join(from, 'src'), { recursive: true })).filter((name) =>
    /^(?!.*\.(test|testkit|d)\.ts$).*\.ts$/.test(name),
  );
  const files: Record<string, string> = {};
  for (const name of sources) {
    const source = await readFile(join(from, 'src', name), 'utf8');
    const { outputText } = ts.transpileModule(source, { compilerOptions: options });
    files[name.replace(/\.ts$/, '.js')] = outputText;
  }
  await writeRoom(to, files);
  // Versions that only this room has.
  await symlink(join(from, 'node_modules'), join(to, 'node_modules'));
}

export async function writeRoom(to: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(to, 'dist', name)), { recursive: true });
    await writeFile(join(to, 'dist', name), text);
  }
  await writeFile(
    join(to, 'package.json'),
    JSON.stringify({ type: 'module', exports: { './*': './dist/*.js' } }),
  );
}
