// Copyright the Islet authors. AGPL-3.0-or-later.
import type * as Home from './Home.js';
import * as Port from './Port.js';
import * as Services from './Services.js';

/** What the supervisor writes down about its services, so that others find them and the next start their ports. */
export type Registry = {
  /** The port for a service: the set one, that of last time, or a free one. */
  portFor(name: Services.Name): Promise<number>;
  running(name: Services.Name, port: number, run: Services.Run): Promise<void>;
  ended(name: Services.Name): Promise<void>;
  ready(): Promise<Services.Services>;
  /** Nothing runs any more. Ports stay. */
  clear(): Promise<void>;
};

export async function open(
  home: Home.Home,
  last: Services.Record,
  env: Record<string, string | undefined>,
): Promise<Registry> {
  const record: Services.Record = { ready: false, supervisor: Services.selfRun(), entries: {} };
  for (const name of Services.names) {
    const entry = last.entries[name];
    if (entry) record.entries[name] = { ...entry, run: null };
  }
  const write = (): Promise<void> => Services.write(home, record);
  const chosen = new Set<number>();
  await write();

  async function portFor(name: Services.Name): Promise<number> {
    const set = Port.setFor(name, env);
    const port =
      set !== undefined
        ? await Port.claim(set, name)
        : await Port.choose(record.entries[name]?.port, othersPorts(name));
    chosen.add(port);
    return port;
  }

  /** Ports given out now or belonging to another service since last time. */
  function othersPorts(name: Services.Name): Set<number> {
    const others = Services.names.filter((other) => other !== name);
    return new Set([...chosen, ...others.flatMap((other) => record.entries[other]?.port ?? [])]);
  }

  return {
    portFor,
    async running(name, port, run) {
      record.entries[name] = { port, url: `http://127.0.0.1:${port}`, run };
      await write();
    },
    async ended(name) {
      const entry = record.entries[name];
      if (entry) entry.run = null;
      await write();
    },
    async ready() {
      record.ready = true;
      await write();
      return Services.urlsOf(record)!;
    },
    async clear() {
      record.ready = false;
      record.supervisor = null;
      for (const name of Services.names) if (record.entries[name]) record.entries[name].run = null;
      await write();
    },
  };
}
