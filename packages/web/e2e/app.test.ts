// Copyright the Islet authors. AGPL-3.0-or-later.
// The app in a real browser before the real services: the main job, and what must hold while it is done.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { displayMmol } from '@islet/core/Glucose';
import * as Points from '@islet/core/metrics/Points';
import * as Summary from '@islet/core/metrics/Summary';
import type { Reading } from '@islet/core/Reading';
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

const zone = 'Europe/Berlin';
const dayMs = 86_400_000;
/** The name of the transmitter in the file: wherever it turns up in the clear, readings do. */
const marker = 'SIM0001';
const patientPassphrase = 'green hill nine clouds';

let islet: Islet;
let browser: Browser;
let folder: string;
let file: string;
let readings: Reading[];
let patient: Device;
let clinician: Device;
let invitation: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-web-'));
  file = join(folder, 'clarity.csv');
  // Nothing of today: the figures are the same whenever the test runs.
  const firstAt = Math.floor(Date.now() / dayMs) * dayMs - 20 * dayMs;
  readings = Life.days('web', { firstAt, days: 16, zone });
  await writeFile(file, ClarityFile.write(readings, { zone }).bytes);
  [islet, browser] = await Promise.all([start(), launch()]);
  [patient, clinician] = await Promise.all([device(browser), device(browser)]);
});

afterAll(async () => {
  await browser?.close();
  await islet?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const go = (page: Page, route: string): Promise<unknown> => page.goto(`${islet.ready.app}/#/${route}`);

/** What axe found so far, on any screen. */
const faults: string[] = [];

async function look(page: Page, where: string): Promise<void> {
  for (const fault of await faultsOf(page)) faults.push(`${where}: ${fault}`);
}

test('a newcomer, from the printed address alone, does the main job', async () => {
  await clinician.page.goto(islet.ready.app);
  await create(clinician.page, /I am a clinician/, 'Dr. Popescu', 'blue river seven stones');
  await clinician.page.getByText('Nobody shares with you yet').waitFor();
  invitation = await clinician.page.locator('.copyable code').nth(1).innerText();

  await patient.page.goto(islet.ready.app);
  await create(patient.page, /I have diabetes/, 'Ana', patientPassphrase);
  await patient.page.getByText('Nothing here yet').waitFor();
  await look(patient.page, 'home without data');
  await importFile(patient.page, file);
  await patient.page.getByRole('link', { name: 'See it' }).click();
  await drawn(patient.page);

  await patient.page.goto(invitation);
  await patient.page.getByLabel('What you call them').fill('Dr. Popescu');
  await patient.page.getByText('Every reading of the last days').click();
  await patient.page.getByRole('button', { name: 'See what they will see' }).click();
  await patient.page.locator('.preview .agp-middle').waitFor();
  await look(patient.page, 'a preview');
  const promised = await patient.page.locator('.preview [data-figure="mean"] dd').innerText();
  await patient.page.getByRole('button', { name: 'Share', exact: true }).click();
  await patient.page.getByText('Dr. Popescu can look now').waitFor();

  await clinician.page.getByRole('button', { name: 'Refresh' }).click();
  await clinician.page.getByRole('link', { name: /^Open report/ }).click();
  await drawn(clinician.page);
  await look(clinician.page, 'a report');
  expect(await figure(clinician.page, 'mean'), 'what was previewed is what is seen').toBe(promised);
  await clinician.page.getByRole('button', { name: /^Checked/ }).click();
  await clinician.page.getByText(/This browser checked the shared record itself/).waitFor();
  await look(clinician.page, 'what was checked');
  await clinician.page.getByRole('button', { name: 'Close' }).click();

  await go(patient.page, 'log');
  await patient.page.getByText('Dr. Popescu looked at every glucose reading').waitFor();
  await patient.page.getByRole('button', { name: /^Stop sharing/ }).click();
  await look(patient.page, 'a question before the end');
  await patient.page.getByRole('alertdialog').getByRole('button', { name: 'Stop sharing' }).click();
  await patient.page.getByText(/key keepers have confirmed/).waitFor();

  await go(clinician.page, 'patients');
  await clinician.page.getByRole('link', { name: /^Ask anyway/ }).click();
  await clinician.page.getByText('The patient has taken this permission back.').waitFor();
  await look(clinician.page, 'a refusal');
  await go(patient.page, 'home');
  await go(patient.page, 'log');
  await patient.page.getByText(/Dr\. Popescu asked and was refused/).waitFor();

  const made = await exported(patient.page);
  const auditor = await device(browser);
  await go(auditor.page, 'verify');
  await auditor.page.locator('input[type=file]').setInputFiles(made);
  await auditor.page.getByText('Everything holds').waitFor();

  const altered = JSON.parse(await readFile(made, 'utf8'));
  const segment = altered.segments.find((s: { stream: string }) => s.stream === 'glucose/raw');
  segment.content.readings[5].value += 1;
  const when = new Date(segment.content.readings[5].at).toISOString();
  const tampered = join(folder, 'tampered.json');
  await writeFile(tampered, JSON.stringify(altered));
  await auditor.page.locator('input[type=file]').setInputFiles(tampered);
  await auditor.page.getByText('This file does not hold').waitFor();
  expect(await auditor.page.getByRole('alert').innerText(), 'the exact place is told').toContain(when);
  await look(auditor.page, 'a tampered export');
  await auditor.context.close();
  for (const { complaints } of [patient, clinician]) expect(complaints).toEqual([]);
});

async function exported(page: Page): Promise<string> {
  await go(page, 'me');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Make an export' }).click();
  const path = join(folder, 'export.json');
  await (await download).saveAs(path);
  return path;
}

test('figures on screen are the core’s, in both units', async () => {
  const { page } = patient;
  await go(page, 'home');
  await drawn(page);
  const points = Points.fromReadings(readings);
  const last = Math.floor((points.at(-1)!.at + points.at(-1)!.offsetMinutes * 60_000) / dayMs);
  const from = (last - 13) * dayMs - points.at(-1)!.offsetMinutes * 60_000;
  const { meanMgDl, gmiPercent, gri } = Summary.summarise(points, { from, to: from + 14 * dayMs });
  expect(await figure(page, 'mean')).toBe(`${Math.round(meanMgDl!)} mg/dL`);
  expect(await figure(page, 'gmi')).toBe(`${gmiPercent!.toFixed(1)}%`);
  expect(await figure(page, 'gri')).toBe(gri!.toFixed(0));
  await go(page, 'me');
  await page.getByText('mmol/L', { exact: true }).click();
  await go(page, 'home');
  await drawn(page);
  expect(await figure(page, 'mean')).toBe(`${displayMmol(meanMgDl!, 'mg/dL').toFixed(1)} mmol/L`);
  await go(page, 'me');
  await page.getByText('mg/dL', { exact: true }).click();
});

test('sharing takes a keyboard and nothing else', async () => {
  const { page } = patient;
  await go(page, 'home');
  await drawn(page);
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
  };
  /** Goes on with Tab until what has the focus is called that. */
  const reach = async (name: RegExp): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      const has = await page.evaluate(() => {
        const e = document.activeElement as HTMLInputElement | null;
        // Nothing has the focus while a screen changes.
        if (e === document.body) return '';
        return `${e?.getAttribute('aria-label') ?? ''} ${e?.labels?.[0]?.innerText ?? ''} ${e?.innerText ?? ''}`;
      });
      if (name.test(has)) return;
      await press('Tab');
    }
    throw new Error(`no way to ${name} by keyboard`);
  };
  await reach(/^ +Share$/);
  await press('Enter');
  await page.getByRole('heading', { name: 'Share', level: 1 }).waitFor();
  await reach(/Share with someone/);
  await press('Enter');
  await reach(/Their code/);
  await page.keyboard.insertText(invitation);
  await reach(/What you call them/);
  await press('Control+A');
  await page.keyboard.insertText('Dr. Popescu');
  await reach(/A visit/);
  await press('ArrowDown');
  await page
    .locator('.sentence')
    .getByText(/may see every glucose reading of the last 15 days/)
    .waitFor();
  await reach(/^ +Share$/);
  await press('Enter');
  await page.getByText('Dr. Popescu can look now').waitFor();
  // The list follows the chain: the grant is in it a block later.
  await page.getByRole('button', { name: /^Stop sharing/ }).waitFor();
  await reach(/^Stop sharing/);
  await press('Enter');
  await reach(/^ +Stop sharing$/);
  await press('Enter');
  await page.getByText(/key keepers have confirmed/).waitFor();
});

test('every language says everything', async () => {
  const { page } = patient;
  const routes = [
    ...['home', 'share', 'log', 'add', 'devices', 'me', 'guardians', 'signers', 'helping'],
    ...['verify', 'service', 'about'],
  ];
  const titles = {
    Deutsch: 'Ihre Glukose',
    Español: 'Su glucosa',
    Français: 'Votre glycémie',
    English: 'Your glucose',
  };
  for (const [language, title] of Object.entries(titles)) {
    await go(page, 'me');
    await page.getByText(language, { exact: true }).click();
    await go(page, 'home');
    await page.getByRole('heading', { name: title, level: 1 }).waitFor();
    for (const route of routes) {
      await go(page, route);
      await page.locator('h1').first().waitFor();
      const text = await page.locator('body').innerText();
      // Neither a key without words, nor a place in a sentence that was not filled.
      expect(
        text.match(
          /\b(?:nav|do|home|share|sentence|preset|live|erase|purpose|purposeName|log|import|me|fig|busy|about|update|offline|way|passkey|pdf|verify|fail|todo|guard|drill|help|sign|lost|wait|recovery|emergency|role|gone|scan|kit|circle|own)\.[a-z]\w+|\{\w+\}/g,
        ),
      ).toBeNull();
    }
  }
});

test('axe finds nothing on any screen, light or dark, wide or narrow', async () => {
  const newcomer = await device(browser);
  for (const scheme of ['light', 'dark'] as const) {
    for (const { page } of [newcomer, patient, clinician]) await page.emulateMedia({ colorScheme: scheme });
    for (const route of ['', 'create/patient', 'open', 'lost', 'verify', 'service', 'about']) {
      await go(newcomer.page, route);
      await newcomer.page.locator('h1').first().waitFor();
      await look(newcomer.page, `${scheme} newcomer ${route}`);
    }
    await patient.page.setViewportSize(
      scheme === 'light' ? { width: 1200, height: 900 } : { width: 390, height: 844 },
    );
    for (const route of ['home', 'share', 'log', 'add', 'devices', 'me', 'guardians', 'signers', 'helping']) {
      await go(patient.page, route);
      await (route === 'home' ? drawn(patient.page) : patient.page.locator('h1').first().waitFor());
      if (route === 'share') await patient.page.getByRole('button', { name: 'Share with someone' }).click();
      if (route === 'me') await patient.page.getByRole('button', { name: 'Show the kit' }).click();
      await look(patient.page, `${scheme} patient ${route}`);
      const wide = await patient.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) faults.push(`${scheme} patient ${route}: ${wide} px too wide`);
    }
    for (const route of ['patients', 'me', 'signers', 'helping']) {
      await go(clinician.page, route);
      await clinician.page.locator('h1').first().waitFor();
      await look(clinician.page, `${scheme} clinician ${route}`);
    }
  }
  await newcomer.context.close();
  expect(faults).toEqual([]);
});

test('a device that comes back unlocks what it kept, and only with the passphrase', async () => {
  const { page } = patient;
  await page.reload();
  await page.getByLabel('Passphrase', { exact: true }).fill('wrong hill nine clouds');
  await page.getByRole('button', { name: 'Unlock' }).click();
  await page.getByText(/This passphrase opens nobody/).waitFor();
  await page.getByLabel('Passphrase', { exact: true }).fill(patientPassphrase);
  await page.getByRole('button', { name: 'Unlock' }).click();
  await page.getByRole('link', { name: 'Who looked' }).waitFor();
});

test('the recovery kit on paper brings a person back on another device', async () => {
  await go(patient.page, 'me');
  await patient.page.getByRole('button', { name: 'Show the kit' }).click();
  const text = patient.page.locator('.kit-text');
  const open = await text.innerText();
  await go(patient.page, 'home');
  await go(patient.page, 'me');
  await patient.page.getByText('The paper and a passphrase of its own').click();
  await patient.page.getByLabel('The kit’s passphrase').fill('short');
  await patient.page.getByRole('button', { name: 'Show the kit' }).click();
  await patient.page.getByText('Make it at least 10 characters long').waitFor();
  await patient.page.getByLabel('The kit’s passphrase').fill('nine words of the paper');
  await patient.page.getByRole('button', { name: 'Show the kit' }).click();
  const kit = await text.innerText();
  await patient.page.getByText('It needs the passphrase that was chosen for it').waitFor();
  await picture(patient.page, 'a kit with a passphrase');
  expect(await faultsOf(patient.page)).toEqual([]);
  const other = await device(browser);
  await other.page.goto(islet.ready.app);
  await other.page.getByRole('link', { name: /recovery kit/ }).click();
  const typed = other.page.getByLabel('Or type the recovery kit');
  const words = other.page.getByLabel('The kit’s passphrase');
  await typed.fill(kit.toLowerCase());
  await words.fill('green hill nine clouds');
  await picture(other.page, 'opening a kit with a passphrase');
  expect(await faultsOf(other.page)).toEqual([]);
  await typed.fill(open);
  await words.waitFor({ state: 'detached' });
  await typed.fill(kit.toLowerCase());
  await other.page.getByText('Passphrase', { exact: true }).click();
  await other.page.getByLabel('A passphrase for this browser').fill('new device new words');
  await other.page.getByRole('button', { name: 'Open', exact: true }).click();
  await other.page.getByText('The kit needs the passphrase that it was made with').waitFor();
  await words.fill('nine words of the paper');
  await other.page.getByRole('button', { name: 'Open', exact: true }).click();
  await drawn(other.page);
  await other.context.close();
});

test('wallets of the command line open in the browser', async () => {
  const other = await device(browser);
  await other.page.goto(islet.ready.app);
  for (const [name, role] of [
    ['clinic', 'A clinician’s'],
    ['me', 'A patient’s'],
  ] as const) {
    await go(other.page, 'open');
    const files = [`${name}.wallet`, `${name}.notes`].map((one) => join(islet.folder, 'wallets', one));
    await other.page.locator('input[type=file]').setInputFiles(files);
    await other.page.getByText(role, { exact: true }).click();
    await other.page.getByText('Passphrase', { exact: true }).click();
    await other.page.getByLabel('A passphrase for this browser').fill(`words for ${name} only`);
    await other.page.getByRole('button', { name: 'Open', exact: true }).click();
    const title = name === 'me' ? 'Your glucose' : 'Patients';
    await other.page.getByRole('heading', { name: title, level: 1 }).waitFor();
    await other.page.getByRole('button', { name: 'Lock' }).click();
    await other.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  }
  expect(other.complaints).toEqual([]);
  await other.context.close();
});

test('readings and names never lie open in the browser, nor on their way to hub, custodians or chain', async () => {
  const kept = await stored(patient.page);
  expect(kept.length, 'there is really something stored').toBeGreaterThan(1_000);
  for (const word of [marker, 'Ana', 'Popescu', 'glucose', 'signerKey', patientPassphrase])
    expect(kept.includes(word), `${word} in browser storage`).toBe(false);
  const marked = patient.sent.filter(({ body }) => body?.includes(marker));
  expect(marked.length, 'the marker really went to the gateway').toBeGreaterThan(0);
  expect(new Set(marked.map(({ url }) => new URL(url).pathname))).toEqual(
    new Set(['/s/gateway/v1/readings']),
  );
  const strangers = [...patient.sent, ...clinician.sent].filter(
    ({ url }) => !/^(blob|data):/.test(url) && new URL(url).origin !== islet.ready.app,
  );
  expect(
    strangers.map(({ url }) => url),
    'nothing goes to anyone else',
  ).toEqual([]);
  const open = [...patient.sent, ...clinician.sent].filter(({ url }) => /Ana|Popescu|%20nine/.test(url));
  expect(open).toEqual([]);
});
