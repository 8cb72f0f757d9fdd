// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { birthOf } from '@islet/ledger/processes';
import * as PrivateFile from '@islet/store/PrivateFile';
import * as Home from './Home.js';

/** In the order they start: each needs only those before it. */
export const names = [
  'ledger',
  'custodian-1',
  'custodian-2',
  'custodian-3',
  'hub',
  'gateway',
  'web',
] as const;
export type Name = (typeof names)[number];

/** A process of this machine; `birth` tells it from a later one of the same number. */
export type Run = { pid: number; birth: string };

/** A service: its port stays when it ends, `run` does not. */
export type Entry = { port: number; url: string; run: Run | null };

/** What `services.json` holds. */
export type Record = { ready: boolean; supervisor: Run | null; entries: Partial<{ [N in Name]: Entry }> };

/** Where the services of a running Islet answer. */
export type Services = { ledger: string; hub: string; custodians: string[]; gateway: string; web: string };

type Told = { port: number; url: string; pid: number | null; birth: string | null };
type File = {
  ready: boolean;
  supervisor: Run | null;
  ledger?: Told;
  hub?: Told;
  custodians: (Told | null)[];
  gateway?: Told;
  web?: Told;
};

/** The URLs of the running services. Throws `CLI_NOT_RUNNING`, or `CLI_STARTING` while they start. */
export async function find(home: Home.Home): Promise<Services> {
  const record = await read(home);
  if (!isRunning(record)) throw new NotRunningError();
  const services = record.ready ? urlsOf(record) : undefined;
  if (!services) throw new StartingError();
  return services;
}

/** All URLs, or undefined while one is not known. */
export function urlsOf({ entries }: Record): Services | undefined {
  const urls = names.map((name) => entries[name]?.url);
  if (urls.some((url) => url === undefined)) return undefined;
  const [ledger, first, second, third, hub, gateway, web] = urls as string[];
  return { ledger: ledger!, custodians: [first!, second!, third!], hub: hub!, gateway: gateway!, web: web! };
}

export const isRunning = ({ supervisor }: Record): boolean => supervisor !== null && isAlive(supervisor);

export const isAlive = ({ pid, birth }: Run): boolean => birthOf(pid) === birth;

export const selfRun = (): Run => ({ pid: process.pid, birth: birthOf(process.pid) ?? '' });

export async function read(home: Home.Home): Promise<Record> {
  const bytes = await PrivateFile.read(Home.services(home));
  if (!bytes) return { ready: false, supervisor: null, entries: {} };
  try {
    return fromFile(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new BadServicesError(home, cause);
  }
}

export async function write(home: Home.Home, record: Record): Promise<void> {
  const text = `${JSON.stringify(toFile(record), null, 2)}\n`;
  await PrivateFile.write(Home.services(home), new TextEncoder().encode(text));
}

const toFile = ({ ready, supervisor, entries }: Record): File => ({
  ready,
  supervisor,
  ...(entries.ledger && { ledger: tell(entries.ledger) }),
  ...(entries.hub && { hub: tell(entries.hub) }),
  custodians: [entries['custodian-1'], entries['custodian-2'], entries['custodian-3']].map((entry) =>
    entry ? tell(entry) : null,
  ),
  ...(entries.gateway && { gateway: tell(entries.gateway) }),
  ...(entries.web && { web: tell(entries.web) }),
});

const tell = ({ port, url, run }: Entry): Told => ({
  port,
  url,
  pid: run?.pid ?? null,
  birth: run?.birth ?? null,
});

function fromFile(file: File): Record {
  const { ledger, hub, gateway, web } = file;
  const [first, second, third] = file.custodians;
  const told = {
    ledger,
    'custodian-1': first,
    'custodian-2': second,
    'custodian-3': third,
    hub,
    gateway,
    web,
  };
  const entries: Record['entries'] = {};
  for (const name of names) {
    const one = told[name];
    if (one) entries[name] = entryOf(one);
  }
  const { supervisor } = file;
  return {
    ready: file.ready === true,
    supervisor: supervisor && { pid: supervisor.pid, birth: supervisor.birth },
    entries,
  };
}

function entryOf({ port, url, pid, birth }: Told): Entry {
  if (!Number.isInteger(port) || typeof url !== 'string')
    throw new TypeError('a service without port or URL');
  return { port, url, run: pid !== null && birth !== null ? { pid, birth } : null };
}

export class NotRunningError extends IsletError {
  override readonly name = 'NotRunningError';
  constructor() {
    super('CLI_NOT_RUNNING', 'Islet is not running. Start it with: npx islet up');
  }
}

export class StartingError extends IsletError {
  override readonly name = 'StartingError';
  constructor() {
    super('CLI_STARTING', 'Islet is still starting. Try again when `islet up` says ready.');
  }
}

export class BadServicesError extends IsletError {
  override readonly name = 'BadServicesError';
  constructor(home: Home.Home, cause: unknown) {
    super(
      'CLI_BAD_SERVICES',
      `${Home.services(home)} cannot be read. Stop Islet if it runs, delete that file and start again: only ports are forgotten.`,
      { cause },
    );
  }
}
