// Copyright the Islet authors. AGPL-3.0-or-later.
import type { OpenFile } from './Files.js';
import { readAheadBytes } from './limits.js';

/** Bytes at a position, fewer only at the end. They are a view of what was read: copy them to keep them alone. */
export type FileWindow = (position: number, length: number) => Promise<Uint8Array>;

/** Sequential reads of small pieces as few large ones, never past `end`: what lies behind it may still change. */
export function fileWindow(file: OpenFile, end: () => number): FileWindow {
  let start = 0;
  let held: Uint8Array = new Uint8Array(0);
  return async (position, length) => {
    const wanted = Math.max(0, Math.min(length, end() - position));
    if (position < start || position + wanted > start + held.length) {
      const ahead = Math.min(Math.max(wanted, readAheadBytes), end() - position);
      held = await file.read(position, ahead);
      start = position;
    }
    return held.subarray(position - start, position - start + wanted);
  };
}
