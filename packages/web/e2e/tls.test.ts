// Copyright the Islet authors. AGPL-3.0-or-later.
// The app on other devices: under a name, with a certificate that the installation made itself.
import { spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Islet, start } from '../../../promises/islet.testkit.js';
import { faultsOf } from './axe.testkit.js';
import { authenticator, device, launch, picture } from './browser.testkit.js';

const name = 'islet.test';
const program = fileURLToPath(new URL('../../cli/bin/islet.mjs', import.meta.url));

let islet: Islet;
let browser: Browser;

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

beforeAll(async () => {
  islet = await start(['--domain', name], { ISLET_PORT_WEB_TLS: String(await freePort()) });
  const site = new X509Certificate(await readFile(join(islet.folder, 'tls', name, 'site.crt')));
  const key = site.publicKey.export({ type: 'spki', format: 'der' });
  // A browser whose person installed our authority, and whose network knows the name.
  browser = await launch([
    `--host-resolver-rules=MAP ${name} 127.0.0.1`,
    `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`,
  ]);
});

afterAll(async () => {
  await browser?.close();
  await islet?.[Symbol.asyncDispose]();
});

test('another device makes an account with a passkey, over TLS, and keeps the app', async () => {
  const { page, context, complaints } = await device(browser);
  await authenticator(page);
  expect(islet.ready.address).toMatch(/^https:\/\/islet\.test:\d+$/);
  await page.goto(islet.ready.address);
  await page.getByRole('link', { name: /I am a clinician/ }).click();
  await page.getByLabel('Your name').fill('Dr. Popescu');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('Nobody shares with you yet').waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  expect(complaints).toEqual([]);
  await context.close();
});

test('the authority that devices install is the one whose fingerprint was printed, and holds no key', async () => {
  const { page, context } = await device(browser);
  await page.goto(islet.ready.address);
  const { type, text } = await page.evaluate(async () => {
    const answer = await fetch('/authority.crt');
    return { type: answer.headers.get('content-type'), text: await answer.text() };
  });
  expect(type).toBe('application/x-x509-ca-cert');
  expect(new X509Certificate(text).fingerprint256).toBe(islet.ready.fingerprint);
  expect(text).not.toContain('PRIVATE');
  await context.close();
});

test('the name without TLS is no place for keys: the page says why and what to do', async () => {
  const { page, context } = await device(browser);
  await page.goto(islet.ready.app.replace('localhost', name));
  await page.getByText('this one begins with http.').waitFor();
  await page.getByText(`npx islet up --domain ${name}`).waitFor();
  await picture(page, 'an address without TLS');
  expect(await faultsOf(page)).toEqual([]);
  await context.close();
});

test('a name that no device could open, and half of a certificate, are refused before anything starts', () => {
  const said = (...args: string[]): { status: number | null; code: string } => {
    const { status, stdout } = spawnSync(process.execPath, [program, 'up', '--json', ...args], {
      encoding: 'utf8',
      env: { ...process.env, ISLET_HOME: join(islet.folder, 'never') },
    });
    return { status, code: JSON.parse(stdout).error.code };
  };
  expect(said('--domain', '192.168.1.5')).toEqual({ status: 1, code: 'CLI_BAD_DOMAIN' });
  expect(said('--domain', name, '--tls-cert', '/nowhere.crt')).toEqual({ status: 1, code: 'CLI_TLS_FILES' });
});
