// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import { describe, expect, test } from 'vitest';
import { appOf } from './app.js';
import { fromEnvironment } from './config.js';
import { BODY_BYTES } from './limits.js';
import type { Page } from './Pages.js';

const address = `0x${'11'.repeat(20)}` as const;
const deployment: Deployment = {
  chainId: 1,
  genesisHash: `0x${'22'.repeat(32)}`,
  members: address,
  identity: address,
  anchors: address,
  consent: address,
  circles: address,
  reviews: address,
  recovery: address,
  erasure: address,
  p256Verifier: address,
  webAuthnVerifier: address,
  directory: address,
};
const environment = {
  ISLET_RPC_URL: 'http://ledger.test/',
  ISLET_HUB_URL: 'http://hub.test',
  ISLET_GATEWAY_URL: 'http://gateway.test',
  ISLET_CUSTODIANS: 'http://one.test,http://two.test,http://three.test',
  ISLET_DEPLOYMENT: '/deployment.json',
  ISLET_VALIDATORS: address,
};
const page = (text: string, type: string, immutable: boolean): Page => ({
  bytes: new TextEncoder().encode(text),
  type,
  immutable,
});
const pages = new Map<string, Page>([
  ['/', page('<!doctype html>', 'text/html; charset=utf-8', false)],
  ['/assets/app-abc.js', page('1', 'text/javascript', true)],
]);

/** The host with services that answer what they were asked. */
function host() {
  const asked: { url: string; method: string; headers: Record<string, string> }[] = [];
  const config = fromEnvironment(environment);
  const app = appOf({
    config,
    deployment,
    pages,
    fetch: async (url, init) => {
      asked.push({
        url: String(url),
        method: init?.method ?? 'GET',
        headers: init?.headers as Record<string, string>,
      });
      return Response.json({ told: true });
    },
  });
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    Promise.resolve(
      app.request(`http://localhost:4000${path}`, {
        ...init,
        headers: { host: 'localhost:4000', ...(init.headers as Record<string, string>) },
      }),
    );
  return { ask, asked };
}

describe('what a browser is told with every answer', () => {
  test.each(['/', '/assets/app-abc.js', '/config.json', '/nothing', '/s/hub/v1/unknown'])(
    '%s may run and call nothing but ourselves, and may not be framed',
    async (path) => {
      const { headers } = await host().ask(path);
      const policy = Object.fromEntries(
        headers
          .get('content-security-policy')!
          .split('; ')
          .map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]),
      );
      expect(policy).toMatchObject({
        'default-src': "'none'",
        'script-src': "'self'",
        'style-src': "'self'",
        'connect-src': "'self'",
        'worker-src': "'self'",
        'frame-ancestors': "'none'",
        'base-uri': "'none'",
      });
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|http/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('permissions-policy')).toMatch(
        /^camera=\(self\), geolocation=\(\), microphone=\(\)/,
      );
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('set-cookie')).toBeNull();
    },
  );

  test('files whose name carries their hash stay, the page and what it asks do not', async () => {
    const { ask } = host();
    expect((await ask('/assets/app-abc.js')).headers.get('cache-control')).toContain('immutable');
    expect((await ask('/')).headers.get('cache-control')).toBe('no-cache');
    expect((await ask('/config.json')).headers.get('cache-control')).toBe('no-store');
    expect((await ask('/s/hub/health')).headers.get('cache-control')).toBe('no-store');
  });
});

describe('who is let in', () => {
  test.each([
    ['a stranger’s name that points to this machine', { host: 'evil.example:4000' }],
    ['another page of this machine', { origin: 'http://localhost:9999' }],
    ['a stranger’s page', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ['a stranger’s page that hides its origin', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ])('%s is not', async (_, headers) => {
    const { ask, asked } = host();
    for (const path of ['/', '/config.json', '/s/hub/health'])
      expect((await ask(path, { headers: headers as unknown as Record<string, string> })).status).toBe(403);
    expect(asked).toEqual([]);
  });

  test('our own page is, and whoever follows a link to it', async () => {
    const { ask } = host();
    expect((await ask('/s/hub/health', { headers: { origin: 'http://localhost:4000' } })).status).toBe(200);
    const visit = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask('/', { headers: visit })).status).toBe(200);
  });
});

describe('what passes to the services', () => {
  test.each([
    ['PUT', '/s/hub/v1/keys', 'http://hub.test/v1/keys'],
    ['GET', `/s/hub/v1/grants/${'ab'.repeat(32)}`, `http://hub.test/v1/grants/${'ab'.repeat(32)}`],
    ['POST', '/s/hub/v1/follow', 'http://hub.test/v1/follow'],
    ['GET', `/s/hub/v1/erasures/${'ab'.repeat(32)}`, `http://hub.test/v1/erasures/${'ab'.repeat(32)}`],
    ['POST', '/s/gateway/v1/erase', 'http://gateway.test/v1/erase'],
    ['POST', '/s/custodian-2/v1/erase', 'http://two.test/v1/erase'],
    ['GET', `/s/hub/v1/papers/${'ab'.repeat(32)}`, `http://hub.test/v1/papers/${'ab'.repeat(32)}`],
    ['PUT', '/s/hub/v1/backups', 'http://hub.test/v1/backups'],
    ['PUT', '/s/hub/v1/roles', 'http://hub.test/v1/roles'],
    ['GET', `/s/hub/v1/hubs/${'ab'.repeat(32)}`, `http://hub.test/v1/hubs/${'ab'.repeat(32)}`],
    ['POST', '/s/custodian-1/v1/recovery', 'http://one.test/v1/recovery'],
    ['POST', '/s/custodian-2/v1/object', 'http://two.test/v1/object'],
    ['POST', '/s/custodian-3/v1/remove-signer', 'http://three.test/v1/remove-signer'],
    ['POST', '/s/gateway/v1/readings', 'http://gateway.test/v1/readings'],
    ['POST', '/s/custodian-3/v1/release', 'http://three.test/v1/release'],
    ['GET', '/s/ledger/health', 'http://ledger.test/health'],
  ])('%s %s goes on', async (method, path, url) => {
    const { ask, asked } = host();
    expect((await ask(path, { method, ...(method !== 'GET' && { body: 'x' }) })).status).toBe(200);
    expect(asked.map((one) => [one.method, one.url])).toEqual([[method, url]]);
  });

  test.each([
    ['POST', '/s/hub/v1/put'],
    ['GET', '/s/hub/v1/fetch'],
    ['GET', '/s/hub/v1/grants/..%2f..%2fput'],
    ['GET', '/s/hub/v1/grants/abc'],
    ['GET', '/s/hub/v1/erasures/abc'],
    ['POST', '/s/hub/v1/erase'],
    ['GET', '/s/gateway/api/v1/entries'],
    ['POST', '/s/custodian-4/v1/release'],
    ['POST', '/s/custodian-0/v1/release'],
    ['DELETE', '/s/gateway/v1/devices'],
    ['GET', '/s/elsewhere/health'],
    ['GET', '/s/hub'],
  ])('%s %s does not', async (method, path) => {
    const { ask, asked } = host();
    expect((await ask(path, { method, ...(method !== 'GET' && { body: 'x' }) })).status).toBe(404);
    expect(asked).toEqual([]);
  });

  test('the chain is asked, and never told', async () => {
    const { ask, asked } = host();
    const rpc = (...methods: string[]) =>
      ask('/s/ledger', {
        method: 'POST',
        body: JSON.stringify(methods.map((method, id) => ({ jsonrpc: '2.0', id, method, params: [] }))),
      });
    expect((await rpc('eth_getBlockByNumber', 'eth_getLogs', 'islet_getHead')).status).toBe(200);
    expect((await rpc('eth_getBlockByNumber', 'eth_sendRawTransaction')).status).toBe(404);
    expect((await rpc('eth_call')).status).toBe(404);
    expect((await rpc()).status).toBe(404);
    expect((await ask('/s/ledger', { method: 'POST', body: 'no json' })).status).toBe(404);
    expect(asked).toHaveLength(1);
  });

  test('only the headers that services need, and no cookie', async () => {
    const { ask, asked } = host();
    const headers = { 'api-secret': 's', 'content-type': 'application/cbor', cookie: 'a=b', 'x-other': '1' };
    await ask('/s/gateway/v1/settle', { method: 'POST', body: '', headers });
    expect(asked[0]?.headers).toEqual({ 'api-secret': 's', 'content-type': 'application/cbor' });
  });

  test('no body beyond the limit', async () => {
    const { ask, asked } = host();
    const body = new Uint8Array(BODY_BYTES + 1);
    expect((await ask('/s/custodian-1/v1/release', { method: 'POST', body })).status).toBe(413);
    expect(asked).toEqual([]);
  });
});

test('the page learns where it is, and nothing secret', async () => {
  const told = await (await host().ask('/config.json')).json();
  expect(told).toEqual({
    deployment,
    validators: [address],
    custodians: 3,
    gateway: 'http://gateway.test',
  });
});

test('TLS takes a port, a certificate and a key, or none of them', () => {
  expect(fromEnvironment(environment).tls).toBeNull();
  const all = { ISLET_WEB_TLS_PORT: '8443', ISLET_WEB_TLS_CERT: '/c', ISLET_WEB_TLS_KEY: '/k' };
  expect(fromEnvironment({ ...environment, ...all }).tls).toEqual({
    port: 8443,
    certPath: '/c',
    keyPath: '/k',
    authorityPath: null,
  });
  for (const name of Object.keys(all))
    expect(() => fromEnvironment({ ...environment, ...all, [name]: undefined })).toThrow(name);
});

test('a configuration that lacks something names it', () => {
  expect(() => fromEnvironment({ ...environment, ISLET_HUB_URL: 'ftp://x' })).toThrow(/ISLET_HUB_URL/);
});
