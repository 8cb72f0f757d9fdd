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
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Islet, start } from '../../../promises/islet.testkit.js';
import { faultsOf } from './axe.testkit.js';
import { create, type Device, device, drawn, figure, importFile, launch } from './browser.testkit.js';

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
  await patient.page.goto(invitation);
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
