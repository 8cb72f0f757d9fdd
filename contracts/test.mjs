// Copyright the Islet authors. AGPL-3.0-or-later.
// `node contracts/test.mjs [forge test arguments]`; `FOUNDRY_PROFILE=soak` for the long run.
import { randomBytes } from 'node:crypto';
import { run } from './forge.mjs';

// Tests compile into folders of their own: `forge lint` marks the files in the common ones as compiled without
// compiling them, and forge would then leave their tests out and call it a success.
const ENVIRONMENT = { FOUNDRY_CACHE_PATH: 'cache/test', FOUNDRY_OUT: 'out/test' };

const args = process.argv.slice(2);
const soak = process.env.FOUNDRY_PROFILE === 'soak';
// The fast run is the same every time; the soak explores, and forge prints the counterexample it finds.
if (soak && !args.includes('--fuzz-seed')) {
  const seed = `0x${randomBytes(8).toString('hex')}`;
  console.log(`soak: to repeat this run, add --fuzz-seed ${seed}`);
  args.push('--fuzz-seed', seed);
}

const { status, output } = await run(['test', ...args], ENVIRONMENT);
// forge calls a run of no tests a success; a gate must not.
const ranNothing = status === 0 && output.includes('No tests found');
if (ranNothing) console.error('no contract test ran: see the arguments given');
process.exitCode = ranNothing ? 1 : status;
