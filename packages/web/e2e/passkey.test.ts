// Copyright the Islet authors. AGPL-3.0-or-later.
// Passkeys as locks, by Chromium's own virtual authenticator.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Islet, start } from '../../../promises/islet.testkit.js';
import { faultsOf } from './axe.testkit.js';
import { authenticator, device, launch, stored } from './browser.testkit.js';

let islet: Islet;
let browser: Browser;

beforeAll(async () => {
  [islet, browser] = await Promise.all([start(), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await islet?.[Symbol.asyncDispose]();
});

const door = (page: Page) => page.getByRole('link', { name: /I am a clinician/ }).click();
const make = (page: Page) => page.getByRole('button', { name: 'Create account' }).click();
const unlock = (page: Page) => page.getByRole('button', { name: 'Unlock with passkey' }).click();

test('an account is made and opened with a passkey, then with a passphrase as well, and with either alone', async () => {
  const { page, context } = await device(browser);
  const finger = await authenticator(page);
  await page.goto(islet.ready.app);
  await door(page);
  await page.getByLabel('Your name').fill('Dr. Popescu');
  expect(await page.getByLabel('Passphrase', { exact: true }).count(), 'nothing to remember').toBe(0);
  expect(await faultsOf(page)).toEqual([]);
  await make(page);
  await page.getByText('Nobody shares with you yet').waitFor();
  expect(await finger.credentials()).toBe(1);

  await page.reload();
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await unlock(page);
  await page.getByText('Nobody shares with you yet').waitFor();

  await page.goto(`${islet.ready.app}/#/me`);
  const ways = page.locator('.panel', { hasText: 'What opens this browser' });
  expect(await ways.getByRole('button', { name: /^Remove/ }).count(), 'the last way in stays').toBe(0);
  await ways.getByRole('button', { name: 'Add a passphrase' }).click();
  await ways.getByLabel('Passphrase', { exact: true }).fill('blue river seven stones');
  await ways.getByRole('button', { name: 'Save' }).click();
  await ways.getByRole('listitem').nth(1).waitFor();
  expect(await faultsOf(page)).toEqual([]);

  await page.reload();
  await finger.lose();
  await unlock(page);
  await page.getByText('No passkey was given.').waitFor();
  await page.getByLabel('Passphrase', { exact: true }).fill('blue river seven stones');
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await page.getByText('Nobody shares with you yet').waitFor();
  await page.goto(`${islet.ready.app}/#/me`);
  await ways.getByRole('button', { name: /^Remove: Passkey/ }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await expect.poll(() => ways.getByRole('listitem').count()).toBe(1);
  await page.reload();
  await page.getByLabel('Passphrase', { exact: true }).waitFor();
  expect(await page.getByRole('button', { name: 'Unlock with passkey' }).count()).toBe(0);
  const kept = await stored(page);
  for (const word of ['Popescu', 'blue river', 'signerKey']) expect(kept.includes(word), word).toBe(false);
  await context.close();
});

test('a passkey whose keeper lacks the extension is refused before an account exists', async () => {
  const { page, context } = await device(browser);
  await authenticator(page, false);
  await page.goto(islet.ready.app);
  await door(page);
  await page.getByLabel('Your name').fill('Dr. Popescu');
  await make(page);
  await page.getByText('This passkey cannot guard keys.').waitFor();
  await page.getByText('Passphrase', { exact: true }).click();
  await page.getByLabel('Passphrase', { exact: true }).fill('blue river seven stones');
  await make(page);
  await page.getByText('Nobody shares with you yet').waitFor();
  await context.close();
});

test('at an address of numbers the page says why and what to do', async () => {
  const { page, context } = await device(browser);
  const numbers = islet.ready.app.replace('localhost', '127.0.0.1');
  await page.goto(numbers);
  await door(page);
  await page.getByText(/Passkeys need an address with a name/).waitFor();
  await page.getByLabel('Passphrase', { exact: true }).waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await context.close();
});
