// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import * as ChainHead from '@islet/chain/Head';
import * as Rpc from '@islet/chain/Rpc';
import * as Drill from '@islet/client/Drill';
import * as Horizon from '@islet/client/Horizon';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import * as Home from './Home.js';
import { CHAIN_ID, FREE_BYTES, HEAD_AGE_MS, HEALTH_MS, WARN_BELOW_DAYS } from './limits.js';
import * as People from './People.js';
import * as Services from './Services.js';

/** What is wrong, and what to do. */
export type Problem = { code: string; message: string };

export type Patient = {
  name: Services.Name;
  state: 'ok' | 'not running' | 'not answering';
  url: string | null;
  pid: number | null;
  /** What the service says of itself. */
  health: unknown;
};

export type Diagnosis = {
  ok: boolean;
  running: boolean;
  home: string;
  services: Patient[];
  chain: { number: number; headAgeMs: number } | null;
  problems: Problem[];
};

export type Options = { fetch?: typeof fetch; now: () => number };

/** Looks at everything that can be looked at, whatever runs. */
export async function examine(home: Home.Home, options: Options): Promise<Diagnosis> {
  const problems: Problem[] = [];
  const record = await Services.read(home).catch((error) => {
    problems.push(problemOf(error));
    return { ready: false, supervisor: null, entries: {} };
  });
  const running = Services.isRunning(record);
  const services = await Promise.all(Services.names.map((name) => ask(name, record, options)));
  if (!running) problems.push(problemOf(new Services.NotRunningError()));
  else problems.push(...services.flatMap((patient) => complaintOf(home, patient)));
  const chain = running ? await chainOf(home, record, options, problems) : null;
  problems.push(
    ...(await exposedKeys(home)),
    ...(await fullDisk(home)),
    ...(await keysRunningOut(home, options)),
    ...(await drillsDue(home, options)),
  );
  return { ok: problems.length === 0, running, home: home.root, services, chain, problems };
}

async function ask(name: Services.Name, record: Services.Record, options: Options): Promise<Patient> {
  const entry = record.entries[name];
  const alive = entry?.run && Services.isAlive(entry.run);
  if (!entry || !alive)
    return { name, state: 'not running', url: entry?.url ?? null, pid: null, health: null };
  const known = { name, url: entry.url, pid: entry.run!.pid };
  try {
    const get = options.fetch ?? fetch;
    const response = await get(`${entry.url}/health`, { signal: AbortSignal.timeout(HEALTH_MS) });
    const health = await response.json().catch(() => null);
    return { ...known, state: response.ok ? 'ok' : 'not answering', health };
  } catch {
    return { ...known, state: 'not answering', health: null };
  }
}

function complaintOf(home: Home.Home, { name, state }: Patient): Problem[] {
  if (state === 'ok') return [];
  const log = Home.log(home, name);
  const message = `The ${name} is ${state}. It is started again by itself when it ends; if this lasts, see ${log}`;
  return [{ code: 'CLI_SERVICE_DOWN', message }];
}

async function chainOf(
  home: Home.Home,
  record: Services.Record,
  { fetch, now }: Options,
  problems: Problem[],
): Promise<Diagnosis['chain']> {
  const url = record.entries.ledger?.url;
  if (!url) return null;
  try {
    const rpc = Rpc.connect(url, { timeoutMs: HEALTH_MS, retries: 0, ...(fetch && { fetch }) });
    const validators = await Home.validators(home);
    const head = await ChainHead.fetchAnyAge(rpc, { chainId: CHAIN_ID, validators });
    ChainHead.requireFresh(head, now(), HEAD_AGE_MS);
    return { number: head.number, headAgeMs: Math.max(0, now() - head.at) };
  } catch (error) {
    problems.push(problemOf(error));
    return null;
  }
}

async function exposedKeys(home: Home.Home): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const path of [...Home.keyFiles(home), ...(await tlsKeys(home))]) {
    const found = await stat(path).catch(() => undefined);
    if (!found || (found.mode & 0o077) === 0) continue;
    const message = `Others on this machine can reach the key ${path}. Run: chmod 600 ${path}`;
    problems.push({ code: 'CLI_KEY_EXPOSED', message });
  }
  return problems;
}

async function tlsKeys(home: Home.Home): Promise<string[]> {
  const folder = Home.certificates(home);
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  return files.filter((file) => file.endsWith('.key')).map((file) => join(folder, file));
}

async function keysRunningOut(home: Home.Home, { now }: Options): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const name of await People.names(home)) {
    const { notes } = await People.need(home, name);
    if (!notes.keyed) continue;
    const today = Day.of(now(), notes.dayOffsetMinutes ?? 0);
    const left = Horizon.lastKeyed(notes.keyed['glucose/raw'], today) - today + 1;
    if (left > WARN_BELOW_DAYS) continue;
    const message = `The gateway has keys of ${name} for ${left} more days. Start Islet again: npx islet up makes new ones. Until then nothing is lost: later readings are sealed so that only ${name} can open them.`;
    problems.push({ code: 'CLI_KEYS_RUN_OUT', message });
  }
  return problems;
}

async function drillsDue(home: Home.Home, { now }: Options): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const name of await People.names(home)) {
    if (!Drill.isDue(await People.need(home, name), now())) continue;
    const message = `Nobody has tried for half a year whether the guardians of ${name} could help. Try it: npx islet drill ask --person ${name}`;
    problems.push({ code: 'CLI_DRILL_DUE', message });
  }
  return problems;
}

async function fullDisk(home: Home.Home): Promise<Problem[]> {
  const disk = await statfs(home.root).catch(() => undefined);
  if (!disk || disk.bavail * disk.bsize >= FREE_BYTES) return [];
  const left = Math.round((disk.bavail * disk.bsize) / 2 ** 20);
  const message = `The disk of ${home.root} has ${left} MiB left. Make room: readings are refused when it is full.`;
  return [{ code: 'CLI_DISK_FULL', message }];
}

const problemOf = (error: unknown): Problem =>
  error instanceof IsletError
    ? { code: error.code, message: error.message }
    : { code: 'CLI_UNEXPECTED', message: String(error) };
