// Copyright the Islet authors. AGPL-3.0-or-later.
import { X509Certificate } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as Certificate from './Certificate.js';
import { BadDomainError, checkName } from './Domain.js';
import { CERTIFICATE_DAYS } from './limits.js';

const dayMs = 86_400_000;
const name = 'islet.example.org';
let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'islet-tls-')), 'tls');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What a client that trusts only `ca` says of a server with this certificate: null, or why not. */
async function trusted(made: Certificate.Certificate, servername: string): Promise<string | null> {
  const [cert, key, ca] = await Promise.all(
    [made.cert, made.key, made.authority].map((path) => readFile(path)),
  );
  const server = createServer({ cert, key }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', servername, ca: [ca!] }, () => {
        socket.destroy();
        resolve(null);
      });
      socket.once('error', (error) => resolve(`${(error as NodeJS.ErrnoException).code}: ${error.message}`));
    });
  } finally {
    server.close();
  }
}

test('a device that trusts our authority trusts our certificate, for that name alone', async () => {
  const made = await Certificate.ensure(folder, name, Date.now());
  expect(await trusted(made, name)).toBeNull();
  expect(await trusted(made, 'other.example.org')).toMatch(/^ERR_TLS_CERT_ALTNAME_INVALID/);
  const authority = new X509Certificate(await readFile(made.authority));
  expect(authority.fingerprint256).toBe(made.fingerprint);
  expect(authority.ca).toBe(true);
  const site = new X509Certificate(await readFile(made.cert));
  expect(site.verify(authority.publicKey) && site.checkIssued(authority)).toBe(true);
});

test('our authority can vouch for no other name, should its key be taken', async () => {
  const ours = await Certificate.ensure(folder, name, Date.now());
  // The thief issues a certificate of another name with it.
  const theirs = `${folder}-theirs`;
  await mkdir(theirs);
  for (const file of ['authority.crt', 'authority.key'])
    await copyFile(join(folder, file), join(theirs, file));
  const forged = await Certificate.ensure(theirs, 'bank.example.org', Date.now());
  expect(forged.fingerprint).toBe(ours.fingerprint);
  expect(await trusted(forged, 'bank.example.org')).toMatch(/permitted subtree violation/);
  await rm(theirs, { recursive: true });
});

test('what was made stays until it is about to end; devices are not asked again', async () => {
  const now = Date.now();
  const first = await Certificate.ensure(folder, name, now);
  const cert = await readFile(first.cert, 'utf8');
  expect(await Certificate.ensure(folder, name, now + 100 * dayMs)).toEqual(first);
  expect(await readFile(first.cert, 'utf8')).toBe(cert);
  const later = await Certificate.ensure(folder, name, now + (CERTIFICATE_DAYS - 10) * dayMs);
  expect(later.fingerprint).toBe(first.fingerprint);
  expect(await readFile(first.cert, 'utf8')).not.toBe(cert);
  for (const path of [first.key, first.cert, join(folder, 'authority.key')])
    expect((await stat(path)).mode & 0o077, path).toBe(0);
});

test.each(['localhost', '192.168.1.5', 'a b.c', '../x.y', '', '-a.org', `${'a'.repeat(64)}.org`])(
  '%j is not a name that devices could open',
  (bad) => {
    expect(() => checkName(bad)).toThrow(BadDomainError);
  },
);

test('a name is a name however it is written', () => {
  expect(checkName('Islet.Example.ORG')).toBe(name);
  expect(checkName('kitchen-pi.local')).toBe('kitchen-pi.local');
});
