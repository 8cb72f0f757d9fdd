// Copyright the Islet authors. AGPL-3.0-or-later.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import * as AppVerify from './AppVerify.js';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const files: Record<string, string> = {
  '/index.html': '<!doctype html>',
  '/assets/a-1.js': '1',
  '/sw.js': '2',
};

function served(change: (pages: Record<string, string>) => void = () => {}) {
  const hashes = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, hashOf(text)]));
  const manifest = JSON.stringify({ islet: 'build', version: 1, files: hashes });
  const pages: Record<string, string> = { ...files, '/': files['/index.html']!, '/build.json': manifest };
  change(pages);
  const fetch = async (url: string): Promise<Response> => {
    const page = pages[new URL(url).pathname];
    return page === undefined ? new Response('', { status: 404 }) : new Response(page);
  };
  return {
    build: hashOf(manifest),
    verify: (given?: string, here: string | null = null) =>
      AppVerify.verify('https://islet.test/#/home', {
        ...(given && { given }),
        fetch,
        builtHere: async () => here,
      }),
  };
}

test('an app that is served as it was built holds, and says what it was compared with', async () => {
  const { build, verify } = served();
  expect(await verify()).toEqual({ build, files: 3, known: null });
  expect(await verify(build)).toEqual({ build, files: 3, known: 'given' });
  expect(await verify(undefined, build)).toEqual({ build, files: 3, known: 'built here' });
});

test.each(['/index.html', '/assets/a-1.js', '/sw.js', '/'])(
  'one altered byte of %s is found there',
  async (path) => {
    const { verify } = served((pages) => {
      pages[path] += ' ';
    });
    await expect(verify()).rejects.toThrow(`Verification failed at ${path}:`);
  },
);

test('another build is not the one expected, however sound it is', async () => {
  const { verify } = served();
  await expect(verify('ab'.repeat(32))).rejects.toThrow(AppVerify.AppAlteredError);
  await expect(verify(undefined, 'ab'.repeat(32))).rejects.toThrow(AppVerify.AppAlteredError);
});

test('a file that is missing, and a list that leads elsewhere, cannot be read', async () => {
  await expect(served((pages) => void delete pages['/sw.js']).verify()).rejects.toThrow('/sw.js of the app');
  const elsewhere = JSON.stringify({ islet: 'build', version: 1, files: { '//evil.test/x': hashOf('') } });
  const led = served((pages) => {
    pages['/build.json'] = elsewhere;
  });
  await expect(led.verify()).rejects.toThrow('/build.json of the app');
});
