// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { destination, pino } from 'pino';

/** What happens in a gateway, for its operator: codes and counts, never data, keys, bodies or queries. */
export type Events = {
  started(about: { port: number; records: number; accounts: number }): void;
  closed(): void;
  /** Something that is tried again. Said once when it begins and once when it is over. */
  troubled(what: Trouble, error: unknown): void;
  recovered(what: Trouble): void;
  /** The hub refuses one account's data; they are kept and tried again. */
  putRefused(status: number): void;
  notDurable(error: unknown): void;
  failed(where: string, error: unknown): void;
};

export type Trouble = 'hub' | 'chain' | 'receipts' | 'live values' | 'another hub' | `custodian ${number}`;

export const codeOf = (error: unknown): string => (error instanceof IsletError ? error.code : 'UNEXPECTED');

/** Events as lines of JSON on stderr. */
export function logging(level: string = 'info'): Events {
  const log = pino({ level, base: { service: 'gateway' } }, destination({ dest: 2, sync: true }));
  const trouble = new Set<Trouble>();
  // The text of an unexpected error could quote anything, so only its kind is told.
  const about = (error: unknown) => ({
    code: codeOf(error),
    ...(error instanceof IsletError ? { message: error.message } : { kind: (error as Error)?.name }),
  });
  return {
    started: (what) => log.info({ event: 'started', ...what }),
    closed: () => log.info({ event: 'closed' }),
    troubled(what, error) {
      if (trouble.has(what)) return;
      trouble.add(what);
      log.warn({ event: 'troubled', what, ...about(error) });
    },
    recovered(what) {
      if (trouble.delete(what)) log.info({ event: 'recovered', what });
    },
    putRefused: (status) => log.warn({ event: 'put refused', status }),
    notDurable: (error) => log.error({ event: 'not durable', ...about(error) }),
    failed: (where, error) => log.error({ event: 'failed', where, ...about(error) }),
  };
}
