// Copyright the Islet authors. AGPL-3.0-or-later.
// Who may import whom. Each room's dependency tree is part of its trust sentence (ARCHITECTURE.md), so an arrow that
// points the wrong way fails the gate: undeclared packages, wrong directions, node: where a browser must do, circles.
import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { isTest, readJson, rooms, root, sourcesOf, text } from './sources.mjs';

/** core ◀ chain, store, ingest ◀ client, ledger, hub, gateway, custodian ◀ fhir ◀ web, cli. `sim` makes input and needs core only. */
const MAY = {
  core: [],
  chain: ['core'],
  store: ['core'],
  ingest: ['core'],
  sim: ['core'],
  ledger: ['core', 'chain', 'store'],
  hub: ['core', 'chain', 'store'],
  gateway: ['core', 'chain', 'store', 'ingest'],
  custodian: ['core', 'chain', 'store'],
  client: ['core', 'chain', 'store', 'ingest'],
  fhir: ['core', 'client'],
  web: ['core', 'chain', 'ingest', 'client', 'fhir'],
  cli: [
    'core',
    'chain',
    'store',
    'ingest',
    'sim',
    'client',
    'fhir',
    'ledger',
    'hub',
    'gateway',
    'custodian',
    'web',
  ],
};
/** These run in a browser: nothing of Node outside their tests. */
const BROWSER = ['core', 'ingest', 'fhir'];
/** Tests may also draw people and files from the generator, a chain from the ledger, read back what was written, and use the tools of the root. */
const TESTS_MAY = ['sim', 'ledger', 'ingest'];

const tools = Object.keys(readJson('package.json').devDependencies);
const faults = [];
const files = new Map();

for (const room of rooms()) {
  if (!MAY[room.name])
    faults.push(`${room.folder}: a room that scripts/arrows.mjs does not know; add its arrows`);
  for (const dependency of room.dependencies)
    checkDirection(room, dependency, `${room.folder}/package.json`, false);
  for (const path of sourcesOf(room.folder)) files.set(path, checkFile(room, path));
}
for (const circle of circles()) faults.push(`a circle of imports: ${circle.join(' → ')}`);

for (const fault of faults) console.error(fault);
console.log(`arrows: ${files.size} files, ${faults.length} wrong`);
process.exitCode = faults.length ? 1 : 0;

/** Checks every import of one file; gives the files of the house that it needs when it runs. */
function checkFile(room, path) {
  const test = isTest(path);
  const needed = [];
  for (const { specifier, typeOnly } of importsOf(path)) {
    if (specifier.startsWith('.')) {
      if (specifier.endsWith('.css')) continue;
      const target = fileOf(posix.join(dirname(path), specifier));
      if (!existsSync(join(root, target))) faults.push(`${path}: ${specifier} does not exist`);
      else if (!test && isTest(target)) faults.push(`${path}: imports ${specifier}, which is for tests only`);
      else if (!target.startsWith(`${room.folder}/src/`)) {
        if (!test) faults.push(`${path}: ${specifier} leaves the room; import it as @islet/…`);
      } else if (!typeOnly) needed.push(target);
      continue;
    }
    if (specifier.startsWith('node:') || builtinModules.includes(specifier)) {
      if (!test && BROWSER.includes(room.name))
        faults.push(`${path}: ${specifier} does not exist in a browser`);
      continue;
    }
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    if (name === `@islet/${room.name}`) {
      const target = `${room.folder}/src/${specifier.slice(name.length + 1)}.ts`;
      if (!typeOnly && existsSync(join(root, target))) needed.push(target);
      continue;
    }
    checkDirection(room, name, path, test);
    const forTests = tools.includes(name) || room.forTests.includes(name) || isOurs(name);
    const declared = room.dependencies.includes(name) || (test && forTests);
    if (!declared) faults.push(`${path}: ${name} is not in the dependencies of ${room.folder}/package.json`);
  }
  return needed;
}

function checkDirection(room, name, path, test) {
  if (!isOurs(name)) return;
  const other = name.slice('@islet/'.length);
  const allowed = [...(MAY[room.name] ?? []), ...(test ? TESTS_MAY : [])];
  if (!allowed.includes(other)) faults.push(`${path}: ${room.name} must not import ${other}`);
}

function isOurs(name) {
  return name.startsWith('@islet/');
}

/** Static, dynamic and re-exporting imports; those of types alone vanish when the code runs. */
function importsOf(path) {
  const source = ts.createSourceFile(path, text(path), ts.ScriptTarget.Latest, false);
  const found = [];
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier) {
        const typeOnly =
          node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || node.isTypeOnly === true;
        found.push({ specifier: node.moduleSpecifier.text, typeOnly });
      }
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push({ specifier: node.argument.literal.text, typeOnly: true });
    } else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      node.arguments[0] &&
      ts.isStringLiteralLike(node.arguments[0])
    ) {
      found.push({ specifier: node.arguments[0].text, typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Circles among files, each once, found by a depth-first walk. */
function circles() {
  const done = new Set();
  const walking = [];
  const found = [];
  const walk = (path) => {
    if (done.has(path)) return;
    const at = walking.indexOf(path);
    if (at >= 0) {
      found.push([...walking.slice(at), path]);
      return;
    }
    walking.push(path);
    for (const next of files.get(path) ?? []) walk(next);
    walking.pop();
    done.add(path);
  };
  for (const path of files.keys()) walk(path);
  return found;
}

/** The source behind a compiled name; other files stand for themselves. */
function fileOf(name) {
  if (!name.endsWith('.js')) return name;
  const stem = name.replace(/\.js$/, '');
  return existsSync(join(root, `${stem}.tsx`)) ? `${stem}.tsx` : `${stem}.ts`;
}
