// Copyright the Islet authors. AGPL-3.0-or-later.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAILURES, JWT_MS } from '../limits.js';
import type { Fields } from './Json.js';
import { type Stage, stage, type Who } from './nightscout.testkit.js';

let s: Stage;
let who: Who;
let clock = 0;
beforeAll(async () => {
  s = await stage('auth', { now: () => Date.now() + clock });
  who = await s.someone();
});
afterAll(() => s?.close());

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const told = async (path: string, headers: Record<string, string> = {}) =>
  (await fetch(`${s.gateway().url}${path}`, { headers })).status;
const tokenOf = async (secret: string): Promise<Fields> =>
  (await (await fetch(`${s.gateway().url}/api/v2/authorization/request/${secret}`)).json()) as Fields;

describe('a key', () => {
  test('is taken in every form and place that clients use, by every version of the API', async () => {
    const { token } = await tokenOf(who.read);
    for (const path of ['/api/v1/entries.json', '/api/v2/properties', '/api/v3/entries', '/pebble']) {
      const forms: [string, Record<string, string>][] = [
        ['', { 'api-secret': sha1(who.read) }],
        ['', { 'API-SECRET': sha1(who.read).toUpperCase() }],
        ['', { 'api-secret': who.read }],
        ['', { 'api-secret': `token=${who.read}` }],
        ['', { authorization: `Bearer ${token}` }],
        [`?token=${who.read}`, {}],
        [`?token=anyname-${sha1(who.read)}`, {}],
        [`?secret=${sha1(who.read)}`, {}],
        [`?token=${token}`, {}],
      ];
      for (const [query, headers] of forms)
        expect([path, query, await told(path + query, headers)]).toEqual([path, query, 200]);
      expect(await told(path)).toBe(401);
    }
  });

  test('that may do both is both, and says so where its person looks', async () => {
    const verify = await (
      await s.fetch(who, 'GET', 'verifyauth', undefined, { 'api-secret': sha1(who.both) })
    ).json();
    expect(verify).toMatchObject({ message: { canRead: true, canWrite: true } });
  });
});

describe('a token', () => {
  test('names no key, is good for eight hours, and for nobody who changes a letter of it', async () => {
    const { token, iat, exp } = await tokenOf(who.both);
    expect(Number(exp) - Number(iat)).toBe(JWT_MS / 1000);
    const [head, claims, signature] = String(token).split('.') as [string, string, string];
    const said = Buffer.from(claims, 'base64url').toString();
    expect(said).not.toContain(who.both);
    expect(said).not.toContain(who.both.split('-')[1]);
    const bearer = (text: string) => told('/api/v3/status', { authorization: `Bearer ${text}` });
    expect(await bearer(String(token))).toBe(200);
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const later = Buffer.from(said.replace(String(exp), String(Number(exp) + 9))).toString('base64url');
    for (const forged of [
      `${none}.${claims}.${signature}`,
      `${none}.${claims}.`,
      `${head}.${later}.${signature}`,
      `${head}.${claims}`,
    ])
      expect(await bearer(forged)).toBe(401);
    clock = JWT_MS - 1000;
    expect(await bearer(String(token))).toBe(200);
    clock = JWT_MS + 1000;
    expect(await bearer(String(token))).toBe(401);
    clock = 0;
  });
});

test('an address that guesses has to wait; a good key from there does not', async () => {
  const statuses: number[] = [];
  for (let i = 0; i < FAILURES + 5; i++)
    statuses.push(await told('/api/v1/entries', { 'api-secret': `guess ${i}` }));
  expect(statuses[0]).toBe(401);
  const refused = await fetch(`${s.gateway().url}/api/v1/entries`, { headers: { 'api-secret': 'guess' } });
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
  expect(await told('/api/v3/entries', { 'api-secret': 'guess' })).toBe(429);
  expect(await told('/api/v1/entries', { 'api-secret': who.read })).toBe(200);
  clock = 120_000;
  expect(await told('/api/v1/entries', { 'api-secret': 'guess' })).toBe(401);
  clock = 0;
});
