// Copyright the Islet authors. AGPL-3.0-or-later.
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const store = fileURLToPath(new URL('.', import.meta.url));
const core = fileURLToPath(new URL('../../core/src/', import.meta.url));

/** This room's sources as JavaScript in a folder, so that a child process runs what the tests test, not an old build. */
export async function compileInto(folder: string): Promise<void> {
  const compile = async (from: string, to: string): Promise<void> => {
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
    const { outputText } = ts.transpileModule(await readFile(from, 'utf8'), { compilerOptions });
    await writeFile(to, outputText.replaceAll(/'@islet\/core\/(\w+)'/g, "'../core/$1.js'"));
  };
  await mkdir(join(folder, 'store'));
  await mkdir(join(folder, 'core'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await compile(join(core, 'IsletError.ts'), join(folder, 'core/IsletError.js'));
  for (const name of await readdir(store))
    if (/^\w+\.ts$/.test(name))
      await compile(join(store, name), join(folder, 'store', name.replace('.ts', '.js')));
}

/**
 * Runs a script in a child process, kills it with SIGKILL `afterMs` after its first line, and returns the whole lines it wrote.
 */
export async function runAndKill(script: string, args: string[], afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let complaint = '';
  let begun = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (!begun) setTimeout(() => child.kill('SIGKILL'), afterMs);
    begun = true;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
  if (signal !== 'SIGKILL') throw new Error(`the child ended by itself: ${complaint}`);
  return out.split('\n').slice(0, -1);
}
