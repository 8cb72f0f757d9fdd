// Copyright the Islet authors. AGPL-3.0-or-later.
// Finds forge's own binary for this platform: npm installs it as an optional package, no install script needed.
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export const contractsFolder = fileURLToPath(new URL('.', import.meta.url));

/** The path of the forge binary. Throws a plain sentence when the platform has none or it is not installed. */
export function locate() {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch] ?? process.arch;
  const name = `@foundry-rs/forge-${process.platform}-${arch}`;
  const file = process.platform === 'win32' ? 'forge.exe' : 'forge';
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/${file}`);
  } catch {
    throw new Error(
      `forge for this platform (${name}) is not installed: run npm install with optional packages`,
    );
  }
}

/** Runs forge in `contracts/`, passing on what it prints; gives the exit status and what was printed. */
export function run(args, env) {
  return new Promise((resolve, reject) => {
    const forge = spawn(locate(), ['--color', process.stdout.isTTY ? 'always' : 'never', ...args], {
      cwd: contractsFolder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    let output = '';
    forge.stdout.on('data', (bytes) => {
      output += bytes;
      process.stdout.write(bytes);
    });
    forge.on('error', reject);
    forge.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}

/** Runs forge quietly; throws with forge's own words when it fails. */
export function runQuietly(args) {
  const done = spawnSync(locate(), args, { cwd: contractsFolder, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`forge ${args.join(' ')} failed:\n${done.stdout}${done.stderr}`);
  return done.stdout;
}
