// Copyright the Islet authors. AGPL-3.0-or-later.
// No reading and no key on any disk, log or URL outside the key files that ARCHITECTURE.md lists: every byte is looked at.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import * as Access from '@islet/client/Access';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { expect, test } from 'vitest';
import { start } from './islet.testkit.js';

const marker = 'MARKED-DEVICE-7f3a';
/** The only files that may hold keys. */
const keyFiles =
  /^(wallets\/[^/]+|keys\/[^/]+|ledger\/validator\.key|hub\/relay\.key|custodian-\d\/((signing|account)\.key|vault\/[^/]+)|vault-keys\/custodian-\d\/key-\d+|gateway\/keys\/[^/]+)$/;

test('markers planted in readings, and every key, stay where they belong', async () => {
  await using islet = await start();
  const paired = (await islet.run('pair')).json;
  const date = Date.now() - 3_600_000;
  const entry = { type: 'sgv', sgv: 217, date, dateString: new Date(date).toISOString(), device: marker };
  const posted = await fetch(`${islet.ready.gateway}/api/v1/entries`, {
    method: 'POST',
    body: JSON.stringify([entry]),
    headers: { 'api-secret': paired.apiSecret, 'content-type': 'application/json' },
  });
  expect(posted.status).toBe(200);
  const file = join(islet.folder, '..', `${marker}.json`);
  await writeFile(
    file,
    JSON.stringify(
      Array.from({ length: 40 }, (_, i) => ({
        ...entry,
        date: date - 86_400_000 + i * 300_000,
        _id: undefined,
      })),
    ),
  );
  expect((await islet.run('import', file, '--zone', 'UTC')).json.accepted).toBe(40);
  await islet.run('report', '--as', 'clinic', '--from', '2026-01-01', '--to', '2026-01-02');

  const home = Home.at(islet.folder);
  const me = await People.need(home, 'me');
  const network = await connect(home);
  const today = Day.of(Date.now(), 0);
  const opened = await Access.own(network, me.wallet, {
    streams: ['glucose/raw'],
    firstDay: today - 3,
    lastDay: today,
  });
  await network.close();
  const readings = opened.segments.flatMap((s) => (s.content.kind === 'readings' ? s.content.readings : []));
  expect(
    readings.filter((r) => r.source.device === marker).length,
    'the marker is really in the data',
  ).toBeGreaterThan(0);

  const secrets = new Map<string, Uint8Array[]>();
  const plant = (what: string, bytes: Uint8Array): void => {
    secrets.set(what, [
      Buffer.from(bytes),
      Buffer.from(toHex(bytes)),
      Buffer.from(Buffer.from(bytes).toString('base64')),
    ]);
  };
  secrets.set('the marker', [
    Buffer.from(marker),
    Buffer.from(marker, 'utf16le'),
    Buffer.from(Buffer.from(marker).toString('hex')),
  ]);
  secrets.set('the device’s secret', [Buffer.from(paired.apiSecret)]);
  plant('the root seed', me.wallet.rootSeed);
  plant('the signing key', me.wallet.signerKey);
  plant('the encryption seed', me.wallet.encryptionSeed);
  for (const [i, s] of opened.segments.entries()) plant(`content key ${i}`, s.contentKey);
  for (const path of (await filesOf(islet.folder)).filter(
    (p) => keyFiles.test(p) && !p.startsWith('wallets/'),
  )) {
    const bytes = await readFile(join(islet.folder, path));
    if (bytes.length === 32) plant(path, bytes);
    else
      for (const [hex] of bytes.toString().matchAll(/[0-9a-f]{64}/g))
        if (path.includes('vault') && !path.includes(hex))
          plant(`${path} ${hex.slice(0, 6)}`, Buffer.from(hex, 'hex'));
  }
  expect(secrets.size).toBeGreaterThan(10);
  const found: string[] = [];
  let scanned = 0;
  for (const path of await filesOf(islet.folder)) {
    const bytes = await readFile(join(islet.folder, path));
    scanned += bytes.length;
    const isKeyFile = keyFiles.test(path);
    for (const [what, forms] of secrets)
      if (forms.some((form) => bytes.includes(Buffer.from(form))) && !(isKeyFile && what !== 'the marker'))
        found.push(`${what} in ${path}`);
    if (isKeyFile)
      expect((await stat(join(islet.folder, path))).mode & 0o077, `${path} is its owner’s alone`).toBe(0);
  }
  expect(scanned).toBeGreaterThan(1_000_000);
  expect(found).toEqual([]);
});

async function filesOf(folder: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all.filter((f) => f.isFile()).map((f) => relative(folder, join(f.parentPath, f.name)));
}
