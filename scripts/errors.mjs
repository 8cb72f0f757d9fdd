// Copyright the Islet authors. AGPL-3.0-or-later.
// Every error code that the sources can throw stands in docs/errors.md, and nothing that they cannot. Codes are read
// off the sources: literals like 'JOURNAL_CORRUPT', families like `LEDGER_TX_${kind}`, and the contracts' own errors.
import { isTest, rooms, sourcesOf, text } from './sources.mjs';

const PAGE = 'docs/errors.md';
const code = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
const family = /`([A-Z][A-Z0-9_]*_)\$\{kind\}`/;
const kind = /\brefused\('([A-Z_]+)'/g;
const solidity = /"type":"error","name":"(\w+)"/g;
/** Shaped like codes, but names of environment variables or of what Node and the system say. */
const notOurs = /^(ISLET|ERR|NODE|FOUNDRY|UND)_/;

const thrown = new Map();
for (const { folder } of rooms()) {
  for (const path of sourcesOf(folder))
    if (!isTest(path)) for (const found of codesOf(path)) thrown.set(found, path);
}
const explained = new Set([...text(PAGE).matchAll(/^\| `([A-Z0-9_]+)` +\|/gm)].map((row) => row[1]));

const missing = [...thrown.keys()].filter((each) => !explained.has(each)).sort();
const dead = [...explained].filter((each) => !thrown.has(each)).sort();
for (const each of missing) console.error(`${thrown.get(each)}: ${each} is not explained in ${PAGE}`);
for (const each of dead) console.error(`${PAGE}: no source throws ${each}`);
console.log(
  `error codes: ${thrown.size} in the sources, ${missing.length} unexplained, ${dead.length} without a source`,
);
process.exitCode = missing.length || dead.length ? 1 : 0;

function codesOf(path) {
  const source = text(path);
  if (path.includes('/src/abi/')) return [...source.matchAll(solidity)].map(([, name]) => screaming(name));
  const prefix = family.exec(source)?.[1];
  const kinds = prefix ? [...source.matchAll(kind)].map((found) => found[1]) : [];
  const literals = [...source.matchAll(code)].map((found) => found[1]);
  return [
    ...literals.filter((each) => !notOurs.test(each) && !kinds.includes(each)),
    ...kinds.map((each) => prefix + each),
  ];
}

/** As `codeOf` of packages/chain/src/Revert.ts: `ConsentAlreadyRevoked` → `CONSENT_ALREADY_REVOKED`. */
function screaming(name) {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toUpperCase();
}
