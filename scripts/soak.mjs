// Copyright the Islet authors. AGPL-3.0-or-later.
// `npm run soak`: the suites of `npm test`, with more kills, more seeds and deeper fuzzing, every mutant, and the proofs of
// the contracts. Takes hours.
import { node } from './run.mjs';
import { runAll } from './suites.mjs';

await runAll({ ISLET_SOAK: '1', FOUNDRY_PROFILE: 'soak' });
const mutants = await node('a check taken out is noticed', ['scripts/mutants.mjs']);
const proofs = await node('the contracts’ laws are proved', ['contracts/prove.mjs']);
if (!mutants.ok || !proofs.ok) process.exitCode = 1;
