// Copyright the Islet authors. AGPL-3.0-or-later.
// What each screen makes a browser load, compressed, and the most that it may be. A screen that outgrows its budget fails
// the build: raise the number here only with a reason.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const kB = 1_000;
const screen = (name) => `src/app/screens/${name}.tsx`;

/** Beside English, which every browser loads, one more: counted is the longest. */
const language = 'src/app/i18n/de.ts';

/** Most bytes of JavaScript and styles, gzipped, from an empty browser to the screen. The worker is a row of its own. */
const routes = {
  start: { screen: null, budget: 200 * kB },
  home: { screen: screen('Home'), budget: 235 * kB },
  report: { screen: screen('Report'), budget: 225 * kB },
  share: { screen: screen('Share'), budget: 220 * kB },
  log: { screen: screen('WhoSaw'), budget: 220 * kB },
  patients: { screen: screen('Patients'), budget: 215 * kB },
  live: { screen: screen('Live'), budget: 215 * kB },
  me: { screen: screen('Me'), budget: 220 * kB },
  add: { screen: screen('Import'), budget: 250 * kB },
  devices: { screen: screen('Devices'), budget: 250 * kB },
  verify: { screen: screen('Verify'), budget: 210 * kB },
  service: { screen: screen('Service'), budget: 205 * kB },
  guardians: { screen: screen('Guardians'), budget: 215 * kB },
  helping: { screen: screen('Helping'), budget: 215 * kB },
  signers: { screen: screen('Signers'), budget: 215 * kB },
  lost: { screen: screen('Lost'), budget: 210 * kB },
  waiting: { screen: screen('Waiting'), budget: 215 * kB },
  emergency: { screen: screen('Emergency'), budget: 225 * kB },
  about: { screen: screen('About'), budget: 205 * kB },
};

/**
 * Loaded by the worker: always, once guardians or devices are asked about, and once a signed report is made or checked.
 * The last is a worker of its own, for whoever scans a code.
 */
const parts = {
  worker: { file: /^worker-.*\.js$/, budget: 230 * kB },
  'guardians and devices': { file: /^later-.*\.js$/, budget: 20 * kB },
  'signed report': { file: /^ReportPdf-.*\.js$/, budget: 270 * kB },
  'reading codes': { file: /^decoding-.*\.js$/, budget: 20 * kB },
};

/** The sizes of a build, beside their budgets. */
export function measure(folder) {
  const chunks = JSON.parse(readFileSync(`${folder}.chunks.json`, 'utf8'));
  const sizes = new Map();
  const size = (file) => {
    if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join(folder, file)), { level: 9 }).length);
    return sizes.get(file);
  };
  const rows = Object.entries(routes).map(([name, { screen, budget }]) => {
    if (screen !== null && !byName(chunks, screen)) throw new Error(`${screen} is not a chunk of its own`);
    const files = filesOf(chunks, ['index.html', language, ...(screen ? [byName(chunks, screen)] : [])]);
    return { name, bytes: [...files].reduce((sum, file) => sum + size(file), 0), budget };
  });
  const assets = readdirSync(join(folder, 'assets'));
  const counted = new Set();
  for (const [name, { file, budget }] of Object.entries(parts)) {
    const found = assets.filter((asset) => file.test(asset));
    if (found.length !== 1) throw new Error(`${name}: ${found.length} files where one was expected`);
    const files = importedBy(join(folder, 'assets'), found[0], counted);
    rows.push({ name, bytes: files.reduce((sum, one) => sum + size(`assets/${one}`), 0), budget });
  }
  return rows;
}

/** A screen that several share is a chunk under a made-up name. */
function byName(chunks, screen) {
  if (chunks[screen]) return screen;
  const name = screen.match(/(\w+)\.tsx$/)?.[1];
  return Object.keys(chunks).find((key) => chunks[key].name === name);
}

function filesOf(chunks, keys, files = new Set()) {
  for (const key of keys) {
    const { file, css = [], imports = [] } = chunks[key];
    if (files.has(file)) continue;
    for (const one of [file, ...css]) files.add(one);
    filesOf(chunks, imports, files);
  }
  return files;
}

/** A file of the worker with those that it imports at once, but for what was counted before. */
function importedBy(folder, file, counted) {
  if (counted.has(file)) return [];
  counted.add(file);
  const named = readFileSync(join(folder, file), 'utf8').matchAll(/\bfrom"\.\/([^"]+\.js)"/g);
  return [file, ...[...named].flatMap(([, one]) => importedBy(folder, one, counted))];
}

/** As a table, for people. */
export const table = (rows) =>
  rows
    .map(({ name, bytes, budget }) =>
      [
        name.padEnd(14),
        `${(bytes / kB).toFixed(1)} kB`.padStart(9),
        `of ${(budget / kB).toFixed(0)} kB`.padStart(10),
        bytes > budget ? '  TOO LARGE' : '',
      ].join(' '),
    )
    .join('\n');
