// Copyright the Islet authors. AGPL-3.0-or-later.
// Members begin another set of custodians by a vote; what was sealed before is dealt to it by its owner, and opens.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Promises from './islet.testkit.js';

const from = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
const start = Date.parse(`${from}T08:00:00Z`);
let islet: Promises.Islet;

beforeAll(async () => {
  islet = await Promises.start();
  const entries = Array.from({ length: 6 }, (_, i) => ({
    ...{ _id: `65f00000000000000000000${i}`, type: 'sgv', sgv: 120 + i, device: 'made up' },
    ...{ date: start + i * 300_000, dateString: new Date(start + i * 300_000).toISOString() },
  }));
  const file = join(islet.folder, 'entries.json');
  await writeFile(file, JSON.stringify(entries));
  expect((await islet.run('import', file)).code).toBe(0);
});
afterAll(() => islet?.[Symbol.asyncDispose]());

test('what rests on a former set is dealt anew, once, and still opens and verifies', async () => {
  const before = (await islet.run('members')).json;
  const { id } = (await islet.run('members', 'propose', 'threshold', '2')).json;
  expect((await islet.run('members', 'execute', String(id))).json.state).toBe('executed');
  const after = (await islet.run('members')).json;
  expect(after.custodianSetVersion).toBe(before.custodianSetVersion + 1);
  const dealt = (await islet.run('reshare', '--from', from)).json;
  expect(dealt.epochs).toBeGreaterThan(0);
  expect(dealt.set).toBe(after.custodianSetVersion);
  expect((await islet.run('reshare', '--from', from)).json.epochs).toBe(0);
  expect((await islet.run('verify')).code).toBe(0);
});
