// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as Home from './Home.js';
import * as Services from './Services.js';

let home: Home.Home;
beforeEach(async () => {
  home = Home.at(await mkdtemp(join(tmpdir(), 'islet-services-')));
});
afterEach(() => rm(home.root, { recursive: true }));

const full = (): Services.Record => ({
  ready: true,
  supervisor: Services.selfRun(),
  entries: Object.fromEntries(
    Services.names.map((name, i) => [
      name,
      { port: 20_000 + i, url: `http://127.0.0.1:${20_000 + i}`, run: i % 2 ? Services.selfRun() : null },
    ]),
  ),
});

test('what is written is read', async () => {
  await Services.write(home, full());
  expect(await Services.read(home)).toEqual(full());
  const partial: Services.Record = { ready: false, supervisor: null, entries: { hub: full().entries.hub! } };
  await Services.write(home, partial);
  expect(await Services.read(home)).toEqual(partial);
});

test('running services are found; starting, ended and unknown ones are not', async () => {
  await expect(Services.find(home)).rejects.toMatchObject({ code: 'CLI_NOT_RUNNING' });
  await Services.write(home, full());
  const { custodians, gateway } = await Services.find(home);
  expect(custodians).toEqual([1, 2, 3].map((i) => `http://127.0.0.1:${20_000 + i}`));
  expect(gateway).toBe('http://127.0.0.1:20005');
  await Services.write(home, { ...full(), ready: false });
  await expect(Services.find(home)).rejects.toMatchObject({ code: 'CLI_STARTING' });
  await Services.write(home, { ...full(), supervisor: { pid: process.pid, birth: 'another time' } });
  await expect(Services.find(home)).rejects.toMatchObject({ code: 'CLI_NOT_RUNNING' });
});

test.each(['', 'null', '{}', '{"custodians":[{}]}', '{"custodians":[],"hub":{"port":"x","url":1}}'])(
  'a record of %s is refused as broken',
  async (text) => {
    await writeFile(Home.services(home), text, { mode: 0o600 });
    await expect(Services.read(home)).rejects.toMatchObject({ code: 'CLI_BAD_SERVICES' });
  },
);
