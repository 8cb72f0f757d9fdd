// Copyright the Islet authors. AGPL-3.0-or-later.
// A report taken along: signed by the clinician, checked by anyone, on screen, on paper and by the command line.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ReportPdf from '@islet/fhir/ReportPdf';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Life from '@islet/sim/Person';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Islet, start } from '../../../promises/islet.testkit.js';
import { bitmap, drawn as coded, film } from '../src/app/scan/Drawn.testkit.js';
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
} from './browser.testkit.js';

const zone = 'Europe/Berlin';
const dayMs = 86_400_000;
const program = fileURLToPath(new URL('../../cli/bin/islet.mjs', import.meta.url));

let islet: Islet;
let browser: Browser;
let folder: string;
let clinician: Device;
let pdf: string;
let mean: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-report-'));
  const firstAt = Math.floor(Date.now() / dayMs) * dayMs - 20 * dayMs;
  const readings = Life.days('web', { firstAt, days: 16, zone });
  await writeFile(join(folder, 'clarity.csv'), ClarityFile.write(readings, { zone }).bytes);
  [islet, browser] = await Promise.all([start(), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await islet?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A clinician who was let in by a patient, with the report open. */
async function shared(): Promise<Device> {
  const [patient, reader] = await Promise.all([device(browser), device(browser)]);
  await reader.page.goto(islet.ready.app);
  await create(reader.page, /I am a clinician/, 'Dr. Popescu', 'blue river seven stones');
  await reader.page.getByText('Nobody shares with you yet').waitFor();
  const invitation = await reader.page.locator('.copyable code').nth(1).innerText();
  await patient.page.goto(islet.ready.app);
  await create(patient.page, /I have diabetes/, 'Ana', 'green hill nine clouds');
  await patient.page.getByText('Nothing here yet').waitFor();
  await importFile(patient.page, join(folder, 'clarity.csv'));
  // The clinician's code, photographed: this browser has no camera.
  await patient.page.goto(`${islet.ready.app}/#/share`);
  await patient.page.getByRole('button', { name: 'Share with someone' }).click();
  await patient.page.getByRole('button', { name: 'Scan with the camera' }).click();
  await patient.page.getByText('No camera was found').waitFor();
  const photo = (content: Uint8Array) => ({
    name: 'photo.bmp',
    mimeType: 'image/bmp',
    buffer: Buffer.from(content),
  });
  const chosen = patient.page.locator('.modal input[type=file]');
  await chosen.setInputFiles(photo(bitmap(coded('x', { module: 1 })).subarray(0, 9_000)));
  await patient.page.getByText('No code could be read on this picture').waitFor();
  await chosen.setInputFiles(photo(bitmap(coded(invitation))));
  await patient.page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await patient.page.getByLabel('Their code').inputValue()).toBe(invitation);
  await patient.page.getByLabel('What you call them').fill('Dr. Popescu');
  await patient.page.getByText('Every reading of the last days').click();
  await patient.page.getByRole('button', { name: 'Share', exact: true }).click();
  await patient.page.getByText('Dr. Popescu can look now').waitFor();
  await patient.context.close();
  await reader.page.getByRole('button', { name: 'Refresh' }).click();
  await reader.page.getByRole('link', { name: /^Open report/ }).click();
  await drawn(reader.page);
  return reader;
}

async function saved(page: Page, name: string): Promise<string> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as signed PDF' }).click();
  const path = join(folder, name);
  await (await download).saveAs(path);
  return path;
}

async function dropped(page: Page, path: string): Promise<void> {
  await page.goto(`${islet.ready.app}/#/verify`);
  await page.locator('input[type=file]').setInputFiles(path);
}

test('a clinician takes the report along, signed, by keyboard alone', async () => {
  clinician = await shared();
  const { page } = clinician;
  mean = await figure(page, 'mean');
  pdf = await saved(page, 'report.pdf');
  expect(clinician.complaints).toEqual([]);
  const button = page.getByRole('button', { name: 'Save as signed PDF' });
  await button.focus();
  const download = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await download).suggestedFilename()).toMatch(/^islet-report-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.pdf$/);
});

test('anyone drops it on the page that checks, without an account', async () => {
  const auditor = await device(browser);
  await dropped(auditor.page, pdf);
  await auditor.page.getByText('This report holds').waitFor();
  expect(await auditor.page.locator('[data-stated="mean"] dd').innerText()).toBe(mean);
  expect(await faultsOf(auditor.page)).toEqual([]);
  // The code on paper alone: the statement, to be compared by eye.
  const { signed, address } = await ReportPdf.read(new Uint8Array(await readFile(pdf)));
  expect(address).toBe(islet.ready.app);
  await auditor.page.goto('about:blank');
  await auditor.page.goto(ReportPdf.linkOf(address, signed));
  await auditor.page.getByText('This statement holds').waitFor();
  expect(await auditor.page.locator('[data-stated="mean"] dd').innerText()).toBe(mean);
  expect(await faultsOf(auditor.page)).toEqual([]);
  expect(
    auditor.sent.filter(({ url }) => url.includes('?s=')),
    'the code stays in the browser',
  ).toEqual([]);
  expect(auditor.complaints).toEqual([]);
  await auditor.context.close();
});

test('an altered figure is named, an altered page and a strange file are refused', async () => {
  const auditor = await device(browser);
  const nicer = await ReportPdf.read(new Uint8Array(await readFile(pdf)));
  nicer.data.statistics.meanMgDl! -= 20;
  await writeFile(join(folder, 'nicer.pdf'), await ReportPdf.render(nicer));
  await dropped(auditor.page, join(folder, 'nicer.pdf'));
  await auditor.page.getByText('This file does not hold').waitFor();
  await auditor.page.getByText('The place: Mean glucose').waitFor();
  expect(await faultsOf(auditor.page)).toEqual([]);
  await writeFile(join(folder, 'longer.pdf'), `${await readFile(pdf, 'latin1')} `, 'latin1');
  await dropped(auditor.page, join(folder, 'longer.pdf'));
  await auditor.page.getByText('The place: the page as a whole').waitFor();
  await writeFile(join(folder, 'other.pdf'), '%PDF-1.7\nnothing of ours');
  await dropped(auditor.page, join(folder, 'other.pdf'));
  await auditor.page.getByText(/not a signed report of Islet/).waitFor();
  await auditor.context.close();
});

test('the command line checks the same file against the chain', () => {
  const said = (...args: string[]) => {
    const { status, stdout } = spawnSync(process.execPath, [program, 'verify', ...args, '--json'], {
      encoding: 'utf8',
    });
    return { status, told: JSON.parse(stdout) };
  };
  const { status, told } = said(pdf, '--chain', islet.ready.chain);
  expect(status).toBe(0);
  expect(told.verified.chainHead).toBeGreaterThan(0);
  expect(`${Math.round(told.verified.metrics.mean / 100)} mg/dL`).toBe(mean);
  expect(said(pdf).told.verified.chainHead).toBeNull();
  const wrong = said(join(folder, 'nicer.pdf'), '--chain', islet.ready.chain);
  expect(wrong.told.error.code).toBe('REPORT_TAMPERED');
  expect(wrong.told.error.message).toContain('failed at mean');
});

/** A browser whose camera sees one code, over and over. */
async function camera(text: string): Promise<Browser> {
  const path = join(folder, 'seen.y4m');
  await writeFile(path, film(coded(text)));
  return launch([
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${path}`,
  ]);
}

/** Notes every picture source that the page was given, so that a test can ask whether it still runs. */
const watched = (context: BrowserContext): Promise<unknown> =>
  context.addInitScript(() => {
    const tracks: MediaStreamTrack[] = [];
    Object.assign(globalThis, { tracks });
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await real(wanted);
      tracks.push(...stream.getTracks());
      return stream;
    };
  });
const tracks = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    (globalThis as unknown as { tracks: MediaStreamTrack[] }).tracks.map((one) => one.readyState),
  );

test('the code on paper is held before the camera, which is off again once it was read', async () => {
  const { signed, address } = await ReportPdf.read(new Uint8Array(await readFile(pdf)));
  const seeing = await camera(ReportPdf.linkOf(address, signed));
  // Without the worker that keeps every file of the build: what the page itself fetches is looked at.
  const auditor = await device(seeing, { serviceWorkers: 'block' });
  await watched(auditor.context);
  const { page } = auditor;
  await page.goto(`${islet.ready.app}/#/verify`);
  await page.getByRole('button', { name: 'Scan with the camera' }).waitFor();
  expect(auditor.sent.filter(({ url }) => /Scanner|decoding/.test(url))).toEqual([]);
  await page.getByRole('button', { name: 'Scan with the camera' }).click();
  await page.getByText('This statement holds').waitFor();
  expect(await page.locator('[data-stated="mean"] dd').innerText()).toBe(mean);
  expect(await tracks(page)).toEqual(['ended']);
  expect(auditor.complaints).toEqual([]);
  expect(auditor.sent.filter(({ url }) => new URL(url).origin !== islet.ready.app)).toEqual([]);
  await seeing.close();
});

test('the camera asks anew where it was denied, and is off when the page is hidden or the dialog closed', async () => {
  const plain = await launch(['--use-fake-device-for-media-stream']);
  const someone = await device(plain);
  await watched(someone.context);
  const { page } = someone;
  await page.goto(`${islet.ready.app}/#/verify`);
  await page.getByRole('button', { name: 'Scan with the camera' }).click();
  await page.getByText('The browser does not let this page use the camera').waitFor();
  await picture(page, 'camera denied');
  expect(await faultsOf(page)).toEqual([]);
  await someone.context.grantPermissions(['camera']);
  const again = (): Promise<void> => page.getByRole('button', { name: 'Try again' }).click();
  const looking = (): Promise<void> => page.getByText('Hold the code in front of the camera').waitFor();
  await again();
  await looking();
  await picture(page, 'camera looking');
  expect(await faultsOf(page)).toEqual([]);
  expect(await tracks(page)).toEqual(['live']);
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.getByText('switched off because this page was not in view').waitFor();
  expect(await tracks(page)).toEqual(['ended']);
  await again();
  await looking();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await tracks(page)).toEqual(['ended', 'ended']);
  expect(someone.complaints).toEqual([]);
  await plain.close();
});
