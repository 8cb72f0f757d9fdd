// Copyright the Islet authors. AGPL-3.0-or-later.
import { CHANGES_MS } from '../limits.js';

/** Tells that something of an account was committed: soon, and once for many commits. */
export type Changes = {
  noticed(account: string): void;
  listen(listener: (account: string) => void): void;
  close(): void;
};

export function changes(): Changes {
  const listeners: ((account: string) => void)[] = [];
  const due = new Map<string, NodeJS.Timeout>();
  return {
    noticed(account) {
      if (due.has(account) || listeners.length === 0) return;
      const tell = () => {
        due.delete(account);
        for (const listener of listeners) listener(account);
      };
      due.set(account, setTimeout(tell, CHANGES_MS));
    },
    listen: (listener) => void listeners.push(listener),
    close() {
      for (const timer of due.values()) clearTimeout(timer);
      listeners.length = 0;
    },
  };
}
