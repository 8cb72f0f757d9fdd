// Copyright the Islet authors. AGPL-3.0-or-later.
// The ledger as its own process, compiled from the sources of this moment: Node 20 runs no TypeScript.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const rooms = ['core', 'chain', 'ledger'];

export type Program = AsyncDisposable & { path: string };

/** Compiles the rooms that the ledger needs into a folder that looks like an installation. */
export async function compile(): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-program-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@islet'), { recursive: true });
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name.startsWith('.') || name === '@islet') continue;
    await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  for (const room of rooms)
    await compileRoom(join(root, 'packages', room, 'src'), join(modules, '@islet', room));
  return {
    path: join(modules, '@islet', 'ledger', 'main.js'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function compileRoom(from: string, to: string): Promise<void> {
  const options = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
  };
  const files = await readdir(from, { recursive: true });
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'package.json'), JSON.stringify({ type: 'module', exports: { './*': './*.js' } }));
  for (const name of files.filter((file) => /^(?!.*\.(test|testkit)\.ts$).*\.ts$/.test(file))) {
    const source = await readFile(join(from, name), 'utf8');
    const target = join(to, relative('.', name).replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, ts.transpileModule(source, { compilerOptions: options }).outputText);
  }
}

export type Running = {
  child: ChildProcess;
  url: string;
  /** Resolves with the exit code, or null where a signal ended it. */
  exited: Promise<number | null>;
};

/** Starts the program and waits until it serves. Rejects with what it wrote if it ends before. */
export async function start(program: Program, env: Record<string, string>): Promise<Running> {
  const child = spawn(process.execPath, [program.path], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line).port));
    child.once('close', () => reject(new Error(`ended before serving: ${complaint}`)));
  });
  return { child, url: `http://127.0.0.1:${port}`, exited };
}
