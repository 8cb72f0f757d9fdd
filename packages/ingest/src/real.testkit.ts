// Copyright the Islet authors. AGPL-3.0-or-later.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = process.env.ISLET_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));

/** Whether the folder of real exports stands beside the project. Its files are other people's, so it is not inside. */
export const present = existsSync(`${folder}/SOURCES.md`);

if (!present) console.log('real files: not run');

export const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(`${folder}/${name}`));
export const text = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8');

/** The files of a folder and of those in it, with the folder's name before theirs. */
export const list = (name: string): string[] =>
  readdirSync(`${folder}/${name}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))
    .sort();

export const path = (name: string): string => `${folder}/${name}`;
