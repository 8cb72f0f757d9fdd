// Copyright the Islet authors. AGPL-3.0-or-later.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { fromTheHouse } from './Reach.js';

async function serving(host: string): Promise<{ url: string; close(): void }> {
  const server = createServer((_, answer) => void answer.end('{}'));
  await new Promise<void>((done) => server.listen(0, host, done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

const houses = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ family, internal }) => family === 'IPv4' && !internal);

test('a service of this machine alone is not to be had from the house; one that listens everywhere is', async () => {
  const alone = await serving('127.0.0.1');
  const everywhere = await serving('0.0.0.0');
  expect(await fromTheHouse(alone.url)).toEqual([]);
  const { port } = new URL(everywhere.url);
  expect(await fromTheHouse(everywhere.url)).toEqual(houses.map((one) => `http://${one.address}:${port}`));
  alone.close();
  everywhere.close();
});
