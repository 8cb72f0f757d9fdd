// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Hubs from './Hubs.js';

const account = new Uint8Array(32).fill(1);
const hub = (n: number, url = 'https://hub.example') => ({ address: new Uint8Array(20).fill(n), url });
const tried = (hubs: Hubs.Hub[]) => Hubs.parseHubs(Hubs.encodeHubs({ account, hubs }));

describe('where an account’s data are', () => {
  test('is one hub or several, in order', () => {
    const hubs = [hub(1), hub(2, 'http://10.0.0.7:8080/hub')];
    expect(tried(hubs)).toEqual({ account, hubs });
  });

  test('is never nowhere, nor one hub twice, nor more than can be asked', () => {
    for (const hubs of [[], [hub(1), hub(1, 'https://b.example')], [1, 2, 3, 4, 5].map((n) => hub(n))])
      expect(() => tried(hubs)).toThrow(expect.objectContaining({ code: 'FORMAT_MALFORMED' }));
  });

  test('is a plain address: nothing that runs, logs in or asks', () => {
    const bad = [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'https://me:secret@hub.example',
      'https://hub.example?x=1',
      'https://hub.example#x',
      'https://hub.example/',
      'HTTPS://HUB.example',
      `https://hub.example/${'a'.repeat(300)}`,
      'hub.example',
    ];
    for (const url of bad) expect(() => tried([hub(1, url)]), url).toThrow();
  });

  test('is written in one way', () => {
    expect(Hubs.canonicalUrl('HTTPS://Hub.Example:443/')).toBe('https://hub.example');
    expect(Hubs.canonicalUrl('http://127.0.0.1:80/a/')).toBe('http://127.0.0.1/a');
    expect(Hubs.canonicalUrl('ftp://hub.example')).toBeUndefined();
  });
});
