// Copyright the Islet authors. AGPL-3.0-or-later.
// The app in a real browser: what a person waits for.
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import * as Budgets from '../../scripts/app/Budgets.mjs';
import { root } from '../../scripts/sources.mjs';
import * as Cleanup from '../Cleanup.mjs';
import * as Figure from '../Figure.mjs';
import * as Quantile from '../Quantile.mjs';

const passphrase = 'four words for bench';
const targets = { 14: 500, 90: 1_000 };
/** What counts as a good answer to a tap (web.dev, Interaction to Next Paint), ms. */
const tapMs = 200;

export async function measure(scene) {
  const { grant } = await scene.clinic();
  await grant(90);
  const { app, folder } = await scene.islet();
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  Cleanup.onEnd(() => browser.close());
  const wallet = (name) => ['wallet', 'notes'].map((end) => join(folder, 'wallets', `${name}.${end}`));
  const rounds = scene.quick ? 3 : 10;
  scene.say('a person’s year in a browser');
  const patient = await opened(browser, app, wallet('anna'), 'A patient’s');
  const cold = await times(rounds, () => coldStart(patient, app));
  const taps = await tapping(patient, scene.quick ? 10 : 60);
  scene.say('a clinician’s reports in a browser');
  const clinician = await opened(browser, app, wallet('clinic'), 'A clinician’s');
  const [fortnight, quarter] = await reports(clinician, app, rounds);
  await browser.close();
  return [
    row(
      'app: cold start → newest value',
      cold,
      null,
      'page loaded from its own cache, unlocked with a passphrase, chain followed, 14 days opened, verified and drawn',
    ),
    row('app: tap → 14-day report drawn', fortnight, targets[14], 'glucose/raw, as the clinician sees it'),
    row('app: tap → 90-day report drawn', quarter, targets[90], 'the same'),
    row(
      'app: a tap answered, a year on record',
      taps,
      tapMs,
      'one day back in the 90-day view; until the next frame, by the browser’s own event timing',
    ),
    ...sizes(),
  ];
}

function row(what, took, target, note) {
  const p95 = Quantile.of(took, 0.95);
  return {
    what,
    measured: `p95 ${Figure.time(p95)}, p50 ${Figure.time(Quantile.of(took, 0.5))}`,
    value: p95,
    unit: 'ms',
    target: target === null ? '' : `p95 ≤ ${Figure.time(target)}`,
    met: target === null ? null : p95 <= target,
    note: `${took.length} times; ${note}.`,
  };
}

const sizes = () =>
  Budgets.measure(join(root, 'packages/web/dist/app')).map(({ name, bytes, budget }) => ({
    what: `app: size of ${name}, gzipped`,
    measured: Figure.kilobytes(bytes),
    value: bytes,
    unit: 'bytes',
    target: `≤ ${Figure.kilobytes(budget)}`,
    met: bytes <= budget,
  }));

async function times(rounds, once) {
  const took = [];
  for (let i = 0; i < rounds; i++) took.push(await once());
  return took;
}

/** A device on which a wallet of the command line was opened, once. */
async function opened(browser, app, files, role) {
  const page = await (await browser.newContext({ timezoneId: 'UTC', locale: 'en-GB' })).newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(`${app}/#/open`);
  await page.locator('input[type=file]').setInputFiles(files);
  await page.getByText(role, { exact: true }).click();
  await page.getByText('Passphrase', { exact: true }).click();
  await page.getByLabel('A passphrase for this browser').fill(passphrase);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.locator('nav').first().waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  return page;
}

async function unlock(page) {
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
}

async function coldStart(page, app) {
  await page.goto('about:blank');
  const began = performance.now();
  await page.goto(`${app}/#/`);
  await unlock(page);
  await page.locator('.now-number').waitFor();
  return performance.now() - began;
}

async function tapping(page, taps) {
  await page.getByText('90 days', { exact: true }).click();
  await page.locator('.daily > li').nth(80).waitFor();
  await page.evaluate(() => {
    globalThis.answered = [];
    const observer = new PerformanceObserver((list) => {
      for (const { name, duration } of list.getEntries()) if (name === 'pointerup') answered.push(duration);
    });
    observer.observe({ type: 'event', durationThreshold: 16 });
  });
  for (let i = 0; i < taps; i++) await page.getByRole('button', { name: 'Previous day' }).click();
  await page.waitForTimeout(500);
  const slow = await page.evaluate(() => answered);
  // The browser tells only of those that took a frame or more; the rest took less.
  return [...slow, ...Array(Math.max(0, taps - slow.length)).fill(16)];
}

async function reports(page, app, rounds) {
  const fortnight = [];
  const quarter = [];
  for (let i = 0; i < rounds; i++) {
    await page.goto(`${app}/#/patients`);
    const link = page.getByRole('link', { name: /^Open report/ }).first();
    await link.waitFor();
    fortnight.push(await until(page, link, 13));
    quarter.push(await until(page, page.getByText('90 days', { exact: true }), 88));
  }
  return [fortnight, quarter];
}

async function until(page, tapped, nthDay) {
  const began = performance.now();
  await tapped.click();
  await page.locator('.daily > li').nth(nthDay).waitFor();
  await page.locator('.agp .agp-middle').first().waitFor();
  return performance.now() - began;
}
