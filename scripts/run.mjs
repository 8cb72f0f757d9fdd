// Copyright the Islet authors. AGPL-3.0-or-later.
// Runs one step of the gate or of the tests in the root, its words on the terminal as they come.
import { spawn } from 'node:child_process';
import { root } from './sources.mjs';

/** Runs `node …args`; gives whether it succeeded, what it printed, and the seconds it took. */
export async function node(title, args, env = {}) {
  console.log(`\n── ${title}`);
  return said(await run(title, args, env, (words) => process.stdout.write(words)));
}

/** As `node`, beside other steps: its words come when it has ended. */
export async function nodeBeside(title, args, env = {}) {
  const step = await run(title, args, env, () => {});
  process.stdout.write(`\n── ${title}\n${step.printed}`);
  return said(step);
}

function said(step) {
  console.log(`${step.ok ? 'ok' : 'FAILED'}: ${step.title}, ${step.seconds.toFixed(1)} s`);
  return step;
}

async function run(title, args, env, onWords) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (words) => {
    printed += words;
    onWords(words);
  });
  const ok = await new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
  const seconds = (performance.now() - startedAt) / 1000;
  return { title, ok, printed, seconds };
}

/** The programs that come with npm, by their own scripts: no shell, no path of this machine. */
export const tools = {
  biome: 'node_modules/@biomejs/biome/bin/biome',
  tsc: 'node_modules/typescript/bin/tsc',
  vitest: 'node_modules/vitest/vitest.mjs',
  knip: 'node_modules/knip/bin/knip.js',
};
