// Copyright the Islet authors. AGPL-3.0-or-later.
// `npm run bench`: Islet's numbers beside their targets (DESIGN 9) and baselines, as one table.
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import * as Cleanup from './Cleanup.mjs';
import * as Scene from './Scene.mjs';
import * as Table from './Table.mjs';

/** In the order they run: the baselines last, when Islet is stopped and takes nothing from them. */
const withIslet = [
  'bulk',
  'report',
  'app',
  'verify',
  'revocation',
  'follow',
  'posts',
  'catchup',
  'receipts',
  'growth',
  'memory',
];
const alone = ['transactions', 'postgres'];
/** Nothing of Islet runs for these. */
const inProcess = ['formats'];
const names = [...inProcess, ...withIslet, ...alone];
const usage = `node bench/run.mjs [--quick] [--only NAME]… [--people N] [--json FILE]\nNAME: ${names.join(', ')}`;

const options = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true, default: [] },
  people: { type: 'string' },
  json: { type: 'string' },
};

function asked() {
  try {
    const { values } = parseArgs({ options });
    const people = Number(values.people ?? (values.quick ? 5 : 30));
    const unknown = values.only.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Error(`There is no measure ${unknown}.`);
    if (!Number.isInteger(people) || people < 1) throw new Error('--people takes a whole number from 1.');
    return { ...values, people, chosen: values.only.length > 0 ? values.only : names };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    return process.exit(2);
  }
}

/** A measure that fails is a row that says so; the others go on. */
async function rowsOf(name, scene) {
  try {
    const { measure } = await import(`./measures/${name}.mjs`);
    return await measure(scene);
  } catch (error) {
    // Ctrl-C took its services away: the clean-up ends this process.
    if (Cleanup.isEnding()) return new Promise(() => {});
    console.error(error);
    return [{ what: name, measured: 'could not be measured', met: false, note: error.message }];
  }
}

const { quick, people, json, chosen } = asked();
const began = performance.now();
const say = (what) =>
  console.error(`${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${what}`);
Cleanup.listen();
const loadBefore = loadavg()[0];
const scene = Scene.open({ quick, people, say });
const rows = [];
for (const name of names.filter((n) => chosen.includes(n))) {
  if (alone.includes(name)) {
    // Both sides of a ratio first, each with the machine to itself.
    await scene.bulk().catch(() => undefined);
    await scene.stop();
  }
  for (const row of await rowsOf(name, scene)) {
    say(`  ${row.what}: ${row.measured}`);
    rows.push({ measure: name, ...row });
  }
}
await Cleanup.end();

const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`;
const about = `${new Date().toISOString().slice(0, 16)} UTC, ${machine}, ${((performance.now() - began) / 1_000).toFixed(0)} s; load before: ${loadBefore.toFixed(1)}${quick ? '; quick, too short to judge by' : ''}`;
console.log(`${Table.format(rows)}\n\n${about}`);
if (json) await writeFile(json, `${JSON.stringify({ about, quick, people, loadBefore, rows }, null, 2)}\n`);
// A missed target is a finding, not a failure of the run; what could not be measured is.
process.exit(rows.some((row) => row.measured === 'could not be measured') ? 1 : 0);
