// Copyright the Islet authors. AGPL-3.0-or-later.
// Finds forge's own binary for this platform: npm installs it as an optional package, no install script needed.
import { spawnSync } from 'node:child_process';
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

/** Runs forge in `contracts/` with the terminal attached; gives the exit code. */
export function run(args, env = {}) {
  const done = spawnSync(locate(), args, {
    cwd: contractsFolder,
    stdio: 'inherit',
    env: { ...process.env, FOUNDRY_DISABLE_NIGHTLY_WARNING: '1', ...env },
  });
  if (done.error) throw done.error;
  return done.status ?? 1;
}

/** Runs forge quietly; throws with forge's own words when it fails. */
export function runQuietly(args) {
  const done = spawnSync(locate(), args, { cwd: contractsFolder, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`forge ${args.join(' ')} failed:\n${done.stdout}${done.stderr}`);
  return done.stdout;
}
