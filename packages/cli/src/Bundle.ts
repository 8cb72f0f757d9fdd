// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of all rooms. */
const installed = fileURLToPath(new URL('../../', import.meta.url));

/**
 * What to load for a compiled `main.js`: the bundle that the build made of it, which starts with less than half of the
 * computing, or the module itself where a room was compiled since.
 */
export function of(main: string, rooms = installed): string {
  const bundle = main.replace(/main\.js$/, 'bundle.js');
  const made = timeOf(bundle);
  return made > 0 && compiledAt(rooms) <= made ? bundle : main;
}

/** When a room was last compiled, in ms. */
const compiledAt = (rooms: string): number =>
  Math.max(...readdirSync(rooms).map((room) => timeOf(join(rooms, room, 'dist/.tsbuildinfo'))));

/** 0 where there is no such file. */
const timeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
