// Copyright the Islet authors. AGPL-3.0-or-later.
// Folders that may be lost: the hub's SQL index, which holds nothing of its own, and a whole gateway.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Person from '@islet/sim/Person';
import { expect, test } from 'vitest';
import { start } from './islet.testkit.js';

test('without its SQL index the hub finds everything again', async () => {
  const zone = 'America/New_York';
  const readings = Person.days('index', { firstAt: Date.UTC(2024, 5, 3, 4), days: 4, zone });
  await using islet = await start();
  const file = join(islet.folder, 'export.csv');
  await writeFile(file, ClarityFile.write(readings, { zone }).bytes);
  expect((await islet.run('import', file, '--zone', zone)).json.accepted).toBeGreaterThan(1000);
  const range = ['--from', '2024-06-03', '--to', '2024-06-06'];
  const terms = ['--reader', 'clinic', '--streams', 'glucose/raw,glucose/day', '--until', '2200-01-01'];
  expect((await islet.run('grant', ...terms, ...range)).code).toBe(0);
  const before = await islet.run('verify');
  expect(before.code, JSON.stringify(before.json)).toBe(0);
  const looked = await islet.run('report', '--as', 'clinic', ...range);
  expect(looked.json.metrics.n).toBeGreaterThan(1000);

  expect((await islet.run('down')).json).toEqual({ stopped: true });
  const index = join(islet.folder, 'hub', 'index');
  expect((await readdir(index)).length, 'there is an index to lose').toBeGreaterThan(0);
  await rm(index, { recursive: true });
  await islet.restart();

  // At once, while the index is made anew; then from what was made.
  for (const moment of ['at once', 'later']) {
    if (moment === 'later') await indexed(islet.ready.hub);
    const after = await islet.run('verify');
    expect(after.code, JSON.stringify(after.json)).toBe(0);
    for (const figure of ['segments', 'receipts', 'heads'])
      expect(after.json.verified[figure], `${figure} ${moment}`).toBe(before.json.verified[figure]);
    const again = await islet.run('report', '--as', 'clinic', ...range);
    expect(again.code, JSON.stringify(again.json)).toBe(0);
    expect(again.json.metrics).toEqual(looked.json.metrics);
    expect(again.json.verified.receipts).toBe(looked.json.verified.receipts);
  }
  expect(before.json.verified.segments).toBeGreaterThan(5);
  expect((await readdir(index)).length, 'there is an index again').toBeGreaterThan(0);
  expect((await islet.run('doctor')).json.problems).toEqual([]);
});

test('a gateway that was lost is replaced: what it had handed over stays, nothing counts twice, apps go on', async () => {
  const zone = 'UTC';
  const readings = Person.days('lost', { firstAt: Date.UTC(2024, 5, 3), days: 2, zone });
  await using islet = await start();
  const file = join(islet.folder, 'export.csv');
  await writeFile(file, ClarityFile.write(readings, { zone }).bytes);
  const first = await islet.run('import', file, '--zone', zone);
  const notes = JSON.parse(await readFile(join(islet.folder, 'wallets', 'me.notes'), 'utf8'));
  const apiSecret: string = notes.devices[0].secret;
  const range = ['--from', '2024-06-03', '--to', '2024-06-04'];
  const terms = ['--reader', 'clinic', '--streams', 'glucose/raw,glucose/day', '--until', '2200-01-01'];
  expect((await islet.run('grant', ...terms, ...range)).code).toBe(0);
  const report = (stream: string) => islet.run('report', '--as', 'clinic', '--stream', stream, ...range);
  const before = [await report('glucose/raw'), await report('glucose/day')];

  expect((await islet.run('down')).json).toEqual({ stopped: true });
  await rm(join(islet.folder, 'gateway'), { recursive: true });
  await islet.restart();

  const again = await islet.run('import', file, '--zone', zone);
  expect(again.json.accepted, JSON.stringify(again.json)).toBe(first.json.accepted);
  const after = [await report('glucose/raw'), await report('glucose/day')];
  for (const [i, { code, json }] of after.entries()) {
    expect(code, JSON.stringify(json)).toBe(0);
    expect(json.metrics).toEqual(before[i]!.json.metrics);
  }
  const posted = await fetch(`${islet.ready.gateway}/api/v1/entries`, {
    method: 'POST',
    headers: { 'api-secret': apiSecret, 'content-type': 'application/json' },
    body: JSON.stringify([{ type: 'sgv', sgv: 111, date: Date.now() }]),
  });
  expect(posted.status, await posted.text()).toBe(200);
});

async function indexed(hub: string): Promise<void> {
  for (let n = 0; n < 600; n++) {
    const { index } = (await (await fetch(`${hub}/health`)).json()) as { index: Record<string, unknown> };
    if (index.isWell === true && index.behind === 0 && index.backlog === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the index was not made again');
}
