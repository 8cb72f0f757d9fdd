// Copyright the Islet authors. AGPL-3.0-or-later.
// What a grant of the app opens and what it does not, in a real browser before the real services.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Day from '@islet/core/Day';
import * as Points from '@islet/core/metrics/Points';
import * as Summary from '@islet/core/metrics/Summary';
import type { Reading } from '@islet/core/Reading';
import * as Span from '@islet/core/Span';
import type { Report } from '@islet/fhir/Report';
import * as ReportPdf from '@islet/fhir/ReportPdf';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Life from '@islet/sim/Person';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Islet, start } from '../../../promises/islet.testkit.js';
import { faultsOf } from './axe.testkit.js';
import { create, type Device, device, figure, importFile, launch, picture } from './browser.testkit.js';

const zone = 'Etc/UTC';
const dayMs = 86_400_000;

let islet: Islet;
let browser: Browser;
let folder: string;
let readings: Reading[];
let patient: Device;
let clinician: Device;
let invitation: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-consent-'));
  const file = join(folder, 'clarity.csv');
  // Nothing of today: the figures are the same whenever the test runs.
  const firstAt = Math.floor(Date.now() / dayMs) * dayMs - 34 * dayMs;
  readings = Life.days('consent', { firstAt, days: 32, zone });
  await writeFile(file, ClarityFile.write(readings, { zone }).bytes);
  [islet, browser] = await Promise.all([start(), launch()]);
  const there = { timezoneId: zone };
  [patient, clinician] = await Promise.all([device(browser, there), device(browser, there)]);
  await clinician.page.goto(islet.ready.app);
  await create(clinician.page, /I am a clinician/, 'Dr. Popescu', 'blue river seven stones');
  await clinician.page.getByText('Nobody shares with you yet').waitFor();
  invitation = await clinician.page.locator('.copyable code').nth(1).innerText();
  await patient.page.goto(islet.ready.app);
  await create(patient.page, /I have diabetes/, 'Ana', 'green hill nine clouds');
  await patient.page.getByText('Nothing here yet').waitFor();
  await importFile(patient.page, file);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await islet?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const go = (page: Page, route: string): Promise<unknown> => page.goto(`${islet.ready.app}/#/${route}`);

/** Opens the form for one more grant to the clinician, at a preset. */
async function begin(preset: string): Promise<Page> {
  const { page } = patient;
  await go(page, 'home');
  await page.getByRole('heading', { name: 'Your glucose', level: 1 }).waitFor();
  await page.goto(invitation);
  await page.getByLabel('What you call them').fill('Dr. Popescu');
  await page.getByText(preset, { exact: true }).first().click();
  return page;
}

const sentence = (page: Page): Promise<string> => page.locator('.sentence p').first().innerText();

async function share(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByText('Dr. Popescu can look now').waitFor();
}

async function stop(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Stop sharing/ })
    .first()
    .click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Stop sharing' }).click();
  await page.getByText(/key keepers have confirmed/).waitFor();
}

/** What the clinician sees first in the list of what they hold. */
async function patients(): Promise<Page> {
  const { page } = clinician;
  await go(page, 'me');
  await page.getByRole('button', { name: 'Show the kit' }).waitFor();
  await go(page, 'patients');
  await page.locator('.lines li').first().waitFor();
  return page;
}

async function clean(page: Page, where: string): Promise<void> {
  await picture(page, where);
  expect(await faultsOf(page), where).toEqual([]);
}

/** The newest week that is over, of what was imported. */
function lastWeek(): Span.Span {
  const newest = Day.of(readings.at(-1)!.at, 0);
  const { lastDay } = Span.within('glucose/week', { firstDay: newest - 13, lastDay: newest })!;
  return { firstDay: lastDay - 6, lastDay };
}

test('what a clinician asks for is shown with who, what and why, and shared narrower, or declined', async () => {
  const { page } = patient;
  const { page: there } = clinician;
  await go(page, 'me');
  const code = await page
    .locator('.copyable', { hasText: 'Your account’s code' })
    .locator('code')
    .innerText();
  await go(page, 'home');
  const asked = async (why: string): Promise<void> => {
    await go(there, 'me');
    await there.getByRole('button', { name: 'Show the kit' }).waitFor();
    await go(there, 'patients');
    await there.getByRole('button', { name: 'Ask a patient' }).click();
    await there.getByLabel('The patient’s code').fill(code);
    await there.getByLabel('Name for this patient').fill('Ana');
    await there.getByLabel('Why you ask').fill(why);
  };
  await asked('For your visit on 3 February.');
  await there.getByText('Every reading of the last days', { exact: true }).click();
  await there.getByText(/^Dr\. Popescu may see every glucose reading of the last 15 days/).waitFor();
  await clean(there, 'asking a patient');
  await there.getByRole('button', { name: 'Send' }).click();
  await there.getByText('Sent. You see here what comes of it.').waitFor();
  await there.getByText(/no answer yet/).waitFor();

  // Wherever the patient is, the menu says so within seconds.
  await page.getByRole('img', { name: '1 person asks you for something' }).waitFor();
  await page.getByRole('link', { name: /^Share/ }).click();
  // Nobody has told this patient yet who that is, and nobody answers for them.
  await page.getByRole('heading', { name: /^An unknown person \([0-9a-f]{8}…\) asks$/ }).waitFor();
  await page.getByText(/No organisation answers for them\.$/).waitFor();
  await page.getByText('For your visit on 3 February.').waitFor();
  expect(await sentence(page)).toMatch(
    /^An unknown person .* may see every glucose reading of the last 15 days, for treatment/,
  );
  await page.getByRole('button', { name: 'See what they will see' }).click();
  await page.locator('.preview .agp-middle').waitFor();
  await clean(page, 'what was asked');
  await page.setViewportSize({ width: 390, height: 844 });
  await clean(page, 'what was asked, on a phone');
  await page.emulateMedia({ colorScheme: 'dark' });
  await clean(page, 'what was asked, in the dark');
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize({ width: 1200, height: 900 });

  // By the keyboard alone, and less than was asked for.
  await page.getByRole('button', { name: /^Share…: An unknown person/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('What you call them').fill('Dr. Popescu');
  await page.getByLabel('How many days, today included').fill('3');
  await page.getByText(/^Dr\. Popescu may see every glucose reading of the last 3 days/).waitFor();
  await clean(page, 'sharing what was asked');
  const doing = page.locator('form').getByRole('button', { name: 'Share', exact: true });
  await doing.focus();
  await page.keyboard.press('Enter');
  const meant = page.getByRole('button', { name: 'I mean it: share all the same' });
  const done = page.getByText('Dr. Popescu can look now');
  await meant.or(done).waitFor();
  if (await meant.isVisible()) await meant.click();
  await done.waitFor();
  await page.getByText(/^Dr\. Popescu may see every glucose reading of the last 3 days/).waitFor();
  await page.getByRole('heading', { name: /asks$/ }).waitFor({ state: 'hidden' });
  await there.getByText(/the patient shares with you/).waitFor();
  await there.getByText(/every glucose reading of the last 3 days/).waitFor();

  await asked('I would like your insulin too.');
  await there.getByText('A thorough review', { exact: true }).click();
  await there.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('heading', { name: 'Dr. Popescu asks' }).waitFor();
  await page.getByText('I would like your insulin too.').waitFor();
  await page.getByRole('button', { name: 'Say no: Dr. Popescu' }).click();
  await page.getByLabel('A word to them, if you like').fill('Let us talk first.');
  await clean(page, 'saying no');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Say no' }).click();
  await page.getByText('You said no. Nothing was shared.').waitFor();
  await there.getByText('the patient said no').waitFor();
  await there.getByText('Let us talk first.').waitFor();
  await clean(there, 'what came of it');
  await stop(page);
  for (const { complaints } of [patient, clinician]) expect(complaints).toEqual([]);
});
/** Saves what is open as a signed page, which holds, is of those days, and shows no reading. */
async function takenAlong(there: Page, { firstDay, lastDay }: Span.Span, source: string): Promise<Report> {
  const mean = await figure(there, 'mean');
  const download = there.waitForEvent('download');
  await there.getByRole('button', { name: 'Save as signed PDF' }).click();
  const path = join(folder, 'taken.pdf');
  await (await download).saveAs(path);
  const report = await ReportPdf.read(new Uint8Array(await readFile(path)));
  const { statement } = report.signed;
  expect([statement.firstDay, statement.lastDay]).toEqual([firstDay, lastDay]);
  expect(report.data.days).toEqual([]);
  expect(report.data.episodes).toBeNull();
  const auditor = await device(browser);
  await auditor.page.goto(`${islet.ready.app}/#/verify`);
  await auditor.page.locator('input[type=file]').setInputFiles(path);
  await auditor.page.getByText('This report holds').waitFor();
  expect(await auditor.page.locator('[data-stated="mean"] dd').innerText()).toBe(mean);
  await auditor.page.getByText(source, { exact: true }).waitFor();
  await clean(auditor.page, `checking ${source}`);
  await auditor.context.close();
  return report;
}

test('a weekly average opens exactly that week, and nothing finer', async () => {
  const page = await begin('One weekly average');
  const { firstDay, lastDay } = lastWeek();
  const shown = (day: number): string =>
    new Intl.DateTimeFormat('en-GB', {
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      timeZone: 'UTC',
    }).format(Day.startOf(day, 0));
  expect(await sentence(page)).toMatch(
    `Dr. Popescu may see weekly glucose averages from ${shown(firstDay)} to ${shown(lastDay)}, for treatment, until`,
  );
  await page.getByRole('button', { name: 'See what they will see' }).click();
  await page.locator('.preview .daily li').waitFor();
  await clean(page, 'a form with its preview');
  await share(page);
  await page.getByText(/^Dr\. Popescu may see weekly glucose averages/).waitFor();

  const there = await patients();
  await there.getByText(/^weekly glucose averages from/).waitFor();
  await there.getByRole('link', { name: /^Open report/ }).click();
  await there.locator('.report .daily li').waitFor();
  const from = Day.startOf(firstDay, 0);
  const whole = Summary.summarise(Points.fromReadings(readings), { from, to: from + 7 * dayMs });
  expect(await figure(there, 'mean')).toBe(`${Math.round(whole.meanMgDl!)} mg/dL`);
  expect(await there.locator('.daily li').count(), 'one week and no day').toBe(1);
  expect(await there.locator('.agp-middle, .daily-line').count(), 'no course of any day').toBe(0);
  await clean(there, 'a report of a week');
  await takenAlong(there, { firstDay, lastDay }, 'weekly glucose averages');
});

test('what a grant would give away by subtraction is asked about first', async () => {
  const page = await begin('Research');
  const { firstDay, lastDay } = lastWeek();
  await page.getByLabel('From', { exact: true }).fill(Day.format(firstDay));
  await page.getByLabel('To', { exact: true }).fill(Day.format(lastDay - 1));
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByText('This lets them work out more').waitFor();
  await clean(page, 'a warning');
  await page.getByRole('button', { name: 'I mean it: share all the same' }).click();
  await page.getByText('Dr. Popescu can look now').waitFor();
  await stop(page);
});

test('a visit shows the 14-day report and averages of days', async () => {
  const page = await begin('A visit to the endocrinologist');
  await share(page);
  const there = await patients();
  await there.locator('li', { hasText: '14-day glucose report' }).getByRole('link').click();
  await there.locator('.report .agp-middle').waitFor();
  expect(await there.locator('.daily li').count()).toBeGreaterThan(14);
  expect(await there.locator('.daily-line').count(), 'no course of a day').toBe(0);
  await clean(there, 'a report of 14 days');
  const { lastDay } = Span.within('glucose/report', {
    firstDay: Day.of(readings[0]!.at, 0),
    lastDay: Day.of(readings.at(-1)!.at, 0),
  })!;
  const { data } = await takenAlong(there, { firstDay: lastDay - 13, lastDay }, 'the 14-day glucose report');
  expect(data.agp?.length).toBe(24);
  expect(data.spans?.length).toBeGreaterThan(14);
});

test('whom the keeper of a circle lets in sees what was shared with it, until they are taken out', async () => {
  const { page } = patient;
  const { page: keeper } = clinician;
  const carer = await device(browser, { timezoneId: zone });
  await carer.page.goto(islet.ready.app);
  await create(carer.page, /I am a clinician/, 'School nurse', 'red lake four doors');
  await carer.page.getByText('Nobody shares with you yet').waitFor();
  const code = await carer.page.locator('.copyable code').first().innerText();

  await go(page, 'share');
  await page.getByRole('button', { name: 'Open a circle' }).click();
  await page.getByRole('button', { name: 'Open the circle' }).click();
  await page.getByText('Choose a day.').waitFor();
  await clean(page, 'opening a circle');
  await page.getByLabel('Code of who keeps it').fill(invitation);
  await page.getByLabel('What you call them').fill('Dr. Popescu');
  await page.getByLabel('People at a time').fill('1');
  await page.getByLabel('Last day').fill(Day.format(Day.of(Date.now(), 0) + 100));
  await page.getByRole('button', { name: 'Open the circle' }).click();
  await page.getByText(/^Dr\. Popescu lets people in and out, at most 1 at a time/).waitFor();
  await page.getByRole('link', { name: 'Share with this circle' }).click();
  await page.getByText('Every reading of the last days').click();
  expect(await sentence(page)).toMatch(
    /^Whoever Dr\. Popescu lets in \(at most 1 at a time\) may see every glucose/,
  );
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByText('Whoever Dr. Popescu lets in (at most 1 at a time) can look now').waitFor();

  // Nobody refreshes anything.
  await go(keeper, 'patients');
  const circle = keeper.getByRole('region', { name: /^Circle of/ });
  await circle.getByText('Nobody is in it.').waitFor();
  await circle.getByLabel('Their code').fill(code);
  await circle.getByLabel('What you call them').fill('The nurse');
  await clean(keeper, 'a circle that is kept');
  await circle.getByRole('button', { name: 'Let them in' }).click();
  await circle.getByRole('button', { name: 'Take out: The nurse' }).waitFor();
  expect(await circle.getByLabel('Their code').count(), 'one at a time').toBe(0);

  await carer.page.getByText(/^every glucose reading/).waitFor();
  await carer.page
    .getByText(/let in by Someone with the code/)
    .first()
    .waitFor();
  await clean(carer.page, 'what a circle opens');
  await carer.page.getByRole('link', { name: /^Open report/ }).click();
  await carer.page.locator('.report .agp-middle').first().waitFor();

  await go(page, 'log');
  await page.getByText('let in by Dr. Popescu').first().waitFor();
  await go(page, 'share');
  await clean(page, 'a circle and who is in it');
  await page.getByRole('button', { name: /^Take out: Someone/ }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Take out' }).click();
  await page.getByText(/^Taken out for good/).waitFor();
  await carer.page.reload();
  await carer.page.getByLabel('Passphrase', { exact: true }).fill('red lake four doors');
  await carer.page.getByRole('button', { name: 'Unlock' }).click();
  await carer.page.getByText('Nobody shares with you yet').waitFor();
  await page.getByRole('button', { name: 'End it' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'End it' }).click();
  await page.getByText('It is over. Nobody is in it any more.').waitFor();
  await stop(page);
  for (const { complaints } of [patient, clinician, carer]) expect(complaints).toEqual([]);
  await carer.context.close();
});

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

test('school hours are refused outside them, with the reason', async () => {
  const page = await begin('School hours');
  expect(await sentence(page)).toContain('on weekdays 08:00–15:30 (UTC), for care-giving');
  // Nobody can turn the clock of real processes: the one day that is left is far from today.
  const today = (new Date().getUTCDay() + 6) % 7;
  const chosen = (today + 3) % 7;
  for (const [bit, name] of weekdays.entries()) {
    const box = page.getByRole('checkbox', { name, exact: true });
    if ((await box.isChecked()) !== (bit === chosen)) await page.getByText(name, { exact: true }).click();
  }
  expect(await sentence(page)).toMatch(/may see the newest glucose value only, every \w+day 08:00–15:30/);
  await clean(page, 'a form with hours');
  await share(page);
  const there = await patients();
  await there
    .getByRole('link', { name: /^Follow live/ })
    .first()
    .click();
  await there.getByText('The permission does not hold at this hour or on this weekday.').waitFor();
  await clean(there, 'a refusal of hours');
  await stop(page);
});

test('a live value is on the card within seconds, and the card ends with the permission', async () => {
  const { page } = patient;
  await go(page, 'devices');
  await page.getByRole('button', { name: 'Make a key' }).click();
  const secret = await page.locator('.copyable code').nth(1).innerText();
  await begin('Follow me live');
  await share(page);
  const there = await patients();
  await there
    .getByRole('link', { name: /^Follow live/ })
    .first()
    .click();
  await there.getByText('You are following.').waitFor();
  await clean(there, 'waiting for a value');
  await go(page, 'home');
  await page.getByText('One day').waitFor();

  await post(secret, 123);
  await there.locator('.now-number', { hasText: '123' }).waitFor();
  await page.locator('.now-number', { hasText: '123' }).waitFor();
  expect(await there.locator('.now').innerText()).toMatch(/Current glucose[\s\S]+In range · 0 minutes ago/);
  await clean(there, 'a live value');
  await post(secret, 131);
  await there.locator('.now-number', { hasText: '131' }).waitFor();

  await go(page, 'share');
  await stop(page);
  await there.getByText('Following has ended').waitFor();
  await there.getByText('The patient has taken this permission back.').waitFor();
  await clean(there, 'an end');
  await post(secret, 144);
  await go(page, 'home');
  await page.locator('.now-number', { hasText: '144' }).waitFor();
  expect(await there.locator('.now-number').innerText(), 'nothing after the end').toBe('131');
  for (const { complaints } of [patient, clinician]) expect(complaints).toEqual([]);
});

/** Types the word, and saves the proof that comes. */
async function erased(page: Page, name: string): Promise<string> {
  expect(await page.getByRole('button', { name: 'Erase for ever' }).isDisabled(), 'not before the word').toBe(
    true,
  );
  await page.getByLabel('Type “erase” to go on').fill('erase');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Erase for ever' }).click();
  const path = join(folder, name);
  await (await download).saveAs(path);
  await page.getByText(/^Erased\. The proof was saved/).waitFor();
  return path;
}

test('a week is erased with a proof that anyone can check, and then everything', async () => {
  const { page } = patient;
  const { firstDay, lastDay } = lastWeek();
  await go(page, 'me');
  await page.getByLabel('From', { exact: true }).fill(Day.format(firstDay));
  await page.getByLabel('To', { exact: true }).fill(Day.format(lastDay));
  await clean(page, 'before an erasure');
  const some = await erased(page, 'week.json');
  expect((await islet.run('verify', some)).code).toBe(0);
  await page.getByRole('button', { name: 'Close' }).click();

  const auditor = await device(browser);
  await go(auditor.page, 'verify');
  await auditor.page.locator('input[type=file]').setInputFiles(some);
  await auditor.page.getByText('This proof holds').waitFor();
  await clean(auditor.page, 'a proof of an erasure');
  const altered = join(folder, 'altered.json');
  await writeFile(altered, (await readFile(some, 'utf8')).replace(/"checksum": "./, '"checksum": "0'));
  await auditor.page.locator('input[type=file]').setInputFiles(altered);
  await auditor.page.getByText('This file does not hold').waitFor();
  await auditor.context.close();

  // The days that are gone are told, and are no gap.
  await go(page, 'home');
  await page.getByText('30 days', { exact: true }).click();
  await page.getByText(/were erased on/).waitFor();
  await page
    .locator('.daily li', { hasText: 'erased' })
    .nth(lastDay - firstDay)
    .waitFor();
  await page.getByText(/gaps? of more than 45 minutes/).click();
  const dayAndMonth = (day: number): string =>
    new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
      Day.startOf(day, 0),
    );
  expect(await page.locator('details', { hasText: /gaps? of more/ }).innerText()).not.toMatch(
    new RegExp(`${dayAndMonth(firstDay - 1)},.* to ${dayAndMonth(lastDay + 1)},`),
  );
  await clean(page, 'home with days that were erased');

  // A grant of which nothing is left to open goes with what it opened.
  const there = await patients();
  await there.getByText(/14-day glucose report/).waitFor();
  expect(await there.getByText(/^weekly glucose averages/).count()).toBe(0);

  await go(page, 'me');
  await page.getByText('everything', { exact: true }).click();
  const all = await erased(page, 'everything.json');
  expect((await islet.run('verify', all)).code).toBe(0);
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('link', { name: /I have diabetes/ }).waitFor();
});

/** A reading of now, as an uploader sends it. */
async function post(secret: string, sgv: number): Promise<void> {
  const at = Date.now();
  const body = [{ type: 'sgv', sgv, date: at, dateString: new Date(at).toISOString(), device: 'sim' }];
  const headers = { 'api-secret': secret, 'content-type': 'application/json' };
  const url = `${islet.ready.gateway}/api/v1/entries`;
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status, await answer.text()).toBe(200);
}

test('a young person takes over the account that their parents kept, who are out from then on', async () => {
  const there = { timezoneId: zone };
  const [parents, young] = await Promise.all([device(browser, there), device(browser, there)]);
  await parents.page.goto(islet.ready.app);
  await create(parents.page, /I have diabetes/, 'Mia', 'warm bread two cats');
  await parents.page.getByText('Nothing here yet').waitFor();
  await go(parents.page, 'signers');
  const code = await parents.page.locator('.copyable code').first().innerText();

  await go(young.page, 'lost');
  await young.page.getByText('My parents kept my account for me').click();
  await young.page.getByLabel('Your account’s code').fill(code);
  await young.page.getByLabel('Your name').fill('Mia');
  await young.page.getByText('Passphrase', { exact: true }).first().click();
  await young.page.getByLabel('A passphrase for this browser').fill('cold water six dogs');
  await clean(young.page, 'lost: an account that parents kept');
  await young.page.getByRole('button', { name: 'Begin' }).click();
  const words = await young.page.locator('.words').innerText();
  const request = await young.page.locator('.copyable code').first().innerText();
  await clean(young.page, 'an account to be taken over');

  await parents.page.goto(request);
  await parents.page.getByText('The young person’s whose account this is').click();
  await parents.page.getByLabel('The four words that it shows').fill(words);
  await clean(parents.page, 'an account to be handed over');
  await parents.page.getByRole('button', { name: 'Hand the account over' }).click();
  await parents.page.getByText(/^Given; 3 of 3 key keepers have heard it/).waitFor();
  await clean(parents.page, 'an account handed over');
  const parcel = await parents.page.locator('.long code').textContent();

  await young.page.getByLabel('Keys for the new device, sealed').fill(parcel!);
  await young.page.getByRole('button', { name: 'Make it mine' }).click();
  await young.page.getByRole('heading', { name: 'Your glucose', level: 1 }).waitFor();
  expect(await young.page.getByText('Not everyone has heard yet').count()).toBe(0);
  await go(young.page, 'signers');
  await young.page.getByText('This browser', { exact: true }).waitFor();
  expect(await young.page.getByRole('button', { name: /^Remove: / }).count(), 'no other device').toBe(0);

  await go(parents.page, 'home');
  await parents.page.reload();
  await parents.page.getByLabel('Passphrase', { exact: true }).fill('warm bread two cats');
  await parents.page.getByRole('button', { name: 'Unlock' }).click();
  await parents.page.getByRole('alert').first().waitFor();
  expect(young.complaints).toEqual([]);
  await Promise.all([parents.context.close(), young.context.close()]);
});
