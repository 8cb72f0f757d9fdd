// Copyright the Islet authors. AGPL-3.0-or-later.
// Real people in front of real Chromium, before the whole of Islet as `islet up` starts it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** How long anything on a screen may take before the test has failed, ms. */
const patienceMs = 60_000;

export async function launch(args: string[] = []): Promise<Browser> {
  if (!existsSync(executablePath) && !install())
    throw new Error(`The browser tests need ${executablePath}. Run: apt-get install chromium`);
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...args] });
}

function install(): boolean {
  if (process.getuid?.() !== 0) return false;
  const run = (args: string[]): boolean => spawnSync('apt-get', args, { stdio: 'ignore' }).status === 0;
  return run(['update']) && run(['install', '-y', '--no-install-recommends', 'chromium']);
}

/** A device of its own: nothing is shared with another person's. */
export type Device = {
  page: Page;
  context: BrowserContext;
  /** What the page complained of: anything that its policy blocked, or that was thrown. */
  complaints: string[];
  /** Every request: where to, and its body. */
  sent: { url: string; body: Buffer | null }[];
};

export async function device(browser: Browser, options: BrowserContextOptions = {}): Promise<Device> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 900 },
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const complaints: string[] = [];
  const sent: Device['sent'] = [];
  page.on('console', (message) => {
    // A refusal is an answer with a status, which browsers report as an error.
    if (message.type() === 'error' && !/status of (403|404|409)/.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  context.on('request', (request) => sent.push({ url: request.url(), body: request.postDataBuffer() }));
  return { page, context, complaints, sent };
}

/** Makes an account from the first screen on, as a newcomer does. */
export async function create(page: Page, door: RegExp, name: string, passphrase: string): Promise<void> {
  await page.getByRole('link', { name: door }).click();
  await page.getByLabel('Your name').fill(name);
  await page.getByText('Passphrase', { exact: true }).first().click();
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await page.getByRole('button', { name: 'Create account' }).click();
}

/** The page's own authenticator: a fingerprint reader that always agrees. */
export async function authenticator(page: Page, hasPrf = true): Promise<Authenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    credentials: async () =>
      (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
    async lose() {
      await cdp.send('WebAuthn.clearCredentials', { authenticatorId });
    },
  };
}

/** Everything that the browser kept of us is gone, as after a new device; the authenticator stays in its person's pocket. */
export async function loseStorage(page: Page, app: string): Promise<void> {
  await page.goto('about:blank');
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Storage.clearDataForOrigin', { origin: new URL(app).origin, storageTypes: 'all' });
  // Not detached: that would take the page's authenticator along.
}

export type Authenticator = { credentials(): Promise<number>; lose(): Promise<void> };

/** Chooses a file and adds what is in it. */
export async function importFile(page: Page, path: string): Promise<void> {
  await page.getByRole('link', { name: 'Import a file' }).first().click();
  await page.locator('input[type=file]').setInputFiles(path);
  await page.getByRole('button', { name: /^Add .+ readings$/ }).click();
  await page.getByText(/readings added$/).waitFor();
}

/** The figure of that name as the screen shows it. */
export const figure = (page: Page, name: string): Promise<string> =>
  page.locator(`[data-figure="${name}"] dd`).first().innerText();

/** Waits until the profile is drawn: everything above it is there then. */
export const drawn = (page: Page): Promise<void> => page.locator('.agp .agp-middle').first().waitFor();

/** Everything that the browser keeps of us, as bytes in text. */
export const stored = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const text = (value: unknown): unknown =>
      value instanceof Uint8Array
        ? new TextDecoder('latin1').decode(value)
        : Array.isArray(value)
          ? value.map(text)
          : value !== null && typeof value === 'object'
            ? Object.values(value).map(text)
            : value;
    const found: unknown[] = [
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      await caches.keys(),
    ];
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name!);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      for (const store of db.objectStoreNames) {
        const all = db.transaction(store).objectStore(store).getAll();
        await new Promise((resolve) => {
          all.onsuccess = resolve;
        });
        found.push(all.result.map(text));
      }
      db.close();
    }
    return JSON.stringify(found);
  });

/** A name of a folder here has every state that a test looks at saved there: wide in light, narrow in dark. */
const pictures = process.env.ISLET_PICTURES;

export async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  const usual = page.viewportSize()!;
  const file = (kind: string): string => join(pictures, `${name.replace(/[^a-z0-9]+/gi, '-')}-${kind}.png`);
  await page.screenshot({ path: file('wide'), fullPage: true, animations: 'disabled' });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: file('phone'), fullPage: true, animations: 'disabled' });
  await page.setViewportSize(usual);
  await page.emulateMedia({ colorScheme: null });
}
