// Copyright the Islet authors. AGPL-3.0-or-later.
// The gateway as its own process, made from the sources of this moment: Node 20 runs no TypeScript.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as Deployment from '@islet/chain/Deployment';
import { fromHex, to0x } from '@islet/core/crypto/bytes';
import ts from 'typescript';
import type { TestHub } from './hub.testkit.js';
import type { Scene } from './scene.testkit.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export type Program = AsyncDisposable & { path: string };

/** Compiles the rooms that the gateway is made of into a folder that looks like an installation. */
export async function compile(): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-gateway-program-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@islet'), { recursive: true });
  for (const name of await readdir(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== '@islet')
      await symlink(join(root, 'node_modules', name), join(modules, name));
  for (const room of ['core', 'chain', 'store', 'ingest', 'gateway'])
    await compileRoom(join(root, 'packages', room, 'src'), join(modules, '@islet', room));
  return {
    path: join(modules, '@islet', 'gateway', 'main.js'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function compileRoom(from: string, to: string): Promise<void> {
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
  };
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'package.json'), '{"type":"module","exports":{"./*":"./*.js"}}');
  for (const name of await readdir(from, { recursive: true })) {
    if (!name.endsWith('.ts') || /\.(test|testkit|d)\.ts$/.test(name)) continue;
    const target = join(to, name.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    const source = await readFile(join(from, name), 'utf8');
    await writeFile(target, ts.transpileModule(source, { compilerOptions }).outputText);
  }
}

export type Running = {
  child: ChildProcess;
  url: string;
  gatewayKey: Uint8Array;
  exited: Promise<number | null>;
  /** What it said on stderr. */
  said: () => string;
};

export async function environment(
  scene: Scene,
  hub: TestHub,
  folder: string,
): Promise<Record<string, string>> {
  const deploymentPath = join(scene.folder, 'deployment.json');
  await writeFile(deploymentPath, Deployment.format(scene.deployment));
  return {
    ISLET_GATEWAY_FOLDER: folder,
    ISLET_RPC_URL: scene.rpcUrl,
    ISLET_DEPLOYMENT: deploymentPath,
    ISLET_VALIDATORS: scene.validators.map(to0x).join(','),
    ISLET_HUB_URL: hub.url,
    ISLET_CUSTODIANS: scene.custodians.map((c) => c.url).join(','),
  };
}

/** Starts the program and waits until it serves. */
export async function start(program: Program, env: Record<string, string>): Promise<Running> {
  const child = spawn(process.execPath, [program.path], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  const ready = await new Promise<{ port: number; gatewayKey: string }>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    child.once('close', () => reject(new Error(`ended before serving: ${complaint}`)));
  });
  return {
    child,
    url: `http://127.0.0.1:${ready.port}`,
    gatewayKey: fromHex(ready.gatewayKey),
    exited,
    said: () => complaint,
  };
}
