// Copyright the Islet authors. AGPL-3.0-or-later.
// `node contracts/prove.mjs`: asks the compiler's own solver for a proof of every property in contracts/proofs, and
// then that each source with a check taken out is not proved. Exit 1 when a property is not proved. See proofs/README.md.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import solc from 'solc';
import { contractsFolder } from './forge.mjs';
import { cut, instances, only } from './proofs/cut.mjs';
import { mutants } from './proofs/mutants.mjs';

const NAMES = readdirSync(join(contractsFolder, 'proofs'))
  .filter((name) => name.endsWith('.sol') && name !== 'World.sol')
  .map((name) => name.replace('.sol', ''));
const PROVED = '2961';
const REFUTED = '4661';

let failed = 0;
for (const name of NAMES) {
  for (const property of prove(name)) {
    const ok = property.answer === property.wanted;
    if (!ok) ++failed;
    console.log(`${ok ? 'ok' : 'FAILED'}: ${name}: ${property.sentence}: ${property.answer}`);
  }
}
for (const mutant of mutants) {
  const [property] = prove(mutant.of, mutant);
  const ok = property?.answer !== undefined && property.answer !== 'proved';
  if (!ok) ++failed;
  console.log(`${ok ? 'ok' : 'FAILED'}: with ${mutant.what}: ${mutant.breaks}: ${property?.answer}`);
}
process.exitCode = failed ? 1 : 0;

/** Each property of a proof, and the solver's answer: proved, refuted (with an example), or unknown. */
function prove(name, mutant) {
  const whole = cut(name, mutant);
  const text = mutant ? only(whole, mutant.breaks) : whole;
  const file = `${name}.sol`;
  const settings = {
    remappings: ['src/=src/'],
    modelChecker: {
      contracts: { [file]: [name] },
      engine: 'bmc',
      solvers: ['z3'],
      targets: ['assert'],
      showProvedSafe: true,
      showUnproved: true,
    },
  };
  const input = { language: 'Solidity', sources: { [file]: { content: text } }, settings };
  const { errors = [] } = JSON.parse(solc.compile(JSON.stringify(input), { import: load }));
  const wrong = errors.find((e) => e.severity === 'error');
  if (wrong) throw new Error(wrong.formattedMessage);
  return instances(text).map(({ from, to, wanted, sentence }) => {
    const here = errors.filter(
      (e) => e.sourceLocation?.file === file && from <= e.sourceLocation.start && e.sourceLocation.start < to,
    );
    const codes = new Set(here.map((e) => e.errorCode));
    const answer = codes.has(REFUTED)
      ? 'refuted'
      : codes.has(PROVED) && codes.size === 1
        ? 'proved'
        : 'unknown';
    return { sentence, wanted, answer };
  });
}

function load(path) {
  const own = path === 'World.sol' ? 'proofs/World.sol' : path;
  return { contents: readFileSync(join(contractsFolder, own), 'utf8') };
}
