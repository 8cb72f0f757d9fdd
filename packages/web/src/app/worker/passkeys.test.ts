// Copyright the Islet authors. AGPL-3.0-or-later.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { passkey } from '../../../../core/src/passkey.testkit.js';
import type { Said } from '../AccountPasskey.js';
import { requireHere } from './passkeys.js';

const here = { origin: 'https://islet.example', hostname: 'islet.example' };

beforeEach(() => vi.stubGlobal('location', here));
afterEach(() => vi.unstubAllGlobals());

async function said(origin: string): Promise<Said> {
  const challenge = new Uint8Array(32);
  return { challenge, assertion: await (await passkey()).assert(challenge, { origin }) };
}

describe('what a passkey said', () => {
  test('counts at the site where it was said', async () => {
    expect(requireHere(await said(here.origin))).toBeUndefined();
  });

  test('counts at no other: not below its name, not at another port, not under another name', async () => {
    for (const origin of [
      'https://below.islet.example',
      `${here.origin}:8443`,
      'http://islet.example',
      'null',
    ])
      await expect(async () => requireHere(await said(origin))).rejects.toMatchObject({
        code: 'PASSKEY_BAD_ANSWER',
      });
    const elsewhere = await said('https://other.example');
    vi.stubGlobal('location', { origin: 'https://other.example', hostname: 'other.example' });
    expect(() => requireHere(elsewhere), 'its key is of another site').toThrow(
      expect.objectContaining({ code: 'PASSKEY_BAD_ANSWER' }),
    );
  });
});
