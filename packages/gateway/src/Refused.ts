// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Events } from './events.js';
import type { HubRefusedError } from './Hub.js';
import { RETRY_MAX_MS, RETRY_MS } from './limits.js';

/** Accounts whose data the hub does not take at present, and when each is tried again. */
export type Refused = {
  has(account: string): boolean;
  note(account: string, refusal: HubRefusedError): void;
  clear(account: string): void;
  /** Those to be tried now. */
  due(): string[];
};

export function refused(accounts: Iterable<string>, now: () => number, events: Events): Refused {
  const found = new Map([...accounts].map((account) => [account, { at: 0, delay: RETRY_MS }]));
  return {
    has: (account) => found.has(account),
    note(account, { status }) {
      const before = found.get(account);
      if (!before) events.putRefused(status);
      const delay = Math.min((before?.delay ?? RETRY_MS) * 2, RETRY_MAX_MS);
      found.set(account, { at: now() + delay, delay });
    },
    clear: (account) => void found.delete(account),
    due: () => [...found].filter(([, { at }]) => at <= now()).map(([account]) => account),
  };
}
