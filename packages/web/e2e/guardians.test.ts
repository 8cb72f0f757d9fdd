// Copyright the Islet authors. AGPL-3.0-or-later.
// Keys that are not lost, roles and emergencies, in a real browser before the real services. Their clock and the browser's
// are moved a day at a time between starts (promises/clock.testkit.mjs).
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Life from '@islet/sim/Person';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Islet, start } from '../../../promises/islet.testkit.js';
import { faultsOf } from './axe.testkit.js';
import { create, type Device, device, drawn, importFile, launch, picture } from './browser.testkit.js';

const zone = 'Etc/UTC';
const dayMs = 86_400_000;
const passphrase = 'green hill nine clouds';
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

let islet: Islet;
let browser: Browser;
let folder: string;
let patient: Device;
/** A guardian in a browser; the other one, `clinic`, uses the command line. */
let ben: Device;
let clinician: Device;
let ahead = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-guardians-'));
  await writeFile(join(folder, 'ahead'), '0');
  process.env.ISLET_TEST_CLOCK = join(folder, 'ahead');
  const clock = join(import.meta.dirname, '../../../promises/clock.testkit.mjs');
  process.env.NODE_OPTIONS = `--import ${pathToFileURL(clock).href}`;
  const firstAt = Math.floor(Date.now() / dayMs) * dayMs - 3 * dayMs;
  const readings = Life.days('guardians', { firstAt, days: 2, zone });
  await writeFile(join(folder, 'clarity.csv'), ClarityFile.write(readings, { zone }).bytes);
  [islet, browser] = await Promise.all([start(), launch()]);
  [patient, ben, clinician] = await Promise.all([someone(), someone(), someone()]);
  await go(ben.page, '');
  await create(ben.page, /I am a clinician/, 'Ben', 'blue river seven stones');
  await ben.page.getByText('Nobody shares with you yet').waitFor();
  await go(patient.page, '');
  await create(patient.page, /I have diabetes/, 'Ana', passphrase);
  await patient.page.getByText('Nothing here yet').waitFor();
});

afterAll(async () => {
  await browser?.close();
  await islet?.[Symbol.asyncDispose]();
  delete process.env.NODE_OPTIONS;
  delete process.env.ISLET_TEST_CLOCK;
  await rm(folder, { recursive: true, force: true });
});

/** Put before a program of the browser: its clock goes ahead as the services' does. */
const moved = (): string =>
  `{ const Real = globalThis.RealDate ??= Date; const ahead = ${ahead};
     globalThis.Date = class extends Real {
       constructor(...given) { super(...(given.length > 0 ? given : [Real.now() + ahead])); }
       static now() { return Real.now() + ahead; } } }\n`;

/** A device whose clock is that of the services. No service worker: what it keeps could not be changed on its way. */
async function someone(options: BrowserContextOptions = {}): Promise<Device> {
  const made = await device(browser, { timezoneId: zone, serviceWorkers: 'block', ...options });
  await made.context.route(/\/assets\/(worker|index)-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: moved() + (await response.text()) });
  });
  return made;
}

/** A day and an hour later, everything started anew. */
async function nextDay(): Promise<void> {
  ahead += dayMs + dayMs / 24;
  await writeFile(join(folder, 'ahead'), String(ahead));
  await islet.restart();
}

const go = (page: Page, route: string): Promise<unknown> => page.goto(`${islet.ready.app}/#/${route}`);
const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', { name, ...(typeof name === 'string' && { exact: true }) }).click();
const copied = (page: Page, label: string): Promise<string> =>
  page.locator('.copyable', { hasText: label }).locator('code').innerText();
/** The text inside a link that was copied. */
const asked = (link: string): string => /asked=(.+)$/.exec(link)![1]!;

async function clean(page: Page, where: string): Promise<void> {
  await picture(page, where);
  expect(await faultsOf(page), where).toEqual([]);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide, `${where}: px too wide`).toBeLessThanOrEqual(0);
}

const ok = async (...args: string[]): Promise<Record<string, any>> => {
  const result = await islet.run(...args);
  expect(result.code, JSON.stringify(result.json)).toBe(0);
  return result.json;
};

let code: string;
const clinicCode = async (): Promise<string> => (await ok('device', 'list', '--person', 'clinic')).account;

test('what is still to do is a short list, and is gone when guardians were named and tried', async () => {
  const { page } = patient;
  await importFile(page, join(folder, 'clarity.csv'));
  await go(page, 'home');
  await drawn(page);
  const todo = page.locator('.todo');
  await todo.getByRole('link', { name: 'Save your recovery kit' }).click();
  await press(page, 'Show the kit');
  code = await copied(page, 'Your account’s code');
  expect(await page.locator('.kit-paper').innerText()).toContain(code);
  await press(page, 'I have saved it');
  await page.getByText('You have saved your kit.').waitFor();
  await go(page, 'home');
  await drawn(page);
  await clean(page, 'home with something to do');
  await todo.getByRole('link', { name: 'Choose guardians' }).click();

  await go(ben.page, 'patients');
  const people = [
    ['Ben', await copied(ben.page, 'Your code')],
    ['The clinic', await clinicCode()],
  ] as const;
  await choose(page, people);
  await page.getByText('1 day', { exact: true }).click();
  await clean(page, 'naming guardians');
  await page.getByText(/^Ben and The clinic can together give your account/).waitFor();
  await press(page, 'Make them my guardians');
  await page.getByText('Done, and all 3 key keepers know it.').waitFor();
  const invitation = await copied(page, 'Invitation for guardians');
  await clean(page, 'guardians');

  await ben.page.goto(invitation);
  await ben.page.getByLabel('What you call them').fill('Ana');
  await clean(ben.page, 'an invitation');
  await press(ben.page, 'Become a guardian');
  await ben.page.getByText('You are now a guardian of Ana.').waitFor();
  await ok('guardians', 'accept', asked(invitation), '--person', 'clinic');

  await go(page, 'home');
  await todo.getByRole('link', { name: 'Try it once' }).click();
  await press(page, 'Make a question');
  const question = await copied(page, 'Question for guardians');
  await ben.page.goto(question);
  await clean(ben.page, 'a drill');
  const answers = [
    await copied(ben.page, 'Your answer'),
    (await ok('drill', 'answer', asked(question), '--person', 'clinic')).answer,
  ];
  for (const [i, outcome] of ['Right, but not enough yet', 'Your guardians could help'].entries()) {
    await page.getByLabel('A guardian’s answer').fill(answers[i]);
    await press(page, 'Compare');
    await page.getByText(outcome).waitFor();
  }
  await clean(page, 'after a drill');
  await go(page, 'home');
  await drawn(page);
  expect(await todo.count(), 'nothing is left to do').toBe(0);

  // Nor does a clinician lose an account for good; key keepers hold nothing for it.
  await go(ben.page, 'guardians');
  await choose(ben.page, [['Ana', code], people[1]]);
  await press(ben.page, 'Make them my guardians');
  await ben.page.getByText('Done. Now send each guardian the invitation below.').waitFor();
  await clean(ben.page, 'guardians of a clinician');
});

type Guardian = readonly [name: string, code: string];

async function choose(page: Page, people: readonly Guardian[]): Promise<void> {
  for (const [i, [name, its]] of people.entries()) {
    const row = page.getByRole('group', { name: `Guardian ${i + 1}` });
    await row.getByLabel('What you call them').fill(name);
    await row.getByLabel('Their code').fill(its);
  }
}

test('a role is shared with by its link, and an emergency opens for a reason that the patient reads at once', async () => {
  const { page } = patient;
  const there = clinician.page;
  await ok('role', 'create', 'on-call');
  await ok('role', 'appoint', 'on-call', 'clinic');
  await go(there, 'open');
  const files = ['clinic.wallet', 'clinic.notes'].map((one) => join(islet.folder, 'wallets', one));
  await there.locator('input[type=file]').setInputFiles(files);
  await there.getByText('A clinician’s', { exact: true }).click();
  await there.getByText('Passphrase', { exact: true }).click();
  await there.getByLabel('A passphrase for this browser').fill('words for the clinic');
  await press(there, 'Open');
  await there.getByRole('heading', { name: 'Roles that you hold' }).waitFor();
  const link = await copied(there, 'Role');
  await clean(there, 'a role');

  // The link is followed from the very screen that it leads to.
  await go(page, 'share');
  await page.getByRole('button', { name: 'Share with someone' }).waitFor();
  await page.goto(link);
  await page.getByText('This is the code of an organisation’s role').waitFor();
  await page.getByLabel('What you call them').fill('The clinic’s on-call');
  await page.getByText('An emergency', { exact: true }).click();
  await page.getByText(/^In an emergency, and stating the reason, The clinic’s on-call may see/).waitFor();
  await clean(page, 'a grant for emergencies');
  await press(page, 'Share');
  await page.getByText('can look now').waitFor();

  // Nobody refreshes anything.
  await go(page, 'home');
  await drawn(page);
  await there.getByRole('link', { name: /^Open in an emergency/ }).click();
  await there.getByLabel('Reason').fill('Found unconscious, alone.');
  await clean(there, 'a reason');
  await press(there, 'Open the data');
  await there.locator('.report').waitFor();
  await there.getByText('Reason stated: “Found unconscious, alone.”').waitFor();
  await clean(there, 'a report in an emergency');

  const notice = page.getByRole('region', { name: 'Opened in an emergency' });
  await notice.getByText('Found unconscious, alone.').waitFor();
  await clean(page, 'told of an emergency');
  await go(page, 'log');
  await notice.getByRole('button', { name: 'Yes' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Yes' }).click();
  await page.getByText('You said: justified.').waitFor();
  await notice.waitFor({ state: 'detached' });
  await page.getByText('Reason stated: “Found unconscious, alone.”').waitFor();
  expect(await page.getByText('in the role The clinic’s on-call').count()).toBeGreaterThan(0);
});

/** Begins on a new browser, and gives its request and words. */
async function lost(is: string): Promise<{ page: Page; request: string; words: string }> {
  const { page } = await someone();
  await go(page, '');
  await page.getByRole('link', { name: /I lost my device/ }).click();
  await page.getByText(is, { exact: true }).click();
  await page.getByLabel('Your account’s code').fill(code);
  await page.getByLabel('Your name').fill('Ana');
  await page.getByText('Passphrase', { exact: true }).first().click();
  await page.getByLabel('A passphrase for this browser').fill(passphrase);
  await clean(page, `lost: ${is}`);
  await press(page, 'Begin');
  const request = await copied(page, 'Request');
  return { page, request, words: await page.locator('.words').innerText() };
}

const wrong = 'lusab babad gutih tugad';

test('another device is let in by four words, opens everything, and is removed', async () => {
  const { page, request, words } = await lost('Another device of mine is still there');
  await clean(page, 'a new device');
  await patient.page.goto(request);
  const heard = patient.page.getByLabel('The four words that it shows');
  await heard.fill(wrong);
  await press(patient.page, 'Let it in');
  await patient.page.getByText('These are not the words of this request').waitFor();
  await heard.fill(words);
  await press(patient.page, 'Let it in');
  await patient.page.getByText('Let in; 3 of 3 key keepers have heard it.').waitFor();
  await clean(patient.page, 'a device let in');
  const keys = patient.page.locator('.long code');
  await page.getByLabel('Keys for the new device, sealed').fill((await keys.textContent())!);
  await press(page, 'Take the keys');
  await drawn(page);

  await patient.page.getByRole('button', { name: /^Remove: Device/ }).click();
  await clean(patient.page, 'a question before a device is removed');
  await patient.page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await patient.page.getByText('Removed. 3 of 3 key keepers have heard it.').waitFor();
  await press(page, 'Refresh');
  await page.getByRole('alert').waitFor();
  await page.context().close();
});

/** Both guardians approve after a call; the answers are taken in. */
async function approved({ page, request, words }: Awaited<ReturnType<typeof lost>>): Promise<void> {
  await ben.page.goto(request);
  const heard = ben.page.getByLabel('The four words that you heard');
  await heard.fill(wrong);
  await press(ben.page, 'Approve');
  await ben.page.getByText('These are not the words of this request').waitFor();
  await clean(ben.page, 'other words');
  await heard.fill(words);
  await press(ben.page, 'Approve');
  await ben.page.getByText('Approved. Send the answer below to Ana').waitFor();
  await clean(ben.page, 'an approval');
  const answer = page.getByLabel('A guardian’s answer');
  await answer.fill((await ben.page.locator('.long code').textContent())!);
  await press(page, 'Take it in');
  await page.getByText('1 of 2 answers are here.').waitFor();
  const file = join(folder, 'clinic.answer');
  await ok('recover', 'approve', asked(request), '--words', words, '--out', file, '--person', 'clinic');
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByText('hours left').waitFor();
}

test('a recovery is above every screen of its person, who stops it there', async () => {
  const thief = await lost('My guardians');
  await clean(thief.page, 'asking guardians');
  await go(patient.page, 'log');
  await approved(thief);
  await clean(thief.page, 'waiting for the delay');
  const banner = patient.page.locator('.underway');
  await banner.getByText('2 of 2 guardians needed have agreed.').waitFor();
  await clean(patient.page, 'a recovery under way');
  await go(patient.page, 'share');
  await banner.waitFor();
  // By keyboard alone.
  await patient.page.getByRole('button', { name: 'This is not me: stop it' }).focus();
  await patient.page.keyboard.press('Enter');
  const stop = patient.page.getByRole('alertdialog').getByRole('button', { name: 'Stop it' });
  await stop.waitFor();
  for (let i = 0; i < 3 && !(await stop.evaluate((e) => e === document.activeElement)); i++)
    await patient.page.keyboard.press('Tab');
  await patient.page.keyboard.press('Enter');
  await patient.page.getByText('Stopped. 3 of 3 key keepers have heard it.').waitFor();
  await banner.waitFor({ state: 'detached' });
  await thief.page.reload();
  await unlock(thief.page);
  await thief.page.getByText('This recovery was stopped').waitFor();
  await clean(thief.page, 'stopped');
  await thief.page.context().close();
});

async function unlock(page: Page): Promise<void> {
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await press(page, 'Unlock');
}

test('who lost everything has account and data back with guardians’ help, after the delay', async () => {
  await patient.context.close();
  const again = await lost('My guardians');
  await approved(again);
  const { page } = again;
  await nextDay();
  await page.reload();
  await unlock(page);
  await press(page, 'Have my account back');
  await page.getByText(/^Your account is yours again\./).waitFor();
  await clean(page, 'nothing opens for a day');
  await nextDay();
  await page.reload();
  await unlock(page);
  await drawn(page);
  await page.locator('.todo').getByRole('link', { name: 'Save your recovery kit' }).waitFor();
});

test.each([
  ['de-DE', 'Ihr Konto hierher holen'],
  ['es-ES', 'Traer su cuenta aquí'],
  ['fr-FR', 'Amener votre compte ici'],
])('a browser in %s is spoken to in its language from the first word', async (locale, title) => {
  const { page, context } = await someone({ locale });
  await go(page, 'lost');
  await page.getByRole('heading', { name: title, level: 1 }).waitFor();
  expect(await page.locator('body').innerText()).not.toMatch(/\b(?:lost|start|way|guard)\.[a-z]\w+|\{\w+\}/);
  // The page may still be fetching its worker, which nobody waits for here.
  await context.unrouteAll({ behavior: 'ignoreErrors' });
  await context.close();
});
