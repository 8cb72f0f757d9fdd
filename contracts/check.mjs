// Copyright the Islet authors. AGPL-3.0-or-later.
// Are the generated files those of the present contracts? `node contracts/check.mjs` compares hashes, in no time;
// `--compiled FOLDER` compares every byte with what was compiled there, as the tests of the contracts do. Exit 1 and one
// line when something is stale.
import { generated, inputs, manifest, manifestPath, read, sha256 } from './artefacts.mjs';

const [option, folder] = process.argv.slice(2);
const stale = option === '--compiled' ? compare(folder) : compareHashes();
if (stale) {
  console.error(`${stale}; run: node contracts/generate.mjs`);
  process.exit(1);
}

function compareHashes() {
  const recorded = JSON.parse(readOr(manifestPath, '{}'));
  const present = inputs();
  for (const part of ['sources', 'settings']) {
    const path = firstDifference(recorded[part] ?? {}, present[part]);
    if (path) return `${path} has changed since the ABIs were generated`;
  }
  for (const part of ['solc', 'openzeppelin']) {
    if (recorded[part] !== present[part])
      return `the version of ${part} has changed since the ABIs were generated`;
  }
  for (const [path, hash] of Object.entries(recorded.generated ?? {})) {
    if (sha256(readOr(path, '')) !== hash) return `${path} is missing or was edited by hand`;
  }
}

function compare(out) {
  let files;
  try {
    files = generated(out);
  } catch (error) {
    return `${error.path ?? out} was not compiled`;
  }
  const wanted = { ...files, [manifestPath]: manifest(inputs(), files) };
  for (const [path, text] of Object.entries(wanted)) {
    if (readOr(path, '') !== text) return `${path} is not what the contracts compile to`;
  }
}

function firstDifference(a, b) {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().find((key) => a[key] !== b[key]);
}

function readOr(path, otherwise) {
  try {
    return read(path);
  } catch {
    return otherwise;
  }
}
