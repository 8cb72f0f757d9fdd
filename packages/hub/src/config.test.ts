// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import { fromEnvironment, parseKey } from './config.js';

const whole = {
  ISLET_HUB_FOLDER: '/var/lib/islet/hub',
  ISLET_RPC_URL: 'http://127.0.0.1:8545',
  ISLET_DEPLOYMENT: '/etc/islet/deployment.json',
  ISLET_VALIDATORS: `0x${'11'.repeat(20)}, 0x${'22'.repeat(20)}`,
  ISLET_HUB_KEY: '/etc/islet/hub.key',
};

describe('the configuration', () => {
  test('is read from the environment, with a free port and the embedded index unless told', () => {
    expect(fromEnvironment({ ...whole, ISLET_SQL_URL: '' })).toMatchObject({
      port: 0,
      hostname: '127.0.0.1',
      sqlUrl: undefined,
      validators: [new Uint8Array(20).fill(0x11), new Uint8Array(20).fill(0x22)],
    });
  });

  test.each([
    ['ISLET_HUB_FOLDER', undefined],
    ['ISLET_HUB_PORT', '70000'],
    ['ISLET_RPC_URL', 'ftp://x'],
    ['ISLET_VALIDATORS', ''],
    ['ISLET_VALIDATORS', '0x11'],
    ['ISLET_SQL_URL', 'mysql://x'],
  ])('is refused by the name of the variable: %s', (name, value) => {
    expect(() => fromEnvironment({ ...whole, [name]: value })).toThrow(name);
  });

  test('takes a relay key of 32 bytes in hexadecimal and nothing else', () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    expect(parseKey(bytes(`${'0b'.repeat(32)}\n`))).toEqual(new Uint8Array(32).fill(11));
    for (const bad of [undefined, bytes(''), bytes('0b'.repeat(31)), bytes('xy'.repeat(32))])
      expect(() => parseKey(bad)).toThrow('ISLET_HUB_KEY');
  });
});
