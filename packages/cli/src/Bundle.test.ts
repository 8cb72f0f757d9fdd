// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as Bundle from './Bundle.js';

let rooms: string;
let main: string;

beforeEach(async () => {
  rooms = await mkdtemp(join(tmpdir(), 'islet-bundle-'));
  main = await file('hub', 'main.js', 10);
  await file('hub', '.tsbuildinfo', 10);
  await file('core', '.tsbuildinfo', 12);
});

afterEach(() => rm(rooms, { recursive: true, force: true }));

it('is the compiled module where nothing was put together', () => {
  expect(Bundle.of(main, rooms)).toBe(main);
});

it('is the bundle where nothing was compiled since', async () => {
  const bundle = await file('hub', 'bundle.js', 12);
  expect(Bundle.of(main, rooms)).toBe(bundle);
});

it('is the compiled module where any room was compiled since', async () => {
  await file('hub', 'bundle.js', 11);
  expect(Bundle.of(main, rooms)).toBe(main);
});

/** A file of a room, of that many seconds after the epoch. */
async function file(room: string, name: string, at: number): Promise<string> {
  const folder = join(rooms, room, 'dist');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), '');
  await utimes(join(folder, name), at, at);
  return join(folder, name);
}
