// Copyright the Islet authors. AGPL-3.0-or-later.
// `node contracts/test.mjs [forge test arguments]`; `FOUNDRY_PROFILE=soak` for the long run.
import { randomBytes } from 'node:crypto';
import { run } from './forge.mjs';

const args = process.argv.slice(2);
const soak = process.env.FOUNDRY_PROFILE === 'soak';
// The fast run is the same every time; the soak explores, and forge prints the counterexample it finds.
if (soak && !args.includes('--fuzz-seed')) {
  const seed = `0x${randomBytes(8).toString('hex')}`;
  console.log(`soak: to repeat this run, add --fuzz-seed ${seed}`);
  args.push('--fuzz-seed', seed);
}
process.exit(run(['test', ...args]));
