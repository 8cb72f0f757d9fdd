// Copyright the Islet authors. AGPL-3.0-or-later.
// The app installed and without a connection: what it keeps, what it shows, and how a newer build comes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Life from '@islet/sim/Person';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Islet, start } from '../../../promises/islet.testkit.js';
import { faultsOf } from './axe.testkit.js';
import {
  create,
  type Device,
  device,
  drawn,
  figure,
  importFile,
  launch,
  picture,
  stored,
} from './browser.testkit.js';
import { inFront } from './front.testkit.js';

const zone = 'Europe/Berlin';
const dayMs = 86_400_000;
const passphrase = 'green hill nine clouds';
const program = fileURLToPath(new URL('../../cli/bin/islet.mjs', import.meta.url));
const built = fileURLToPath(new URL('../dist/app/build.json', import.meta.url));

let islet: Islet;
let browser: Browser;
let folder: string;
let patient: Device;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-offline-'));
  const firstAt = Math.floor(Date.now() / dayMs) * dayMs - 20 * dayMs;
  const readings = Life.days('web', { firstAt, days: 16, zone });
  await writeFile(join(folder, 'clarity.csv'), ClarityFile.write(readings, { zone }).bytes);
  [islet, browser] = await Promise.all([start(), launch()]);
  patient = await device(browser);
});

afterAll(async () => {
  await browser?.close();
  await islet?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function unlock(page: Page): Promise<void> {
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await page.getByRole('button', { name: 'Unlock' }).click();
}

/** All of Islet ends, as when the computer it runs on is off. */
async function end(): Promise<void> {
  islet.child.kill('SIGTERM');
  await once(islet.child, 'exit');
}

test('the app can be installed: a manifest with icons that are there', async () => {
  const { page } = patient;
  await page.goto(islet.ready.app);
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = (await (await fetch(new URL(href!, islet.ready.app))).json()) as {
    icons: { src: string; type: string; purpose: string }[];
    start_url: string;
    display: string;
  };
  expect(manifest).toMatchObject({ start_url: '/', display: 'standalone' });
  expect(manifest.icons.map((icon) => icon.purpose)).toContain('maskable');
  for (const { src, type } of manifest.icons) {
    const icon = await fetch(new URL(src, islet.ready.app));
    expect([icon.status, icon.headers.get('content-type')]).toEqual([200, type]);
  }
});

test('what was opened is there without a connection, says of when it is, and is sealed', async () => {
  const { page } = patient;
  await create(page, /I have diabetes/, 'Anastasia', passphrase);
  await page.getByText('Nothing here yet').waitFor();
  await importFile(page, join(folder, 'clarity.csv'));
  await page.getByRole('link', { name: 'See it' }).click();
  await drawn(page);
  const mean = await figure(page, 'mean');
  await page.evaluate(() => navigator.serviceWorker.ready);
  await end();
  await page.goto(`${islet.ready.app}/`);
  await unlock(page);
  await drawn(page);
  expect(await figure(page, 'mean')).toBe(mean);
  await page.getByText(/This is what you saw when it was last opened here, as of/).waitFor();
  expect(await page.getByText('Current glucose').count(), 'nothing old is called current').toBe(0);
  expect(await faultsOf(page)).toEqual([]);
  // What was never opened is not there, and the screen says what to do.
  await page.getByText('90 days', { exact: true }).click();
  await page.getByText(/Islet does not answer/).waitFor();
  const kept = await stored(page);
  for (const word of ['Anastasia', 'overview', 'meanMgDl', 'glucose'])
    expect(kept.includes(word), `${word} in browser storage`).toBe(false);
  await islet.restart();
  await page.getByRole('button', { name: 'Try again' }).first().click();
  await page.getByText('No connection').waitFor({ state: 'detached' });
  await drawn(page);
});

test('the browser keeps the files of the build and nothing else', async () => {
  const { page } = patient;
  const { files } = JSON.parse(await readFile(built, 'utf8')) as { files: Record<string, string> };
  const { paths, odd } = await page.evaluate(async () => {
    const paths: string[] = [];
    const odd: string[] = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        paths.push(new URL(request.url).pathname);
        const bytes = await (await cache.match(request))!.arrayBuffer();
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        odd.push([...digest].map((b) => b.toString(16).padStart(2, '0')).join(''));
      }
    }
    return { paths, odd };
  });
  const own = Object.keys(files).filter((path) => path !== '/sw.js');
  expect([...paths].sort()).toEqual([...own, '/build.json'].sort());
  for (const [i, path] of paths.entries()) if (path !== '/build.json') expect(odd[i]).toBe(files[path]);
});

test('the hash on the page is that of what is served, and the command line finds the same', async () => {
  const { page } = patient;
  await page.goto(`${islet.ready.app}/#/about`);
  const code = page.locator('.copyable code').filter({ hasText: /^[0-9a-f]{64}$/ });
  const shown = await code.innerText();
  expect(shown).toBe(
    createHash('sha256')
      .update(await readFile(built))
      .digest('hex'),
  );
  await page.getByText('This browser keeps the app').waitFor();
  expect(await faultsOf(page)).toEqual([]);
  const { status, stdout } = spawnSync(
    process.execPath,
    [program, 'verify', '--app', islet.ready.app, '--build', shown, '--json'],
    { encoding: 'utf8' },
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ verified: { build: shown, known: 'given' } });
});

test('a newer build is announced, and taken when wanted', async () => {
  await using host = await inFront(islet.ready.app);
  const { page, context } = await device(browser);
  await page.goto(host.url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  const before = await page.evaluate(() => caches.keys());
  // As after an update: another worker under the same name.
  host.changed.set('/sw.js', (text) =>
    text.replace(/ISLET_FILES_HASH="[0-9a-f]{4}/, 'ISLET_FILES_HASH="beef'),
  );
  await page.evaluate(async () => void (await navigator.serviceWorker.ready).update());
  await page.getByText('A newer version of Islet is ready.').waitFor();
  await picture(page, 'a newer build');
  expect(await faultsOf(page)).toEqual([]);
  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Load it' }).click();
  await loaded;
  const after = await page.evaluate(() => caches.keys());
  expect([before.length, after.length], 'the older build’s files are gone').toEqual([1, 1]);
  expect(after[0]).toMatch(/^islet-beef/);
  await context.close();
});

test('a file that is not of the build is not kept', async () => {
  await using host = await inFront(islet.ready.app);
  host.changed.set('/press.css', (text) => `${text} `);
  const { page, context } = await device(browser);
  await page.goto(host.url);
  await page.getByRole('link', { name: /I have diabetes/ }).waitFor();
  const state = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    const worker = registration?.installing ?? registration?.waiting ?? registration?.active;
    while (worker && worker.state === 'installing')
      await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
    return worker?.state ?? 'redundant';
  });
  expect(state).toBe('redundant');
  await context.close();
});

test('who does not want it kept erases it, and who leaves takes everything along', async () => {
  const { page } = patient;
  await page.goto(`${islet.ready.app}/#/`);
  await page.reload();
  await unlock(page);
  await drawn(page);
  const sizes = (): Promise<Record<string, number>> =>
    page.evaluate(async () => {
      const opening = indexedDB.open('islet');
      await new Promise((resolve) => {
        opening.onsuccess = resolve;
      });
      const counts: Record<string, number> = {};
      for (const store of opening.result.objectStoreNames) {
        const count = opening.result.transaction(store).objectStore(store).count();
        await new Promise((resolve) => {
          count.onsuccess = resolve;
        });
        counts[store] = count.result;
      }
      opening.result.close();
      return counts;
    });
  expect((await sizes()).views).toBeGreaterThan(0);
  await page.goto(`${islet.ready.app}/#/me`);
  await page.getByText('No, and erase it').click();
  await expect.poll(async () => (await sizes()).views).toBe(0);
  await page.goto(`${islet.ready.app}/#/home`);
  await drawn(page);
  expect((await sizes()).views, 'nothing is kept from then on').toBe(0);
  await page.goto(`${islet.ready.app}/#/me`);
  await page.getByText('Yes', { exact: true }).click();
  await page.goto(`${islet.ready.app}/#/home`);
  await drawn(page);
  await expect.poll(async () => (await sizes()).views).toBe(1);
  await page.goto(`${islet.ready.app}/#/me`);
  await page.getByRole('button', { name: 'Remove me from this browser' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('heading', { level: 1, name: /You choose/ }).waitFor();
  expect(await sizes()).toMatchObject({ vaults: 0, views: 0, parts: 0 });
});
