// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

export type Page = { bytes: Uint8Array<ArrayBuffer>; type: string; immutable: boolean };

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** All files of the built app by path, read once: nothing else of the disk can be asked for. */
export async function load(folder: string): Promise<Map<string, Page>> {
  const pages = new Map<string, Page>();
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const file of files) {
    const type = types[extname(file.name)];
    if (!file.isFile() || type === undefined) continue;
    const full = join(file.parentPath, file.name);
    const path = full.slice(folder.length).replaceAll('\\', '/').replace(/^\/*/, '/');
    const bytes = new Uint8Array(await readFile(full));
    pages.set(path, { bytes, type, immutable: path.startsWith('/assets/') });
  }
  const index = pages.get('/index.html');
  if (index) pages.set('/', index);
  return pages;
}

/** Said where the app was not built. */
export const missing = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Islet</title>
<h1>The app is not built yet</h1><p>Stop Islet, run <code>npm run build</code>, and start it again.</p></html>`;
