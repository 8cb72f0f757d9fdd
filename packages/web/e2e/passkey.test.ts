// Copyright the Islet authors. AGPL-3.0-or-later.
// Passkeys as locks, and passkeys that bring an account back, by Chromium's own virtual authenticator.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeList, parseList } from '@islet/core/wire/Ask';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Life from '@islet/sim/Person';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Islet, start } from '../../../promises/islet.testkit.js';
import { faultsOf } from './axe.testkit.js';
import {
  authenticator,
  create,
  device,
  drawn,
  figure,
  importFile,
  launch,
  loseStorage,
  picture,
  stored,
} from './browser.testkit.js';

const dayMs = 86_400_000;

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

const signersPanel = (page: Page) => page.locator('.panel', { hasText: 'Let in' }).first();
const findMine = (page: Page) => page.getByRole('button', { name: 'Choose my passkey' });

/** From the first page to the passkey's first touch, by keyboard. */
async function askForPasskey(page: Page): Promise<void> {
  await page.goto(islet.ready.app);
  await page.getByRole('link', { name: /Bring an account back with a passkey/ }).click();
  // Whoever is kept here would be asked to unlock instead.
  await findMine(page).focus();
  await page.keyboard.press('Enter');
}

test('a passkey alone brings an account back to a browser that has nothing of it, until it is removed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'islet-passkey-'));
  const firstAt = Math.floor(Date.now() / dayMs) * dayMs - 3 * dayMs;
  const readings = Life.days('passkey', { firstAt, days: 2, zone: 'Europe/Berlin' });
  await writeFile(join(folder, 'clarity.csv'), ClarityFile.write(readings, { zone: 'Europe/Berlin' }).bytes);
  const { page, context } = await device(browser);
  const finger = await authenticator(page);
  await page.goto(islet.ready.app);
  await create(page, /I have diabetes/, 'Ana', 'green hill nine clouds');
  await page.getByText('Nothing here yet').waitFor();
  await page.getByText('Bring this account back with a passkey').waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await picture(page, 'passkey offered');
  await importFile(page, join(folder, 'clarity.csv'));
  await page.getByRole('link', { name: 'See it' }).click();
  await drawn(page);
  const mean = await figure(page, 'mean');

  await page.getByRole('link', { name: 'Add one' }).click();
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('With this passkey alone your account comes back.').waitFor();
  await page.getByText('3 of 3 key keepers have heard it.').waitFor();
  expect(await finger.credentials()).toBe(1);
  const line = signersPanel(page).getByRole('listitem').filter({ hasText: 'Passkey' });
  await line.getByText('Brings the account back').waitFor();
  await line.getByText(/^Since /).waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await picture(page, 'passkey added');
  await page.goto(`${islet.ready.app}/#/home`);
  await page.getByText('Save your recovery kit').waitFor();
  expect(await page.getByText('Bring this account back with a passkey').count(), 'asked once').toBe(0);

  /** Connects an app and gives its secret. */
  const connect = async (name: string): Promise<string> => {
    await page.goto(`${islet.ready.app}/#/devices`);
    await page.getByLabel('Name of the app or phone').fill(name);
    await page.getByRole('button', { name: 'Make a key' }).click();
    return page.locator('.made .copyable code').nth(1).innerText();
  };
  const secret = await connect('xDrip+');
  const status = async (): Promise<number> => {
    const headers = { 'api-secret': secret };
    return (await context.request.get(`${islet.ready.app}/s/gateway/v1/status`, { headers })).status();
  };
  expect(await status()).toBe(200);

  await loseStorage(page, islet.ready.app);
  await page.goto(islet.ready.app);
  await page.getByRole('link', { name: /I have diabetes/ }).waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await picture(page, 'passkey door');
  const papers = '**/v1/papers/*';
  const served = (change: (papers: Uint8Array[]) => Uint8Array[]) =>
    context.route(papers, async (route) => {
      const answer = await route.fetch();
      const list = parseList('islet/papers', new Uint8Array(await answer.body()));
      const body = Buffer.from(encodeList('islet/papers', change(list)));
      await route.fulfill({ response: answer, body });
    });
  await served(() => []);
  await askForPasskey(page);
  await page.getByText('no keys are kept for it').waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await picture(page, 'passkey without keys');
  await context.unroute(papers);
  await served(([paper]) => [paper!.with(paper!.length - 1, paper!.at(-1)! ^ 1) as Uint8Array]);
  await findMine(page).click();
  await page.getByText('does not open: it was altered').waitFor();
  await context.unroute(papers);
  await findMine(page).click();
  await page.getByText('This is the account of Ana').waitFor();
  // Where the chain cannot be told, nothing is left behind: the first page is a newcomer's.
  await context.route('**/v1/relay', (route) => route.abort());
  await page.getByRole('button', { name: 'Let this browser in' }).click();
  await page.getByRole('alert').waitFor();
  await context.unroute('**/v1/relay');
  await page.goto(islet.ready.app);
  await page.reload();
  await askForPasskey(page);
  await page.getByText('This is the account of Ana').waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await picture(page, 'passkey found');
  await page.getByRole('button', { name: 'Let this browser in' }).press('Enter');
  await drawn(page);
  expect(await figure(page, 'mean'), 'all is readable again').toBe(mean);
  const kept = await stored(page);
  for (const word of ['"Ana"', 'rootSeed', 'encryptionSeed']) expect(kept.includes(word), word).toBe(false);

  // The same passkey unlocks this browser from now on, and what was lost can be ended.
  await page.reload();
  await unlock(page);
  await drawn(page);
  await page.goto(`${islet.ready.app}/#/signers`);
  await expect.poll(() => signersPanel(page).getByRole('listitem').count()).toBe(3);
  await picture(page, 'passkey signers');
  const end = async (name: RegExp): Promise<void> => {
    await signersPanel(page).getByRole('button', { name }).click();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  };
  await end(/^Remove: Device/);
  await expect.poll(() => signersPanel(page).getByRole('listitem').count()).toBe(2);
  await connect('Loop');
  expect(await status(), 'apps that were connected before go on').toBe(200);
  await page.goto(`${islet.ready.app}/#/signers`);
  await end(/^Remove: Passkey/);
  await expect.poll(() => signersPanel(page).getByRole('listitem').count()).toBe(1);

  // Without one it is offered again, and whoever wants none is left alone.
  await page.goto(`${islet.ready.app}/#/home`);
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.getByText('Bring this account back with a passkey').waitFor({ state: 'detached' });
  await page.reload();
  await unlock(page);
  await page.getByText('Save your recovery kit').waitFor();
  expect(await page.getByText('Bring this account back with a passkey').count()).toBe(0);

  await loseStorage(page, islet.ready.app);
  await askForPasskey(page);
  await page.getByText('This passkey was removed from the account').waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await context.close();
  await rm(folder, { recursive: true, force: true });
});

test('a passkey that only unlocks, or cannot guard keys, says so and brings nothing back', async () => {
  const first = await device(browser);
  const finger = await authenticator(first.page);
  await first.page.goto(islet.ready.app);
  await door(first.page);
  await first.page.getByLabel('Your name').fill('Dr. Popescu');
  await make(first.page);
  await first.page.getByText('Nobody shares with you yet').waitFor();
  await loseStorage(first.page, islet.ready.app);
  await askForPasskey(first.page);
  await first.page.getByText('This passkey only unlocks a browser that already knows you.').waitFor();
  await finger.lose();
  await findMine(first.page).click();
  await first.page.getByText('No passkey was given.').waitFor();
  await first.context.close();

  const { page, context } = await device(browser);
  await authenticator(page, false);
  await page.goto(islet.ready.app);
  await create(page, /I am a clinician/, 'Dr. Popescu', 'blue river seven stones');
  await page.getByText('Nobody shares with you yet').waitFor();
  await page.goto(`${islet.ready.app}/#/signers`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('Added, but it does not bring your data back').waitFor();
  await signersPanel(page).getByText('Speaks for the account, does not bring it back').waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await loseStorage(page, islet.ready.app);
  await askForPasskey(page);
  await page.getByText('no keys are kept for it').waitFor();
  await context.close();
});
