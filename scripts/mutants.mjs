// Copyright the Islet authors. AGPL-3.0-or-later.
// `node scripts/mutants.mjs [room] [--only text]`: takes out one check at a time and demands that a test notices.
// A room's mutants.json lists { attack, file, find, put, test, name }: in `file`, `find` (which occurs once) becomes
// `put`; then in `test`, what `-t name` selects must fail by an assertion, and must pass without the change. A mutant
// that does not load, runs into a time limit or fails by accident proves nothing and counts as survived.
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createVitest } from 'vitest/node';
import { readJson, rooms, root } from './sources.mjs';

const LANES = 2;
const TEST_MS = 60_000;

const { room, only } = argumentsOf(process.argv.slice(2));
const mutants = rooms()
  .filter(({ folder, name }) => (!room || name === room) && existsSync(join(root, folder, 'mutants.json')))
  .flatMap(({ folder }) => readJson(`${folder}/mutants.json`).map((mutant) => located(folder, mutant)))
  .filter(({ attack, name, file }) => !only || [attack, name, file].some((text) => text.includes(only)));
if (mutants.length === 0) throw new Error('there are no such mutants');

// Those of one test follow one another, after that test has passed as it stands.
const groups = [...grouped(mutants)];
const counts = { killed: 0, survived: 0 };
const folders = [];
const clean = () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
};
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    clean();
    process.exit(130);
  });
try {
  const lanes = Math.min(LANES, groups.length);
  await Promise.all(Array.from({ length: lanes }, runLane));
} finally {
  clean();
}
console.log(`${counts.killed} killed, ${counts.survived} survived`);
process.exit(counts.survived ? 1 : 0);

/** Works through groups in a copy of the tree of its own, until none are left. */
async function runLane() {
  const copy = copyOfTree();
  const options = {
    root: copy,
    watch: false,
    cache: false,
    maxWorkers: 1,
    testTimeout: TEST_MS,
    hookTimeout: TEST_MS,
  };
  const quiet = { reporters: [{}], silent: true, passWithNoTests: true };
  const vitest = await createVitest('test', { ...options, ...quiet }, { cacheDir: join(copy, '.vite') });
  await vitest.standalone();
  const run = (mutant) => runOne(vitest, copy, mutant);
  for (let group = groups.shift(); group; group = groups.shift()) {
    const before = await run(group[0]);
    for (const mutant of group) {
      const startedAt = performance.now();
      const fault = before.passed ? await survival(vitest, copy, mutant, run) : `as it stands, ${before.why}`;
      counts[fault ? 'survived' : 'killed']++;
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const line = `${basename(mutant.file)}: ${mutant.attack}`;
      console.log(
        fault ? `SURVIVED ${line}\n         ${fault} (${mutant.test})` : `killed   ${line} (${seconds} s)`,
      );
    }
  }
  await vitest.close();
}

/** Why the mutant lives on; undefined where an assertion killed it. */
async function survival(vitest, copy, mutant, run) {
  const path = join(copy, mutant.file);
  const source = readFileSync(path, 'utf8');
  const times = source.split(mutant.find).length - 1;
  if (times !== 1) return `what to find occurs ${times} times`;
  if (mutant.find === mutant.put) return 'it changes nothing';
  const write = (text) => {
    writeFileSync(path, text);
    vitest.invalidateFile(path);
  };
  try {
    write(source.replace(mutant.find, () => mutant.put));
    const after = await run(mutant);
    if (after.passed) return 'its test passes all the same';
    return after.asserted ? undefined : after.why;
  } finally {
    write(source);
  }
}

async function runOne(vitest, copy, { test, name }) {
  const path = join(copy, test);
  if (!existsSync(path)) return { passed: false, asserted: false, why: `${test} does not exist` };
  vitest.setGlobalTestNamePattern(new RegExp(name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')));
  const specifications = vitest.getModuleSpecifications(path);
  const ended = await vitest.runTestSpecifications(specifications);
  // It keeps what ran before; only what ran now counts.
  const testModules = ended.testModules.filter(({ moduleId }) => moduleId === specifications[0]?.moduleId);
  const { unhandledErrors } = ended;
  const suites = testModules.flatMap((module) => [module, ...module.children.allSuites()]);
  const broken = [...suites.flatMap((suite) => suite.errors()), ...unhandledErrors];
  const results = testModules.flatMap((module) => [...module.children.allTests()].map((one) => one.result()));
  const ran = results.filter(({ state }) => state === 'passed' || state === 'failed');
  const errors = ran.flatMap((result) => result.errors ?? []);
  if (ran.length === 0 || broken.length > 0) {
    const why = broken.length ? `it does not run: ${firstLine(broken[0])}` : 'no test has that name';
    return { passed: false, asserted: false, why };
  }
  return {
    passed: errors.length === 0,
    asserted: errors.some(isAssertion),
    why: `its test fails by accident: ${firstLine(errors[0])}`,
  };
}

/** Also under the words that fast-check puts around it. */
function isAssertion(error) {
  return error.name === 'AssertionError' || (error.cause ? isAssertion(error.cause) : false);
}

function firstLine(error) {
  return error?.message.split('\n')[0];
}

/** The sources of every room; what npm installed is linked, so that only our own code is a copy. */
function copyOfTree() {
  const copy = mkdtempSync(join(tmpdir(), 'islet-mutants-'));
  folders.push(copy);
  const filter = (path) => !['node_modules', 'dist', 'out', 'cache'].includes(basename(path));
  for (const name of [
    'packages',
    'sim',
    'contracts',
    'vitest.config.ts',
    'package.json',
    'tsconfig.base.json',
  ])
    cpSync(join(root, name), join(copy, name), { recursive: true, filter });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const name of readdirSync(join(root, 'packages'))) {
    const own = join('packages', name, 'node_modules');
    if (existsSync(join(root, own))) symlinkSync(join(root, own), join(copy, own));
  }
  return copy;
}

/** Paths are from the root, or from the room where they do not exist there. */
function located(folder, mutant) {
  for (const key of ['attack', 'file', 'find', 'put', 'test', 'name'])
    if (typeof mutant[key] !== 'string') throw new Error(`${folder}/mutants.json: a mutant has no ${key}`);
  const from = (path) => (existsSync(join(root, path)) ? path : `${folder}/${path}`);
  return { ...mutant, file: from(mutant.file), test: from(mutant.test) };
}

function grouped(list) {
  const found = new Map();
  for (const mutant of list) {
    const key = `${mutant.test}\0${mutant.name}`;
    found.set(key, [...(found.get(key) ?? []), mutant]);
  }
  return found.values();
}

function argumentsOf(args) {
  const at = args.indexOf('--only');
  const only = at >= 0 ? args[at + 1] : undefined;
  const rest = args.filter((_, i) => at < 0 || (i !== at && i !== at + 1));
  return { room: rest[0], only };
}
