// Copyright the Islet authors. AGPL-3.0-or-later.
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Cleanup from './Cleanup.mjs';

/** A folder that is gone when the run is over. */
export async function temporary(name) {
  const path = await mkdtemp(join(tmpdir(), `islet-bench-${name}-`));
  const removed = Cleanup.atWorst(() => rmSync(path, { recursive: true, force: true }));
  Cleanup.onEnd(async () => {
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
    removed();
  });
  return path;
}

/** Bytes of all files below a path. Files that go while we look count as nothing. */
export async function size(path) {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.size ?? 0;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => size(join(path, name))));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
