// Copyright the Islet authors. AGPL-3.0-or-later.
import { appendFileSync, renameSync, statSync } from 'node:fs';
import { LOG_BYTES } from './limits.js';

export type LogFile = { readonly path: string; append(text: string): void };

/** A service's log: at `maxBytes` it becomes `….1`, replacing the one before. Trouble with a log stops nobody. */
export function open(path: string, maxBytes = LOG_BYTES): LogFile {
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  function append(text: string): void {
    const bytes = Buffer.from(text);
    try {
      if (size > 0 && size + bytes.length > maxBytes) {
        renameSync(path, `${path}.1`);
        size = 0;
      }
      appendFileSync(path, bytes, { mode: 0o600 });
      size += bytes.length;
    } catch {
      // A full disk must not take the services down.
    }
  }
  return { path, append };
}
