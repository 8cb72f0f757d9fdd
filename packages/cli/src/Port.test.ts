// Copyright the Islet authors. AGPL-3.0-or-later.
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import * as Port from './Port.js';

test('the port of last time is taken again, unless a stranger has it', async () => {
  const last = await Port.choose(undefined, new Set());
  expect(await Port.choose(last, new Set())).toBe(last);
  const stranger = createServer();
  await new Promise<void>((done) => stranger.listen(last, '127.0.0.1', done));
  expect(await Port.choose(last, new Set())).not.toBe(last);
  await expect(Port.claim(last, 'hub')).rejects.toMatchObject({ code: 'CLI_PORT_TAKEN' });
  await new Promise((done) => stranger.close(done));
  expect(await Port.claim(last, 'hub')).toBe(last);
});

test('a port that another service uses is avoided', async () => {
  const last = await Port.choose(undefined, new Set());
  expect(await Port.choose(last, new Set([last]))).not.toBe(last);
});

test('a port is set by a variable of the service’s name', () => {
  expect(Port.setFor('custodian-1', { ISLET_PORT_CUSTODIAN_1: '8080' })).toBe(8080);
  expect(Port.setFor('hub', { ISLET_PORT_GATEWAY: '8080' })).toBeUndefined();
  for (const bad of ['0', '65536', '80.5', 'http'])
    expect(() => Port.setFor('hub', { ISLET_PORT_HUB: bad })).toThrow('ISLET_PORT_HUB');
});
